"""For those who run the server: is it alive, is it ready."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from todo_server import errors
from todo_server.api.failures import failures
from todo_server.api.routing.dependencies import database_of
from todo_server.api.routing.open_route import OpenRoute

router = APIRouter(route_class=OpenRoute, tags=["operation"])


class Health(BaseModel):
    """The state of the server."""

    status: Literal["ok"] = Field(description="Anything else is an error.")


@router.get("/livez", summary="Is it alive?", operation_id="livez")
async def livez() -> Health:
    """Answer as long as the process runs; the database is not asked."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="Is it ready?",
    operation_id="readyz",
    responses=failures(errors.UnavailableError, errors.NotReadyError),
)
async def readyz(request: Request) -> Health:
    """Answer 200 if the database is reachable, migrated and isolates its users; else 503.

    The detail of a 503 says what kind of cause it has. The answer may be a second old.
    """
    await database_of(request).check()
    return Health(status="ok")
