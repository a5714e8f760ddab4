"""What the database refuses as one row too many (`migrations/limits.py`), in words."""

from collections.abc import Awaitable
from typing import TypeVar

from todo_server.database import IntegrityConstraintViolationError
from todo_server.errors import LimitReachedError
from todo_server.models.project import MAX_PROJECTS
from todo_server.models.saved_filter import MAX_FILTERS
from todo_server.models.tag import MAX_TAGS_OF_USER

Outcome = TypeVar("Outcome")

_LIMITS = {"project": MAX_PROJECTS, "tag": MAX_TAGS_OF_USER, "filter": MAX_FILTERS}
REFUSALS = {
    f"{name}_limit": f"You have {limit:,} {name}s, and there can be no more; delete one first."
    for name, limit in _LIMITS.items()
}
"""By the constraint that is named."""


async def within_limit(outcome: Awaitable[Outcome]) -> Outcome:
    """Give an outcome; LimitReachedError where the user has as many rows as there may be."""
    try:
        return await outcome
    except IntegrityConstraintViolationError as error:
        message = REFUSALS.get(error.constraint_name or "")
        if message is None:
            raise
        raise LimitReachedError(message) from error
