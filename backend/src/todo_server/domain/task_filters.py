"""Which of a user's tasks: every filter of a query, written here once."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AliasChoices, Field

from todo_server.domain.filter_values import (
    Switch,
    Without,
    bound,
    instant,
    names,
    one_of_several,
    one_word,
    row_id,
    row_or_none,
    text_filter,
    yes_or_no,
)
from todo_server.domain.priority import Priority
from todo_server.domain.query import Asked, one_of
from todo_server.domain.search import search_words

_SOME_ID = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"


class Status(StrEnum):
    """Which tasks to list."""

    ALL = "all"
    PENDING = "pending"
    COMPLETED = "completed"
    OVERDUE = "overdue"


class Due(StrEnum):
    """When tasks are due, by days of the user's time zone."""

    TODAY = "today"
    TOMORROW = "tomorrow"
    WEEK = "week"
    OVERDUE = "overdue"
    NONE = "none"
    ANY = "any"


class TagMatch(StrEnum):
    """Whether a task needs all of the tags that are asked for, or one of them."""

    ALL = "all"
    ANY = "any"


STATUS_WORDS = {
    **{status.value: status for status in Status},
    **dict.fromkeys(("incomplete", "active", "open", "todo", "false"), Status.PENDING),
    **dict.fromkeys(("complete", "done", "true"), Status.COMPLETED),
    "": Status.ALL,
}
_TAG_MATCH = {**{match.value: match for match in TagMatch}, "": TagMatch.ALL}


class TaskFilters(Asked):
    """A question for some of the tasks: what is None asks for nothing.

    Each has the name of its line in `FILTERS` (`services/tasks/filters.py`). Further names of a
    parameter stand in its AliasChoices, after the one that it is known by.
    """

    status: Annotated[
        Status,
        one_of(STATUS_WORDS),
        Field(
            validation_alias=AliasChoices("status", "completed"),
            description="Which tasks: `incomplete`, `active`, `open`, `todo` and `false` are other "
            "words for `pending`; `complete`, `done` and `true` for `completed`. `overdue` is "
            "pending, and due before now.",
        ),
    ] = Status.ALL
    search: Annotated[
        tuple[str, ...] | None,
        search_words(),
        Field(
            validation_alias=AliasChoices("search", "q", "query"),
            description="Words that must all be in the title, the description or a tag, also "
            'within words, whatever their case and accents, in any script; `"a phrase"` in quotes.',
            examples=["milk", '"oat milk" store'],
        ),
    ] = None
    priority: Annotated[
        tuple[str, ...] | None,
        one_of_several(Priority),
        Field(description="One of these, or several.", examples=[["high", "urgent"]]),
    ] = None
    tags: Annotated[
        tuple[str, ...] | None,
        names(20, 50),
        Field(
            validation_alias=AliasChoices("tags", "tag"),
            description="Names of tags, in any case; a task needs all of them.",
            examples=[["home"], ["home", "Errands"]],
        ),
    ] = None
    tag_match: Annotated[
        TagMatch,
        one_of(_TAG_MATCH),
        Field(description="`any` where one of the `tags` is enough."),
    ] = TagMatch.ALL
    category: Annotated[
        str | None,
        text_filter(50),
        Field(description="The category, as it is written in the task.", examples=["errands"]),
    ] = None
    project_id: Annotated[
        UUID | Without | None,
        row_or_none(),
        Field(description="The project, or `none`.", examples=[_SOME_ID, "none"]),
    ] = None
    parent_id: Annotated[
        UUID | Without | None,
        row_or_none(),
        Field(
            description="The task that they are parts of, or `none` for those that are no parts.",
            examples=[_SOME_ID, "none"],
        ),
    ] = None
    series_id: Annotated[
        UUID | None,
        row_id(),
        Field(description="The series of a repeating task.", examples=[_SOME_ID]),
    ] = None
    updated_since: Annotated[
        datetime | None,
        instant(),
        Field(description="Changed at this instant or later.", examples=["2026-11-30T09:00:00Z"]),
    ] = None
    completed_since: Annotated[
        datetime | None,
        instant(),
        Field(description="Completed at this instant or later.", examples=["2026-11-30T09:00:00Z"]),
    ] = None
    due_after: Annotated[
        str | None,
        bound(),
        Field(
            validation_alias=AliasChoices("due_after", "due_from", "due_date_from"),
            description="Due then or later: a date, which counts from its beginning, or a time. In "
            "the user's time zone, where it has no `Z` and no offset.",
            examples=["2026-11-30", "2026-11-30T09:00:00Z"],
        ),
    ] = None
    due_before: Annotated[
        str | None,
        bound(),
        Field(
            validation_alias=AliasChoices("due_before", "due_to", "due_date_to"),
            description="Due then or earlier: a date, whose day is included, or a time.",
            examples=["2026-11-30", "2026-11-30T09:00:00Z"],
        ),
    ] = None
    due: Annotated[
        Due | None,
        one_word(Due),
        Field(
            description="By days of the user's time zone: `week` is from today until the end of "
            "their week. `overdue` as with `status`; `none` and `any` are those without a due date "
            "and with one.",
            examples=[*Due],
        ),
    ] = None
    has_due_date: Annotated[
        Switch | None,
        yes_or_no(),
        Field(description="Whether they have a due date.", examples=[*Switch]),
    ] = None
    is_recurring: Annotated[
        Switch | None,
        yes_or_no(),
        Field(description="Whether they repeat.", examples=[*Switch]),
    ] = None

    @property
    def state(self) -> Status:
        """Which of the two states they have, or all."""
        return Status.PENDING if self.status is Status.OVERDUE else self.status
