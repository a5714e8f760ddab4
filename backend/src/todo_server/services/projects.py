"""What a user can do with their projects. Answers are JSON in bytes, as PostgreSQL wrote it."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Table,
    any_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from todo_server.database import (
    Handle,
    Read,
    Row,
    TransactionHandle,
    Write,
    is_owners,
    json_columns,
    owner_view,
    sent_members,
    trash_view,
    write_statement,
)
from todo_server.domain.project_query import TasksOfDeleted
from todo_server.errors import ProjectNotFoundError
from todo_server.models import Project, ProjectCreate, ProjectRead, ProjectUpdate, Task
from todo_server.services.batches import BEGIN_BATCH
from todo_server.services.one_row import (
    NOW,
    Versioned,
    Versions,
    answered,
    ids_of,
    row_id_parameter,
    run_change,
    touched,
)
from todo_server.services.placed import (
    create_placed,
    creating,
    deleting,
    get_placed,
    getting,
    update_placed,
    updating,
)
from todo_server.services.placed_lists import counting, counts, listing

STEP = 2_000
"""Tasks that one statement changes, so that none takes too long, however many there are."""

_projects, _tasks, _trash = owner_view(Project), owner_view(Task), trash_view(Task)


async def list_projects(mine: Handle, *, archived: bool | None) -> bytes:
    """List the user's projects in their order, with how many tasks each has; None is all."""
    return await mine.run(_LIST, archived=archived)


async def create_project(mine: Handle, project: ProjectCreate) -> Versioned:
    """Create a project.

    LimitReachedError where there are as many as there may be, ValidationFailedError where it is to
    stand beside what there is not.
    """
    return await create_placed(mine, Project, _CREATE, **vars(project))


async def get_project(mine: Handle, project_id: UUID) -> Versioned:
    """Give one project; ProjectNotFoundError if the user has none with this id."""
    return await get_placed(mine, _GET, project_id, ProjectNotFoundError)


async def update_project(
    mine: Handle, project_id: UUID, change: ProjectUpdate, versions: Versions = None
) -> Versioned:
    """Change what the request named; VersionConflictError if it has none of these versions.

    ProjectNotFoundError as above, ValidationFailedError as `create_project`.
    """
    values = sent_members(change, Project)
    row = await update_placed(
        mine, Project, _UPDATE, project_id, move=change.move, versions=versions, **values
    )
    return answered(row, ProjectNotFoundError)


async def delete_project(
    mine: Handle, project_id: UUID, tasks: TasksOfDeleted, versions: Versions = None
) -> None:
    """Delete a project: its tasks have none from then on, or go to the trash, all in one batch.

    Raises as `update_project`, and then nothing is done.
    """
    leaving = _LEAVE_AND_DELETE if tasks is TasksOfDeleted.DELETE else _LEAVE

    async def steps(mine: TransactionHandle) -> Row | None:
        await mine.run(BEGIN_BATCH)
        of_project = {"row_id": project_id, "now": mine.now}
        for statement in (leaving, _LEAVE_IN_TRASH):
            while await mine.run(statement, **of_project) == STEP:
                pass
        row = await run_change(mine, _DELETE, versions, **of_project)
        answered(row, ProjectNotFoundError)
        return row

    await mine.transaction(steps)


def _list() -> Read[bytes]:
    has_one = _tasks.c.project_id.is_not(None)
    counted = counting(_tasks.c.project_id).where(has_one).subquery("counted")
    rows = _projects.outerjoin(counted, counted.c.project_id == _projects.c.id)
    columns = (*json_columns(_projects, ProjectRead), counts(counted))
    archived = bindparam("archived", type_=Boolean)
    wanted = or_(archived.is_(None), _projects.c.archived == archived)
    return listing(Project, columns, rows, wanted)


def _leaving(rows: Table, **also: ColumnElement[Any]) -> Write[int]:
    """Take some tasks out of a project; give how many."""
    project_id = row_id_parameter("row_id")
    some = select(rows.c.id).where(is_owners(rows), rows.c.project_id == project_id)
    some = some.limit(literal_column(str(STEP), Integer))
    left = (
        update(rows)
        .where(is_owners(rows), rows.c.id == any_(ids_of(some)))
        .values(project_id=null(), updated_at=touched(rows), **also)
        .returning(rows.c.id)
        .cte("left_it")
    )
    return write_statement(select(func.count()).select_from(left))


_LIST = _list()
_GET = getting(Project, ProjectRead)
_CREATE = creating(Project, ProjectCreate, ProjectRead)
_UPDATE = updating(Project, ProjectUpdate, ProjectRead)
_DELETE = deleting(Project, ProjectRead)
_LEAVE, _LEAVE_AND_DELETE = _leaving(_tasks), _leaving(_tasks, deleted_at=NOW)
_LEAVE_IN_TRASH = _leaving(_trash)
