"""The operations on a user's notifications."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from todo_server import errors
from todo_server.api import links
from todo_server.api.answers import NOT_MODIFIED, listed
from todo_server.api.failures import failures
from todo_server.api.parameters import IfNoneMatch, NotificationId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.named_route import NamedRoute
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import JSONBytes, NotModified
from todo_server.domain.etags import etag_of_content, is_known
from todo_server.domain.notifications_query import NotificationsQuery
from todo_server.models import (
    NotificationCounts,
    NotificationRead,
    NotificationsRead,
    NotificationUpdate,
)
from todo_server.services import notifications

router = APIRouter(route_class=OwnerRoute, tags=["notifications"])
several_router = APIRouter(route_class=NamedRoute, tags=["notifications"])


@router.get(
    "/api/{user_id}/notifications",
    summary="List notifications",
    operation_id="list_notifications",
    response_model=list[NotificationRead],
    response_description="The notifications, the newest first.",
    responses={
        200: listed("notifications"),
        304: NOT_MODIFIED,
        **failures(errors.InvalidCursorError),
    },
)
async def list_notifications(
    query: Annotated[NotificationsQuery, Query()],
    request: Request,
    mine: Mine,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List what the user was told: reminders of tasks, and what the server has to say.

    A reminder comes here once, whatever becomes of it elsewhere. Those of a task that was purged
    are gone with it.
    """
    page = await notifications.list_notifications(mine, query)
    tag = etag_of_content(page.body, (page.next_cursor or "").encode())
    if is_known(tag, if_none_match):
        return NotModified(tag)
    link = links.to_next(request, cursor=page.next_cursor)
    return JSONBytes(page.body, 200, (b"etag", tag.encode()), *link)


@router.patch(
    "/api/{user_id}/notifications/{notification_id}",
    summary="Mark a notification as read",
    operation_id="update_notification",
    response_model=NotificationRead,
    response_description="The notification as it is now.",
    responses=failures(errors.NotificationNotFoundError),
)
async def update_notification(
    notification_id: NotificationId, change: NotificationUpdate, mine: Mine
) -> Response:
    """Mark one notification as read, or as unread again."""
    row = await notifications.mark_notification(mine, notification_id, read=change.read)
    return JSONBytes(row)


@several_router.post(
    "/api/{user_id}/notifications/read",
    summary="Mark notifications as read",
    operation_id="read_notifications",
    response_model=NotificationCounts,
    response_description="How many were marked, and how many are unread still.",
)
async def read_notifications(
    mine: Mine,
    which: Annotated[NotificationsRead, Body()] = NotificationsRead(),  # noqa: B008 - immutable in use
) -> Response:
    """Mark several notifications as read: those in `ids`, or `up_to` one, or all without a body.

    With `up_to`, the newest that was shown, what came meanwhile stays unread.
    """
    return JSONBytes(await notifications.mark_notifications(mine, which.ids, which.up_to))
