"""The public keys of the server's own tokens, for others who want to verify them."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from todo_server.api.routing.dependencies import InAccounts
from todo_server.api.routing.open_route import OpenRoute

router = APIRouter(route_class=OpenRoute, tags=["accounts"])


class KeySet(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: Annotated[list[dict[str, Any]], Field(description="One JSON Web Key each.")]


@router.get(
    "/.well-known/jwks.json",
    summary="Get the public keys",
    operation_id="get_key_set",
    response_description="All keys whose tokens are accepted.",
)
async def get_key_set(accounts: InAccounts) -> KeySet:
    """Give the keys that verify this server's access tokens."""
    return KeySet(keys=await accounts.sessions.keys.published())
