"""What a user's tasks come to, in numbers."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from todo_server.domain.priority import Priority
from todo_server.models.noun_input import Counts


class StatusCounts(BaseModel):
    """How many tasks have which status."""

    pending: Annotated[int, Field(description="Those that are to be done.", ge=0)]
    completed: Annotated[int, Field(description="Those that are done.", ge=0)]


class TagCounts(Counts):
    """How many tasks have a tag."""

    name: Annotated[str, Field(description="The tag's name.", examples=["home"])]


class ProjectCounts(Counts):
    """How many tasks are in a project."""

    project_id: Annotated[UUID | None, Field(description="The project; `null` for no project.")]
    name: Annotated[
        str | None, Field(description="Its name; `null` for no project.", examples=["Household"])
    ]


class DayCount(BaseModel):
    """How many tasks were completed on a day."""

    day: Annotated[
        date, Field(description="The day, in the user's time zone.", examples=["2026-11-20"])
    ]
    completed: Annotated[
        int, Field(description="Tasks that were completed then, and still are.", ge=0)
    ]


class Stats(BaseModel):
    """What a user's tasks come to; what is in the trash does not count."""

    total: Annotated[int, Field(description="All tasks.", ge=0, examples=[42])]
    by_status: Annotated[StatusCounts, Field(description="By what they are.")]
    overdue: Annotated[
        int, Field(description="Those that are pending, and were due before now.", ge=0)
    ]
    by_priority: Annotated[
        dict[Priority, Counts], Field(description="By how much they matter: all five words.")
    ]
    by_tag: Annotated[list[TagCounts], Field(description="By their tags, the most used first.")]
    by_project: Annotated[
        list[ProjectCounts], Field(description="By their projects, the fullest first.")
    ]
    done_per_day: Annotated[
        list[DayCount],
        Field(description="The last 30 days in the user's time zone, today at the end."),
    ]
    streak: Annotated[
        int,
        Field(
            description="On how many days in a row something was completed: up to today, or to "
            "yesterday as long as nothing was completed today.",
            ge=0,
            examples=[5],
        ),
    ]
