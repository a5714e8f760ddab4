"""From the shapes in which clients write and read a noun to the columns of its table."""

from collections.abc import Collection
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Boolean, bindparam, case, func
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from todo_server.database.owned import owner_view

_SENT = "set_"


def parameters(
    shape: type[BaseModel], model: type[SQLModel], names: Collection[str] | None = None
) -> dict[str, ColumnElement[Any]]:
    """Give a parameter for each member that has a column, of its type: `**vars(body)`.

    With `names` for those alone.
    """
    columns = owner_view(model).c
    return {
        name: bindparam(name, type_=columns[name].type)
        for name in shape.model_fields
        if name in columns and (names is None or name in names)
    }


def assignments(
    shape: type[BaseModel], model: type[SQLModel], names: Collection[str] | None = None
) -> dict[str, ColumnElement[Any]]:
    """Give what each column becomes: the member where it was sent, or what it is.

    That it was sent is told by a flag where null may be sent, and by its not being null elsewhere.
    """
    columns = owner_view(model).c
    return {
        name: case((bindparam(_SENT + name, type_=Boolean), value), else_=columns[name])
        if columns[name].nullable
        else func.coalesce(value, columns[name])
        for name, value in parameters(shape, model, names).items()
    }


def sent_members(
    body: BaseModel, model: type[SQLModel], names: frozenset[str] | None = None
) -> dict[str, Any]:
    """Give the values of `assignments` of the same names: each member, and the flags."""
    given = body.model_fields_set
    members, flagged = _members(type(body), model, names)
    values = {name: getattr(body, name) for name in members}
    for name in flagged:
        values[_SENT + name] = name in given
    return values


@cache
def _members(
    shape: type[BaseModel], model: type[SQLModel], names: frozenset[str] | None
) -> tuple[list[str], list[str]]:
    """List the members that have a column, and those of them that need a flag."""
    members, columns = list(parameters(shape, model, names)), owner_view(model).c
    return members, [name for name in members if columns[name].nullable]
