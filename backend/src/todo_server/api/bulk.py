"""Many changes of a user's tasks in one request."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Response
from pydantic_core import to_json

from todo_server import errors
from todo_server.api.failures import failures
from todo_server.api.problems import problem_members
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.json_request import BulkJSONRequest
from todo_server.api.routing.named_route import NamedRoute
from todo_server.api.routing.responses import JSONBytes
from todo_server.models import Bulk, BulkAction
from todo_server.models.bulk import BulkResults, CreateCommand
from todo_server.services import tasks


class BulkRoute(NamedRoute):
    """One that takes a hundred tasks of the greatest length."""

    request_class = BulkJSONRequest


router = APIRouter(route_class=BulkRoute, tags=["tasks"])


@router.post(
    "/api/{user_id}/tasks/bulk",
    summary="Change many tasks",
    operation_id="change_tasks",
    response_model=BulkResults,
    response_description="What became of each, in the order of the commands or the ids.",
    responses=failures(errors.TaskNotFoundError, errors.VersionConflictError),
)
async def change_tasks(bulk: Annotated[Bulk, Body()], mine: Mine) -> Response:
    """Do up to 100 commands, or one action with up to 100 tasks, in one transaction.

    Each command does what the operation of its name does alone, in the order in which they stand.
    The first that fails is answered as it would be alone, its fields named as `commands.3.title`,
    and nothing is done. With `"atomic": false` all is done that can be, and each has a result.
    """
    commands: Sequence[tasks.Asked]
    if isinstance(bulk, BulkAction):
        commands, name = bulk.as_commands(), _name_of_id
    else:
        commands, name = bulk.commands, _name_in_command
    results = await tasks.run_commands(mine, commands, _written, atomic=bulk.atomic, name=name)
    return JSONBytes(b'{"results":[' + b",".join(results) + b"]}")


def _name_in_command(number: int, field: str) -> str:
    return f"commands.{number}.{field}".rstrip(".")


def _name_of_id(number: int, field: str) -> str:
    return f"task_ids.{number}"


def _written(command: tasks.Asked, outcome: tasks.Outcome) -> bytes:
    """Write the result of one command."""
    if outcome is None:
        return b'{"status":204}'
    if isinstance(outcome, errors.TodoServerError):
        return to_json(problem_members(outcome))
    status = 201 if isinstance(command, CreateCommand) else 200
    return b'{"status":%d,"task":%s}' % (status, outcome.body)
