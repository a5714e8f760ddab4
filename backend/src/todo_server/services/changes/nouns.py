"""What changes are followed of: every table that is logged, and what clients are shown of it."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table
from sqlmodel import SQLModel

from todo_server.database import json_columns, owner_view, select_owned
from todo_server.models import (
    FilterRead,
    Project,
    ProjectRead,
    SavedFilter,
    Tag,
    TagRead,
    Task,
    TaskRead,
)


class Noun(NamedTuple):
    """A logged table: its rows, their shape, and the member of an answer that lists them."""

    model: type[SQLModel]
    shape: type[SQLModel]
    member: str

    @property
    def name(self) -> str:
        """What the log calls it."""
        return self.rows.name.removeprefix("my_")

    @property
    def rows(self) -> Table:
        """The asking user's live rows."""
        return owner_view(self.model)

    def shown(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        """Select live rows as clients are shown them."""
        return select_owned(self.model, *json_columns(self.rows, self.shape)).where(*conditions)


TASKS = Noun(Task, TaskRead, "tasks")
NOUNS = (
    TASKS,
    Noun(Project, ProjectRead, "projects"),
    Noun(Tag, TagRead, "tags"),
    Noun(SavedFilter, FilterRead, "filters"),
)
"""The table of nouns: one more is one line, and a member of `models.Changes`."""
