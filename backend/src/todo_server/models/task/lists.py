"""Lists of tasks as objects, and how many there are."""

from typing import Annotated

from pydantic import BaseModel, Field

from todo_server.models.task.shapes import TaskRead, TrashedTaskRead

_Total = Annotated[int, Field(description="How many there are on all pages.", ge=0, examples=[42])]


class TaskList(BaseModel):
    """A list where the server is set to answer objects (`LIST_ENVELOPE`)."""

    tasks: Annotated[list[TaskRead], Field(description="The tasks.")]
    total: _Total


class TrashList(BaseModel):
    """The trash where the server is set to answer objects (`LIST_ENVELOPE`)."""

    tasks: Annotated[list[TrashedTaskRead], Field(description="The tasks.")]
    total: _Total


class TaskPage(BaseModel):
    """A page with a number."""

    tasks: Annotated[list[TaskRead], Field(description="The tasks on this page.")]
    total: _Total
    page: Annotated[int, Field(description="Which page this is.", ge=1, examples=[1])]
    page_size: Annotated[
        int, Field(description="How many are on a page.", ge=1, le=200, examples=[20])
    ]
    pages: Annotated[int, Field(description="How many pages there are.", ge=0, examples=[3])]
    has_more: Annotated[
        bool, Field(description="Whether more follow behind this page.", examples=[True])
    ]


class TaskCount(BaseModel):
    """How many tasks there are."""

    count: Annotated[int, Field(description="How many.", ge=0, examples=[42])]
