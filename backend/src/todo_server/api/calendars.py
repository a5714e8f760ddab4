"""A user's tasks as a calendar: its address, and what is read there."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from todo_server import __version__, errors
from todo_server.api.examples.rows import TASK_ID
from todo_server.api.failures import failures
from todo_server.api.parameters import IfNoneMatch
from todo_server.api.routing.dependencies import Mine, database_of
from todo_server.api.routing.open_route import QueriedRoute
from todo_server.api.routing.owner_route import SecretRoute
from todo_server.api.routing.responses import NotModified, StreamedCalendar
from todo_server.domain.calendar_query import WrittenAs
from todo_server.domain.etags import etag_of_content, is_known
from todo_server.domain.query import one_of
from todo_server.models import CalendarMade, CalendarRead
from todo_server.services import calendars

PRODUCT = f"todo-server//todo-server {__version__}"

router = APIRouter(route_class=SecretRoute, tags=["calendar"])
open_router = APIRouter(route_class=QueriedRoute, tags=["calendar"])

_KEPT_PRIVATE = (
    (b"cache-control", b"private, no-cache"),  # kept by its reader alone, and asked for each time
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
)
_ETAG = {
    "description": "Another one once anything of the user's has changed; and each day, as tasks "
    "that are done leave after 30.",
    "schema": {"type": "string"},
    "example": '"9f86d081884c7d659a2feaa0c55ad015"',
}
_EXAMPLES = {
    "one task": {
        "value": "\r\n".join(
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                f"PRODID:-//{PRODUCT}//EN",
                "BEGIN:VTODO",
                f"UID:{TASK_ID}",
                "DTSTAMP:20261120T220039Z",
                "SUMMARY:Buy milk",
                "DUE;VALUE=DATE:20261130",
                "STATUS:NEEDS-ACTION",
                "END:VTODO",
                "END:VCALENDAR",
                "",
            ]
        )
    }
}


@router.get(
    "/api/{user_id}/calendar",
    summary="Is there a calendar?",
    operation_id="get_calendar",
    response_description="Whether there is an address, and since when; never the address itself.",
)
async def get_calendar(mine: Mine) -> CalendarRead:
    """Tell whether the user's tasks can be read as a calendar, and since when."""
    return await calendars.get_address(mine)


@router.post(
    "/api/{user_id}/calendar",
    summary="Make the address of the calendar",
    operation_id="make_calendar",
    status_code=201,
    response_description="The address, which is answered this once.",
)
async def make_calendar(request: Request, mine: Mine) -> CalendarMade:
    """Make an address at which the user's tasks can be read as a calendar, or make it anew.

    Whoever knows the address can read the tasks there, without a token, until it is made anew or
    deleted: signing out or a new password do not end it. The one before ends at once. The server
    keeps a digest of it alone, so that it is answered this once.
    """
    path = f"/api/calendar/{await calendars.make_address(mine)}.ics"
    url = f"{request.url.scheme}://{request.url.netloc}{path}"
    return CalendarMade(active=True, created_at=mine.now, read_on=None, url=url, path=path)


@router.delete(
    "/api/{user_id}/calendar",
    summary="End the calendar",
    operation_id="end_calendar",
    status_code=204,
    response_description="It can be read nowhere.",
)
async def end_calendar(mine: Mine) -> Response:
    """Let the user's tasks be read as a calendar nowhere any more."""
    await calendars.end_address(mine)
    return Response(status_code=204)


@open_router.get(
    "/api/calendar/{secret}.ics",
    summary="Read a calendar",
    operation_id="read_calendar",
    response_class=Response,
    response_description="The calendar (RFC 5545), in chunks.",
    responses={
        200: {
            "content": {"text/calendar": {"schema": {"type": "string"}, "examples": _EXAMPLES}},
            "headers": {"ETag": _ETAG},
        },
        304: {"description": "What you have is still so.", "headers": {"ETag": _ETAG}},
        **failures(
            errors.CalendarNotFoundError, errors.ValidationFailedError, errors.UnavailableError
        ),
    },
)
async def read_calendar(
    secret: Annotated[
        str, Path(description="What the user was told once.", examples=["YWRh.Nn5c1RkuT0y"])
    ],
    request: Request,
    written_as: Annotated[
        WrittenAs,
        one_of({word.value: word for word in WrittenAs}),
        Query(
            alias="as",
            description="What the tasks are in it: to-dos (`tasks`, the default), or `events`, for "
            "calendars that show no to-dos: those that have a due date and are not done.",
        ),
    ] = WrittenAs.TASKS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read the tasks of the user who has made this address, as a calendar.

    It has all that are not done, and for 30 days those that are. Each keeps its `UID`.
    """
    identity = calendars.owner_of(secret)
    mine = database_of(request).of(identity)
    found = await calendars.find_address(mine, secret)
    request.scope["state"]["identity"] = identity  # for the log line alone, now that it is proven
    since = calendars.done_since(mine.now)
    depends_on = [PRODUCT, written_as, found.zone or "", str(found.number), str(since)]
    tag = etag_of_content("\n".join([identity.user_id, *depends_on]).encode())
    headers = ((b"etag", tag.encode()), *_KEPT_PRIVATE)
    if is_known(tag, if_none_match):
        return NotModified(tag, *_KEPT_PRIVATE)
    pieces = calendars.read_calendar(mine, written_as, found.zone, PRODUCT)
    return StreamedCalendar(pieces, *headers)
