"""From the shapes in which clients write and read a noun to the columns of its table."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Boolean, bindparam, case, func
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from todo_server.database.owned import owner_view

_SENT = "set_"


def parameters(shape: type[BaseModel], model: type[SQLModel]) -> dict[str, ColumnElement[Any]]:
    """Give a parameter for each member of a shape, of its column's type: `**vars(body)`."""
    columns = owner_view(model).c
    return {name: bindparam(name, type_=columns[name].type) for name in shape.model_fields}


def assignments(shape: type[BaseModel], model: type[SQLModel]) -> dict[str, ColumnElement[Any]]:
    """Give what each column becomes: the member where it was sent, or what it is.

    That it was sent is told by a flag where null may be sent, and by its not being null elsewhere.
    """
    columns = owner_view(model).c
    return {
        name: case((bindparam(_SENT + name, type_=Boolean), value), else_=columns[name])
        if columns[name].nullable
        else func.coalesce(value, columns[name])
        for name, value in parameters(shape, model).items()
    }


def sent_members(body: BaseModel, model: type[SQLModel]) -> dict[str, Any]:
    """Give the values of `assignments`: each member, and the flags."""
    values, given = dict(vars(body)), body.model_fields_set
    for name in _flagged(type(body), model):
        values[_SENT + name] = name in given
    return values


@cache
def _flagged(shape: type[BaseModel], model: type[SQLModel]) -> tuple[str, ...]:
    columns = owner_view(model).c
    return tuple(name for name in shape.model_fields if columns[name].nullable)
