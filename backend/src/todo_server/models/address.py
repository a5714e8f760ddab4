"""An address by which an account is found: the table."""

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import SQLModel

from todo_server.models.fields import text_field


class Address(SQLModel, table=True):
    """By which address an account is found, before anybody is signed in: one address, one account.

    The one table in which all users are looked up. It has no facts of its own: an address changes
    and ends with its account, as the database sees to.
    """

    __tablename__ = "address"

    email: str = text_field(primary_key=True)
    account_id: str = text_field()

    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "email"],
            ["account.user_id", "account.email"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index("address_account_id_index", "account_id"),
    )
