"""What the database refuses of a task that names other rows: in words, by constraint."""

from collections.abc import Awaitable
from typing import TypeVar

from todo_server.database import IntegrityConstraintViolationError
from todo_server.errors import FieldError, ValidationFailedError
from todo_server.services.limits import REFUSALS as LIMITS

Outcome = TypeVar("Outcome")

_NO_PARENT = FieldError("parent_id", "not_found", "You have no task with this id")
_NO_ZONE = FieldError(
    "time_zone", "unknown_time_zone", "This server's database knows no such time zone"
)
_REFUSALS = {
    "task_user_id_project_id_fkey": FieldError(
        "project_id", "not_found", "You have no project with this id"
    ),
    "task_user_id_parent_id_fkey": _NO_PARENT,
    "task_parent_not_found": _NO_PARENT,  # it is in the trash
    "task_time_zone_known": _NO_ZONE,
    "settings_time_zone_known": _NO_ZONE,
    "tag_limit": FieldError("tags", "too_many", LIMITS["tag_limit"].rstrip(".")),
    "task_parent_is_itself": FieldError("parent_id", "inconsistent", "A task is no part of itself"),
    "task_parent_is_subtask": FieldError(
        "parent_id", "too_deep", "That task is a part itself, and a part has no parts of its own"
    ),
    "task_has_subtasks": FieldError(
        "parent_id", "too_deep", "This task has parts, and so cannot be a part itself"
    ),
}


async def explained(outcome: Awaitable[Outcome]) -> Outcome:
    """Give an outcome; ValidationFailedError where it names what there is not, or not for this."""
    try:
        return await outcome
    except IntegrityConstraintViolationError as error:
        field = _REFUSALS.get(error.constraint_name or "")
        if field is None:
            raise
        raise ValidationFailedError.of(field) from error
