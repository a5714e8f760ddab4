"""Everything of a user as one document: to take away, and to bring along."""

from datetime import UTC
from typing import Any, cast

from fastapi import APIRouter, Request, Response

from todo_server.api.failures import failures
from todo_server.api.problems import validation_failed
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.long_json_request import LongJSONRequest, LongJSONRoute
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import StreamedJSON
from todo_server.api.saved_queries import wrong_parameters
from todo_server.errors import LimitReachedError, ValidationFailedError
from todo_server.models import Export, Imported
from todo_server.services import exports, imports

_ATTACHMENT = {
    "description": "That it is a file to be kept, and its name.",
    "schema": {"type": "string"},
    "example": 'attachment; filename="todo-server-2026-11-21.json"',
}
# The body is read as it arrives, and so is no argument of the endpoint.
_BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Import"}}},
}

router = APIRouter(tags=["everything"], route_class=OwnerRoute)
long_router = APIRouter(tags=["everything"], route_class=LongJSONRoute)


@router.get(
    "/api/{user_id}/export",
    summary="Export everything",
    operation_id="export",
    response_model=Export,
    response_description="The document, in chunks.",
    responses={200: {"headers": {"Content-Disposition": _ATTACHMENT}}},
)
async def export(mine: Mine) -> Response:
    """Give everything of the user as one document.

    That is the account, settings, projects, tags, saved filters, tasks, the trash, and the log of
    changes. All that was there when it began is in it, each row as it was then or as it became
    meanwhile. A task that is deleted meanwhile can be among the tasks and in the trash, and one
    that becomes a subtask meanwhile twice among the tasks. Tasks come before their subtasks. Where
    the document cannot be read to its end, the connection ends before the last chunk.
    """
    pieces = await exports.export(mine)
    name = f"todo-server-{mine.now.astimezone(UTC):%Y-%m-%d}.json"
    headers = (
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
        (b"cache-control", b"no-store"),
    )
    return StreamedJSON(pieces, *headers)


@long_router.post(
    "/api/{user_id}/import",
    summary="Import a document",
    operation_id="import",
    response_description="How much of it was new.",
    responses=failures(*LongJSONRequest.raised(), LimitReachedError, ValidationFailedError),
    openapi_extra={"requestBody": _BODY},
)
async def import_(request: Request, mine: Mine) -> Imported:
    """Take in the rows of a document that `export` has answered, of up to 256 MiB.

    Ids and instants are kept; a row whose id is there already, also in the trash, is left as it
    is, and so is a tag whose name is there. So it may be sent again: after any failure, or by
    mistake. It is taken in by pages of 200 rows, each of which is taken in whole or not at all:
    where a later one is wrong, or the connection breaks, the earlier ones are there. A row names a
    project or parent that is there or came before; where that is in the trash, none. Settings are
    taken over where nothing is set; account and log are not.
    """
    chunks = cast("LongJSONRequest", request).chunks()
    try:
        return await imports.import_document(mine, chunks, wrong_parameters)
    except imports.InvalidPartError as error:
        found = [{**each, "loc": (*error.place, *each["loc"])} for each in error.found]
        raise validation_failed(found) from error
