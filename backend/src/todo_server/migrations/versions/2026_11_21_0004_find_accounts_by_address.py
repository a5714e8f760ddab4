"""Find accounts by a table of addresses, and refresh tokens by their owner."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("account_user_id_email_unique"), "account", ["user_id", "email"]
    )
    op.create_table(
        "address",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "email"],
            ["account.user_id", "account.email"],
            name=op.f("address_account_id_email_fkey"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("email", name=op.f("address_pkey")),
    )
    op.create_index("address_account_id_index", "address", ["account_id"])
    # Whoever migrates may be bound by the policies, which show nobody's rows to nobody.
    op.execute("ALTER TABLE account NO FORCE ROW LEVEL SECURITY")
    op.execute("INSERT INTO address (email, account_id) SELECT email, user_id FROM account")
    op.execute("ALTER TABLE account FORCE ROW LEVEL SECURITY")
    op.drop_index("account_email_unique", "account")
    op.drop_index("refresh_token_digest_unique", "refresh_token")
    op.execute("DROP POLICY IF EXISTS found ON account")
    op.execute("DROP POLICY IF EXISTS found ON refresh_token")


def downgrade() -> None:
    op.create_index("refresh_token_digest_unique", "refresh_token", ["digest"], unique=True)
    op.create_index("account_email_unique", "account", ["email"], unique=True)
    op.drop_table("address")
    op.drop_constraint(op.f("account_user_id_email_unique"), "account", type_="unique")
