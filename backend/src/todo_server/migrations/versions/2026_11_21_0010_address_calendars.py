"""Give users an address at which their tasks can be read as a calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_address",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "char_length(user_id) BETWEEN 1 AND 255", name=op.f("calendar_address_user_id_length")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("calendar_address_pkey")),
    )


def downgrade() -> None:
    op.drop_table("calendar_address")
