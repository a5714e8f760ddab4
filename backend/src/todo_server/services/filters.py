"""What a user can do with their saved filters. Answers are JSON in bytes, as PostgreSQL wrote it.

What a filter's query means is for those to say who read such of URLs (`api/filters.py`).
"""

import json
from uuid import UUID

from pydantic_core import to_json

from todo_server.database import Handle, json_columns, owner_view, sent_members
from todo_server.errors import FilterNotFoundError
from todo_server.models import FilterCreate, FilterRead, FilterUpdate, SavedFilter
from todo_server.services.one_row import Versioned, Versions, answered, run_change
from todo_server.services.placed import (
    create_placed,
    creating,
    deleting,
    get_placed,
    getting,
    update_placed,
    updating,
)
from todo_server.services.placed_lists import listing


async def list_filters(mine: Handle) -> bytes:
    """List the user's filters in their order."""
    return await mine.run(_LIST)


async def create_filter(mine: Handle, saved: FilterCreate) -> Versioned:
    """Create a filter.

    LimitReachedError where there are as many as there may be, ValidationFailedError where it is to
    stand beside what there is not.
    """
    values = vars(saved) | {"query": to_json(saved.query).decode()}
    return await create_placed(mine, SavedFilter, _CREATE, **values)


async def get_filter(mine: Handle, filter_id: UUID) -> Versioned:
    """Give one filter; FilterNotFoundError if the user has none with this id."""
    return await get_placed(mine, _GET, filter_id, FilterNotFoundError)


async def get_query(mine: Handle, filter_id: UUID) -> dict[str, str]:
    """Give the query of a filter; raises as `get_filter`."""
    saved = await get_filter(mine, filter_id)
    query: dict[str, str] = json.loads(saved.body)["query"]
    return query


async def update_filter(
    mine: Handle, filter_id: UUID, change: FilterUpdate, versions: Versions = None
) -> Versioned:
    """Change what the request named; VersionConflictError if it has none of these versions.

    FilterNotFoundError as above, ValidationFailedError as `create_filter`.
    """
    values = sent_members(change, SavedFilter)
    if change.query is not None:
        values["query"] = to_json(change.query).decode()
    row = await update_placed(
        mine, SavedFilter, _UPDATE, filter_id, move=change.move, versions=versions, **values
    )
    return answered(row, FilterNotFoundError)


async def delete_filter(mine: Handle, filter_id: UUID, versions: Versions = None) -> None:
    """Delete a filter; raises as `update_filter`."""
    row = await run_change(mine, _DELETE, versions, row_id=filter_id, now=mine.now)
    answered(row, FilterNotFoundError)


_LIST = listing(SavedFilter, json_columns(owner_view(SavedFilter), FilterRead))
_GET = getting(SavedFilter, FilterRead)
_CREATE = creating(SavedFilter, FilterCreate, FilterRead)
_UPDATE = updating(SavedFilter, FilterUpdate, FilterRead)
_DELETE = deleting(SavedFilter, FilterRead)
