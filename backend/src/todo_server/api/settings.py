"""The operations on what a user has set."""

from fastapi import APIRouter, Response

from todo_server import errors
from todo_server.api.answers import NOT_MODIFIED, TAGGED, row_answer
from todo_server.api.failures import failures
from todo_server.api.parameters import IfMatch, IfNoneMatch
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import NotModified
from todo_server.domain.etags import etag, is_known, versions_of
from todo_server.models import SettingsRead, SettingsUpdate
from todo_server.services import settings

router = APIRouter(route_class=OwnerRoute, tags=["settings"])


@router.get(
    "/api/{user_id}/settings",
    summary="Get the settings",
    operation_id="get_settings",
    response_model=SettingsRead,
    response_description="The settings.",
    responses={200: TAGGED, 304: NOT_MODIFIED},
)
async def get_settings(mine: Mine, if_none_match: IfNoneMatch = None) -> Response:
    """Get what the user has set, and what counts where they have set nothing."""
    found = await settings.get_settings(mine)
    if is_known(etag(found.version), if_none_match):
        return NotModified(etag(found.version))
    return row_answer(found)


@router.patch(
    "/api/{user_id}/settings",
    summary="Change the settings",
    operation_id="update_settings",
    response_model=SettingsRead,
    response_description="The settings as they are now.",
    responses={200: TAGGED, **failures(errors.VersionConflictError)},
)
async def update_settings(change: SettingsUpdate, mine: Mine, if_match: IfMatch = None) -> Response:
    """Change what the user has set: absent members stay as they are.

    With another time zone, tasks whose dates have no zone of their own are due at another instant:
    these are changes of the tasks, which the log has as one batch.
    """
    return row_answer(await settings.update_settings(mine, change, versions_of(if_match)))
