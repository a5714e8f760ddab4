"""The statements of an import, each for a page of rows."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from todo_server.database import (
    AT_SETTING,
    OWNER_ID,
    Write,
    constant,
    is_owners,
    owner_view,
    trash_view,
    write_statement,
)
from todo_server.models import (
    ImportedFilter,
    ImportedProject,
    ImportedRow,
    ImportedTag,
    ImportedTask,
    ImportedTrash,
    LoggedChange,
    Project,
    SavedFilter,
    Tag,
    Task,
)
from todo_server.services.batches import beginning_batch

SHAPES: dict[str, type[ImportedRow]] = {
    "projects": ImportedProject,
    "tags": ImportedTag,
    "filters": ImportedFilter,
    "tasks": ImportedTask,
    "trash": ImportedTrash,
}
"""The members of a document, and what their rows have to be."""

_MODELS: dict[str, type[SQLModel]] = {"projects": Project, "tags": Tag, "filters": SavedFilter}

_changes = owner_view(LoggedChange)

# The log tells when it was taken in, and what was so together.
BEGIN_PAGE = beginning_batch(
    func.set_config(constant(AT_SETTING), bindparam("at", type_=Text), true())
)


def _inserting(model: type[SQLModel], shape: type[ImportedRow]) -> Write[int]:
    """Insert a row for each element of a JSON array, unless it is there; give how many were not."""
    rows = owner_view(model)
    names = [name for name in shape.model_fields if name in rows.c]
    new = (
        func.jsonb_to_recordset(cast(bindparam("new", type_=Text), JSONB))
        .table_valued(*(column(name, rows.c[name].type) for name in names), name="new")
        .render_derived(with_types=True)
    )
    # An id that was purged goes on with its versions, so that no condition meets what was before.
    changes_before = (
        select(func.count())
        .select_from(_changes)
        .where(is_owners(_changes), _changes.c.row_id == new.c.id)
        .correlate(new)
        .scalar_subquery()
    )
    values: dict[str, ColumnElement[Any]] = {name: new.c[name] for name in names}
    values["version"] = changes_before + literal_column("1", BigInteger)
    if model is Task:
        is_live = new.c.deleted_at.is_(None) if "deleted_at" in values else true()
        values["project_id"] = _unless(_is_trashed(Project, new.c.project_id), new.c.project_id)
        values["parent_id"] = _unless(is_live & _is_trashed(Task, new.c.parent_id), new.c.parent_id)
    created = (
        postgresql.insert(rows)
        .from_select(["user_id", *values], select(OWNER_ID, *values.values()))
        .on_conflict_do_nothing()
        .returning(rows.c.id)
        .cte("created")
    )
    return write_statement(select(func.count()).select_from(created))


def _unless(condition: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((condition, null()), else_=value)


def _is_trashed(model: type[SQLModel], its_id: ColumnElement[Any]) -> ColumnElement[bool]:
    trash = trash_view(model)
    return select(trash.c.id).where(is_owners(trash), trash.c.id == its_id).exists()


INSERT = {name: _inserting(_MODELS.get(name, Task), shape) for name, shape in SHAPES.items()}


def _finding(model: type[SQLModel]) -> Write[list[UUID] | None]:
    """Select those of some ids that there are, also in the trash."""
    wanted = bindparam("ids", type_=ARRAY(Uuid))
    views = (owner_view(model), trash_view(model))
    each = (select(rows.c.id).where(is_owners(rows), rows.c.id == any_(wanted)) for rows in views)
    found = union_all(*each).subquery("found")
    return write_statement(select(func.array_agg(found.c.id)))


FIND = {"project_id": _finding(Project), "parent_id": _finding(Task)}
