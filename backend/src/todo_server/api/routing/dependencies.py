"""What an endpoint may ask for beside what was sent: whose rows, and the state of the services."""

from typing import Annotated

from fastapi import Depends, Request

from todo_server.database import Database, Handle
from todo_server.errors import NoAccountsError
from todo_server.services.accounts import Accounts


def handle_of() -> Handle:
    """Stand for the handle of who is asking: `OwnerRoute` gives it, and FastAPI cannot."""
    raise TypeError("a handle is given by OwnerRoute and SignedInRoute alone")


def accounts_of(request: Request) -> Accounts:
    """Give the accounts that the server was wired to; NoAccountsError if others keep them."""
    accounts: Accounts | None = request.scope["app"].state.accounts
    if accounts is None:
        raise NoAccountsError
    return accounts


def database_of(request: Request) -> Database:
    """Give the database that the server was wired to."""
    database: Database = request.scope["app"].state.database
    return database


Mine = Annotated[Handle, Depends(handle_of)]
InAccounts = Annotated[Accounts, Depends(accounts_of)]
