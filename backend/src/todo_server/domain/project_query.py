"""How a user's projects are listed, and what a deletion does to their tasks."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from todo_server.domain.query import Asked, one_of

_ARCHIVED = {"false": False, "true": True, "all": None}


class ProjectQuery(Asked):
    """A question for projects; `archived` None is all of them."""

    model_config = ConfigDict(frozen=True)

    archived: Annotated[
        bool | None,
        one_of(_ARCHIVED),
        Field(description="Those that are put away, those that are not (the default), or all."),
    ] = False


class TasksOfDeleted(StrEnum):
    """What becomes of the tasks of a project that is deleted."""

    KEEP = "keep"
    DELETE = "delete"


class ProjectDeletion(Asked):
    """How a project is deleted."""

    model_config = ConfigDict(frozen=True)

    tasks: Annotated[
        TasksOfDeleted,
        one_of({word.value: word for word in TasksOfDeleted}),
        Field(
            description="What becomes of its tasks: they stay, without a project (`keep`, the "
            "default), or go to the trash (`delete`)."
        ),
    ] = TasksOfDeleted.KEEP
