"""What became of each command."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from todo_server.models.fields import without_defaults
from todo_server.models.task import ChangedTaskRead, TaskRead


class BulkDetail(BaseModel):
    """One thing that is wrong with one field of a command."""

    field: Annotated[str, Field(description="As in `commands.3.title`.")]
    code: Annotated[str, Field(description="What is wrong, for programs.")]
    message: Annotated[str, Field(description="What is wrong, for people.")]


class BulkResult(BaseModel):
    """What became of one command: the task, or why nothing was done; neither of what is deleted."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    status: Annotated[
        int,
        Field(description="As the operation answers it alone.", ge=200, le=499, examples=[201]),
    ]
    task: Annotated[
        ChangedTaskRead | SkipJsonSchema[None], Field(description="As it was after the command.")
    ] = None
    error: Annotated[
        str | SkipJsonSchema[None],
        Field(description="The code of the error.", examples=["task_not_found"]),
    ] = None
    message: Annotated[
        str | SkipJsonSchema[None], Field(description="What went wrong, for people.")
    ] = None
    details: Annotated[
        list[BulkDetail] | SkipJsonSchema[None],
        Field(description="What is wrong, field by field."),
    ] = None
    current: Annotated[
        TaskRead | SkipJsonSchema[None],
        Field(description="With `version_conflict` alone: what the task is now."),
    ] = None


class BulkResults(BaseModel):
    """What became of each command."""

    results: Annotated[
        list[BulkResult], Field(description="One for each command or id, in their order.")
    ]
