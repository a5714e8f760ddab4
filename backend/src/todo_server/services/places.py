"""Where a row stands among the others of its kind: positions for `move`, and for what is new."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, func, null, select
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from todo_server.database import Handle, Write, is_owners, owner_view, write_statement
from todo_server.domain.position import DIGITS_OF_ID, HEAD_OF_ID, NoRoomError, between
from todo_server.errors import FieldError, ValidationFailedError
from todo_server.models import Move

_row_id: ColumnElement[Any] = bindparam("row_id", type_=Uuid)
_anchor: ColumnElement[Any] = bindparam("anchor", type_=Uuid)

_Neighbours = list[str | None]


def place_of_new(row_id: UUID) -> str:
    """Give the place of what has just been made: behind all that was made before."""
    return f"{HEAD_OF_ID}{row_id.hex[:DIGITS_OF_ID]}"


async def find_place(mine: Handle, model: type[SQLModel], row_id: UUID, move: Move) -> str:
    """Find the place that a row is moved to, within the user's turn.

    ValidationFailedError where it is to stand beside itself, or what there is not.
    """
    ((where, anchor),) = ((name, getattr(move, name)) for name in move.model_fields_set)
    values = {"row_id": row_id} if anchor is True else {"row_id": row_id, "anchor": anchor}
    found = await mine.run(_neighbours(model, where), **values)
    if found is None or anchor == row_id:
        message = "You have nothing of this kind with this id to stand beside"
        raise ValidationFailedError.of(FieldError(f"move.{where}", "not_found", message))
    try:
        return between(*found)
    except NoRoomError as error:
        message = "There is no room left between these two; move one of them, and try again"
        raise ValidationFailedError.of(FieldError(f"move.{where}", "no_room", message)) from error


@cache
def _neighbours(model: type[SQLModel], where: str) -> Write[_Neighbours | None]:
    """Select the positions between which the place is; null where there is none on a side."""
    rows = owner_view(model)
    others = select(rows.c.position).where(is_owners(rows), rows.c.id != _row_id)
    its_own = rows.alias("anchor")

    def nearest(order: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:  # noqa: ANN401 - a function
        found = others.with_only_columns(order(rows.c.position)).where(*conditions)
        return found.correlate(its_own).scalar_subquery()

    beside: Select[Any] = select().where(is_owners(its_own), its_own.c.id == _anchor)
    if where == "after":
        behind = nearest(func.min, rows.c.position > its_own.c.position)
        return _pair(beside, its_own.c.position, behind)
    if where == "before":
        in_front = nearest(func.max, rows.c.position < its_own.c.position)
        return _pair(beside, in_front, its_own.c.position)
    if where == "first":
        return _pair(select(), null(), nearest(func.min))
    return _pair(select(), nearest(func.max), null())


def _pair(of: Select[Any], *positions: Any) -> Write[Any]:  # noqa: ANN401 - columns
    return write_statement(of.add_columns(postgresql.array(positions)))
