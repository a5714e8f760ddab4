"""What the writable shapes of projects, tags and filters share."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from todo_server.domain.text import VISIBLE_PATTERN
from todo_server.models.fields import visible, without_defaults

NAME_LENGTH = 100


def _schema_of_input(schema: dict[str, Any], shape: type["NounInput"]) -> None:
    without_defaults(schema)
    for name in shape.read_only:
        schema["properties"][name] = {"readOnly": True, "description": "Ignored when sent."}


class NounInput(BaseModel):
    """What writable shapes of projects, tags and filters share: what is echoed is ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_schema_of_input)
    read_only: ClassVar[tuple[str, ...]] = (
        "id",
        "user_id",
        "position",
        "tasks",
        "version",
        "created_at",
        "updated_at",
    )

    @model_validator(mode="before")
    @classmethod
    def _ignore_read_only(cls, data: Any) -> Any:  # noqa: ANN401 - a body may be anything
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if name not in cls.read_only}
        return data


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH),
    visible("A name"),
    Field(
        description="1 to 100 characters after trimming.",
        examples=["Household"],
        json_schema_extra={"pattern": VISIBLE_PATTERN},
    ),
]


class Counts(BaseModel):
    """How many tasks, those in the trash aside."""

    total: Annotated[int, Field(description="All of them.", ge=0)]
    completed: Annotated[int, Field(description="Those that are completed.", ge=0)]
