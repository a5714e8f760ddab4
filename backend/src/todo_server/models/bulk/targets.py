"""How the commands of one request name tasks: by an id, or by the name of an earlier command."""

import re
from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from todo_server.models.fields import ABSENT, StrictShape
from todo_server.models.task.move import require_one_place, schema_of_move

REF = "[A-Za-z0-9_-]{1,64}"
_UUID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_IS_UUID, _IS_TARGET = re.compile(_UUID), re.compile(f"{_UUID}|#{REF}")


def _task_id(value: str) -> str:
    if not _IS_UUID.fullmatch(value):
        raise PydanticCustomError("uuid_parsing", "Use a UUID with hyphens")
    return value


def _target(value: str) -> str:
    if not _IS_TARGET.fullmatch(value):
        raise PydanticCustomError(
            "uuid_parsing", "Use a UUID with hyphens, or '#' and the 'ref' of an earlier command"
        )
    return value


TaskId = Annotated[str, AfterValidator(_task_id), Field(json_schema_extra={"format": "uuid"})]
TargetId = Annotated[
    str,
    AfterValidator(_target),
    Field(
        description="The task's id; or `#` and the `ref` of an earlier command, which made it.",
        examples=["#a"],
        json_schema_extra={"pattern": f"^({_UUID}|#{REF})$"},
    ),
]


ParentTarget = Annotated[
    Annotated[str, AfterValidator(_target)] | None,
    BeforeValidator(lambda value: None if value == "" else value),
    Field(
        description="The task that it is a part of, or `null`; or `#` and a `ref`, as with `id`.",
        json_schema_extra={"pattern": f"^({_UUID}|#{REF})$"},
    ),
]


class BulkMove(StrictShape):
    """A place among the user's tasks: one of the four."""

    model_config = ConfigDict(json_schema_extra=schema_of_move)

    after: Annotated[TargetId, Field(description="Behind this task.")] = ABSENT
    before: Annotated[TargetId, Field(description="In front of it.")] = ABSENT
    first: Annotated[Literal[True], Field(description="In front of all.")] = ABSENT
    last: Annotated[Literal[True], Field(description="Behind all.")] = ABSENT

    @model_validator(mode="after")
    def _one(self) -> "BulkMove":
        require_one_place(self)
        return self


Resolve: TypeAlias = Callable[[str, str], UUID]
"""Gives the task that is named by a text, in a field: by its id, or by a `ref`."""
