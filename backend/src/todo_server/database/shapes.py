"""From the shapes in which clients write and read a noun to the columns of its table."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Boolean, bindparam, case
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from todo_server.database.owned import owner_view

_SENT = "set_"


def parameters(shape: type[BaseModel], model: type[SQLModel]) -> dict[str, ColumnElement[Any]]:
    """Give a parameter for each member of a shape, of its column's type: `**vars(body)`."""
    columns = owner_view(model).c
    return {name: bindparam(name, type_=columns[name].type) for name in shape.model_fields}


def assignments(shape: type[BaseModel], model: type[SQLModel]) -> dict[str, ColumnElement[Any]]:
    """Give what each column becomes: the member where it was sent, or what it is."""
    columns = owner_view(model).c
    return {
        name: case((bindparam(_SENT + name, type_=Boolean), value), else_=columns[name])
        for name, value in parameters(shape, model).items()
    }


def sent_members(body: BaseModel) -> dict[str, Any]:
    """Give the values of `assignments`: each member, and whether it was sent."""
    values = {**vars(body), **_none_sent(type(body))}
    for name in body.model_fields_set:
        values[_SENT + name] = True
    return values


@cache
def _none_sent(shape: type[BaseModel]) -> dict[str, bool]:
    return {_SENT + name: False for name in shape.model_fields}
