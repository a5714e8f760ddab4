"""Rows that a user keeps in an order of their own: what projects, tags and filters have alike."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, bindparam, func
from sqlmodel import SQLModel

from todo_server.database import (
    AS_IT_IS,
    Change,
    ChangeOne,
    Handle,
    Read,
    Row,
    TransactionHandle,
    as_row,
    assignments,
    insert_owned,
    insert_statement,
    json_columns,
    owner_view,
    parameters,
    read_statement,
    select_owned,
)
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import NotFoundError, ValidationFailedError
from todo_server.models import Move
from todo_server.services.limits import within_limit
from todo_server.services.one_row import (
    NOW,
    Versioned,
    Versions,
    answered,
    changing,
    row_id_parameter,
    run_change,
)
from todo_server.services.places import find_place, place_of_new

_row_id = row_id_parameter("row_id")


async def create_placed(
    mine: Handle, model: type[SQLModel], statement: Change[Row], move: Move | None, **values: object
) -> Versioned:
    """Create a row; LimitReachedError where there are as many as there may be."""
    row_id = uuid7(mine.now)
    values |= {"row_id": row_id, "now": mine.now}
    if move is None:
        made = mine.run(statement, **values, position=place_of_new(row_id))
        return Versioned(await within_limit(made))

    async def steps(mine: TransactionHandle) -> Row:
        position = await find_place(mine, model, row_id, move)
        return await mine.run(statement, **values, position=position)

    return Versioned(await within_limit(mine.transaction(steps)))


async def get_placed(
    mine: Handle, statement: Read[Row | None], row_id: UUID, missing: type[NotFoundError]
) -> Versioned:
    """Give one row; `missing` is raised where the user has none with this id."""
    return answered(await mine.run(statement, row_id=row_id), missing)


async def update_placed(
    mine: Handle,
    model: type[SQLModel],
    statement: ChangeOne,
    row_id: UUID,
    *,
    move: Move | None,
    versions: Versions,
    **values: object,
) -> Row | None:
    """Change one row, and put it where it is moved to."""
    values |= {"row_id": row_id, "now": mine.now}
    if move is None:
        return await run_change(mine, statement, versions, **values, position=None)

    async def steps(mine: TransactionHandle) -> Row | None:
        try:
            position = await find_place(mine, model, row_id, move)
        except ValidationFailedError:
            # That there is no such row, or of another version, is said first; else it is undone.
            row = await run_change(mine, statement, versions, **values, position=None)
            if row is None or row[-1] == AS_IT_IS.encode():
                return row
            raise
        return await run_change(mine, statement, versions, **values, position=position)

    return await mine.transaction(steps)


def getting(model: type[SQLModel], shape: type[SQLModel]) -> Read[Row | None]:
    """Make the statement of `get_placed`."""
    rows = owner_view(model)
    one = select_owned(model, *json_columns(rows, shape)).where(rows.c.id == _row_id)
    return read_statement(as_row(one.subquery("one")))


def creating(model: type[SQLModel], body: type[BaseModel], shape: type[SQLModel]) -> Change[Row]:
    """Make the statement of `create_placed`."""
    own: dict[str, ColumnElement[Any]] = {"id": _row_id, "created_at": NOW, "updated_at": NOW}
    own["position"] = _position(model)
    insertion = insert_owned(model, {**own, **parameters(body, model)})
    return insert_statement(insertion, json_columns(owner_view(model), shape))


def updating(model: type[SQLModel], body: type[BaseModel], shape: type[SQLModel]) -> ChangeOne:
    """Make the statement of `update_placed`."""
    rows = owner_view(model)
    position = func.coalesce(_position(model), rows.c.position)
    values = {**assignments(body, model), "position": position}
    return changing(rows, _row_id, values, shape, repeatable=True)


def deleting(model: type[SQLModel], shape: type[SQLModel]) -> ChangeOne:
    """Make the statement that puts a row into the trash."""
    return changing(owner_view(model), _row_id, {"deleted_at": NOW}, shape, repeatable=False)


def _position(model: type[SQLModel]) -> ColumnElement[Any]:
    return bindparam("position", type_=owner_view(model).c.position.type)
