"""The machine: the rules of all rooms whose operations are served."""

from functools import cache

from tests.server import settings
from tests.state_machine.base import Base
from tests.state_machine.bulk import Bulk
from tests.state_machine.calendars import Calendars
from tests.state_machine.changes import Changes
from tests.state_machine.everything import Everything
from tests.state_machine.filters import Filters
from tests.state_machine.finding import Finding
from tests.state_machine.listing import Listing
from tests.state_machine.notifications import Notifications
from tests.state_machine.one_task import OneTask
from tests.state_machine.own_settings import OwnSettings
from tests.state_machine.projects import Projects
from tests.state_machine.repeating import Repeating
from tests.state_machine.tags import Tags
from tests.state_machine.trash import Trash
from tests.state_machine.webhooks import Webhooks
from todo_server.app import create_app

ROOMS: tuple[type[Base], ...] = (
    OneTask,
    Listing,
    Trash,
    Bulk,
    Changes,
    Everything,
    Projects,
    Tags,
    Filters,
    Finding,
    Calendars,
    OwnSettings,
    Repeating,
    Notifications,
    Webhooks,
)


@cache
def documented() -> frozenset[str]:
    """List the ids of all operations on what is a user's."""
    paths = create_app(settings("postgresql://")).openapi()["paths"]
    return frozenset(
        operation["operationId"]
        for path, methods in paths.items()
        if path.startswith("/api/{user_id}/")
        for operation in methods.values()
    )


class Machine(*[room for room in ROOMS if room.operations <= documented()]):  # type: ignore[misc]
    """All that three people can do."""
