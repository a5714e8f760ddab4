"""Where among the user's tasks one is put."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from todo_server.models.fields import ABSENT, StrictShape, row_id, without_defaults

_ID = WithJsonSchema({"type": "string", "format": "uuid"})


_PLACES = ("after", "before", "first", "last")
ONE_PLACE: dict[str, Any] = {
    "oneOf": [{"required": [place], "properties": {place: {}}} for place in _PLACES]
}
"""What the contract says of a shape with the four; linters look for a property where it is."""


def require_one_place(move: BaseModel) -> None:
    """Raise what pydantic shows unless one of the four was sent, and no other."""
    if len(move.model_fields_set.intersection(_PLACES)) != 1:
        raise PydanticCustomError("invalid", "Send one of after, before, first and last")


def schema_of_move(schema: dict[str, Any]) -> None:
    """Document that one of the four is to be sent, and no other."""
    without_defaults(schema)
    schema.update(ONE_PLACE)


class Move(StrictShape):
    """A place among the user's tasks: one of the four."""

    model_config = ConfigDict(json_schema_extra=schema_of_move)

    after: Annotated[
        UUID, BeforeValidator(row_id), _ID, Field(description="Behind the task with this id.")
    ] = ABSENT
    before: Annotated[UUID, BeforeValidator(row_id), _ID, Field(description="In front of it.")] = (
        ABSENT
    )
    first: Annotated[Literal[True], Field(description="In front of all.")] = ABSENT
    last: Annotated[Literal[True], Field(description="Behind all.")] = ABSENT

    @model_validator(mode="after")
    def _one(self) -> "Move":
        require_one_place(self)
        return self
