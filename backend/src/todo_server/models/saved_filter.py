"""A saved filter: its table, and the shapes in which clients write and read it."""

import json
import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import CheckConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.domain.text import NO_NUL_PATTERN
from todo_server.models.fields import (
    ABSENT,
    instant_field,
    live_field,
    storable,
    text_field,
    trash_index,
    user_id_check,
    version_field,
)
from todo_server.models.noun_input import NAME_LENGTH, Name, NounInput
from todo_server.models.task.move import Move

MAX_FILTERS = 200
"""Those that a user may have; the database refuses more (`migrations/limits.py`)."""


class SavedFilter(SQLModel, table=True):
    """A question for tasks that one user asks again and again."""

    __tablename__ = "filter"

    user_id: str = text_field(primary_key=True)
    id: UUID = Column(primary_key=True)
    name: str = text_field()
    query: dict[str, Any] = Column(sa_type=JSONB)
    position: str = Column(sa_type=Text(collation="C"))
    created_at: datetime = instant_field()
    updated_at: datetime = instant_field()
    version: int = version_field()
    deleted_at: datetime | None = instant_field(nullable=True)
    live: bool | None = live_field()

    __table_args__ = (
        user_id_check(),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {NAME_LENGTH}", name="name_length"),
        CheckConstraint("jsonb_typeof(query) = 'object'", name="query_object"),
        trash_index("filter"),
        {"info": {"limit": MAX_FILTERS}},
    )


UNSAVED = frozenset(
    ("limit", "cursor", "page", "page_size", "per_page", "offset", "skip"),
)
"""Parameters of the listing that say which page of it is meant: these are left out."""

MAX_QUERY = 4_000
"""Characters of all names and values together: a URL has to hold them."""


_NAME = re.compile("[a-z_]+")


def _query(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Turn a query in JSON into what a URL has; what asks for nothing is left out."""
    if not isinstance(value, dict):
        raise PydanticCustomError("dict_type", "Use an object of parameters and their values")
    if not all(map(_NAME.fullmatch, value)):
        message = "The name of a parameter has small letters and '_' alone"
        raise PydanticCustomError("unknown_parameter", message)
    texts = {
        name: _text(each)
        for name, each in value.items()
        if name not in UNSAVED and each not in (None, [])
    }
    if sum(len(name) + len(text) for name, text in texts.items()) > MAX_QUERY:
        message = "A query has at most {most} characters"
        raise PydanticCustomError("too_long", message, {"most": MAX_QUERY})
    for text in texts.values():
        storable(text)
    return texts


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    match value:
        case str():
            return value
        case bool() | int() | float():
            return json.dumps(value)
        case list() if not any(isinstance(each, list) for each in value):
            return ",".join(map(_text, value))
        case _:
            message = "Values are texts, numbers, booleans, or lists of these"
            raise PydanticCustomError("invalid", message)


_SCALARS: list[dict[str, str]] = [
    {"type": "string", "pattern": NO_NUL_PATTERN},
    *({"type": kind} for kind in ("number", "boolean", "null")),
]
_SEVERAL = {"type": "array", "items": {"anyOf": _SCALARS[:3]}}
Query = Annotated[
    dict[str, str],
    BeforeValidator(_query),
    Field(
        description="Parameters of `GET …/tasks` and their values, as a URL has them; a list is "
        "several values with commas between. `limit`, `cursor` and those of pages are left out.",
        examples=[{"status": "pending", "priority": "high,urgent", "sort": "position"}],
    ),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z_]+$"},
            "additionalProperties": {"anyOf": [*_SCALARS, _SEVERAL]},
        },
    ),
]


class FilterCreate(NounInput):
    """A new filter."""

    name: Name
    query: Query
    move: Annotated[Move, Field(description="Where among the filters; behind all if absent.")] = (
        ABSENT
    )


class FilterUpdate(NounInput):
    """A change to a filter: absent members stay as they are."""

    name: Name = ABSENT
    query: Query = ABSENT
    move: Annotated[Move, Field(description="Where to among the filters.")] = ABSENT


class FilterRead(SQLModel):
    """A filter as operations answer it."""

    id: Annotated[UUID, Field(description="UUID version 7, as with tasks.")]
    user_id: Annotated[str, Field(description="The owner's id.")]
    name: Annotated[str, Field(description="Its name.", examples=["Urgent"])]
    query: Annotated[
        dict[str, str],
        Field(
            description="The parameters of `GET …/tasks` that it stands for.",
            examples=[{"status": "pending", "priority": "high,urgent"}],
        ),
    ]
    position: Annotated[str, Field(description="Where it stands, as with tasks.")]
    created_at: Annotated[datetime, Field(description="When it was made, as with tasks.")]
    updated_at: Annotated[datetime, Field(description="When it last changed.")]
    version: Annotated[int, Field(description="Goes up by one with every change.", ge=1)]
