"""The public keys of the server's own tokens, for others who want to verify them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from todo_server import errors
from todo_server.api.accounts import InAccounts
from todo_server.api.openapi import failures
from todo_server.api.routing.routes import JSONRoute

router = APIRouter(route_class=JSONRoute, tags=["accounts"])


class KeySet(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: Annotated[list[dict[str, Any]], Field(description="One JSON Web Key each.")]


@router.get(
    "/.well-known/jwks.json",
    summary="Get the public keys",
    operation_id="get_key_set",
    response_description="All keys whose tokens are accepted.",
    responses=failures(errors.UnavailableError, errors.NoAccountsError),
)
async def get_key_set(request: Request, accounts: InAccounts) -> KeySet:
    """Give the keys that verify this server's access tokens."""
    return KeySet(keys=await accounts.sessions.keys.published())
