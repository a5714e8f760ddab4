"""The shapes in which clients write and read a task."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from sqlmodel import SQLModel

from todo_server.domain.aliases import ANSWERED
from todo_server.domain.identity import USER_ID_LENGTH
from todo_server.domain.priority import Priority
from todo_server.models.fields import ABSENT, without_defaults
from todo_server.models.task.dates import (
    Basis,
    DueDate,
    Recurrence,
    RecurrenceBasis,
    StartDate,
    TimeZone,
)
from todo_server.models.task.derived import DATES, DERIVED_MEMBERS, Seldom
from todo_server.models.task.input import READ_ONLY, TaskInput
from todo_server.models.task.members import (
    Category,
    Completed,
    Description,
    ParentId,
    PriorityWord,
    ProjectId,
    Tags,
    Title,
)
from todo_server.models.task.move import Move
from todo_server.models.task.reminders import Reminders, RemindersRead
from todo_server.models.task.table import TITLE_LENGTH


class TaskCreate(TaskInput):
    """A new task."""

    is_new: ClassVar[bool] = True

    title: Title
    description: Description = None
    completed: Annotated[
        bool, Field(description="Whether it is done; `false` if absent.", examples=[False])
    ] = False
    priority: PriorityWord = Priority.MEDIUM.value
    tags: Tags = []  # noqa: RUF012 - pydantic copies it
    category: Category = None
    project_id: ProjectId = None
    parent_id: ParentId = None
    start_date: StartDate = None
    due_date: DueDate = None
    time_zone: TimeZone = None
    recurrence: Recurrence = None
    recurrence_basis: RecurrenceBasis = "due"
    reminders: Reminders = []  # noqa: RUF012 - as above
    move: Annotated[
        Move, Field(description="Where among the user's tasks; behind all if absent.")
    ] = ABSENT


class TaskUpdate(TaskInput):
    """A change to a task: absent members stay as they are, `null` clears what may be empty."""

    title: Title = ABSENT
    description: Description = None
    completed: Completed = ABSENT
    priority: PriorityWord = ABSENT
    tags: Tags = ABSENT
    category: Category = None
    project_id: ProjectId = None
    parent_id: ParentId = None
    start_date: StartDate = None
    due_date: DueDate = None
    time_zone: TimeZone = None
    recurrence: Recurrence = None
    recurrence_basis: RecurrenceBasis = ABSENT
    reminders: Reminders = ABSENT
    move: Annotated[Move, Field(description="Where to among the user's tasks.")] = ABSENT

    @property
    def flips(self) -> bool:
        """Tell whether it shall be completed where it is not, and the other way round."""
        return self.completed is None and "completed" in self.model_fields_set


class Completion(TaskInput):
    """Whether a task shall be completed; without the member, the present state is flipped."""

    read_only: ClassVar[tuple[str, ...]] = (*READ_ONLY, *ANSWERED)

    completed: Annotated[
        bool,
        Field(description="`true` completes, `false` reopens: safe to retry.", examples=[True]),
    ] = ABSENT


class Progress(BaseModel):
    """How many subtasks there are, and how many are done."""

    total: Annotated[int, Field(description="All that are not in the trash.", ge=0)]
    completed: Annotated[int, Field(description="Those that are completed.", ge=0)]


class TaskRead(SQLModel):
    """A task as every operation answers it."""

    derived: ClassVar[dict[str, Any]] = DERIVED_MEMBERS
    """What no column has: how it is made of those that a row has."""
    bare: ClassVar[tuple[str, ...]] = (
        *("status", "priority", "position", "start_date", "due_date", "time_zone"),
        *("recurrence", "recurrence_pattern", "recurrence_basis"),
    )
    """Texts without a character that JSON escapes."""
    seldom: ClassVar[Seldom] = DATES
    """Members that follow each other, and are mostly the same."""

    id: Annotated[UUID, Field(description="UUID version 7 (RFC 9562): newer tasks sort later.")]
    user_id: Annotated[
        str, Field(description="The owner's id.", min_length=1, max_length=USER_ID_LENGTH)
    ]
    title: Annotated[
        str,
        Field(
            description="What is to be done.",
            min_length=1,
            max_length=TITLE_LENGTH,
            examples=["Buy milk"],
        ),
    ]
    description: Annotated[str | None, Field(description="More about it, or `null`.")]
    completed: Completed
    status: Annotated[
        Literal["pending", "completed"], Field(description="The same as `completed`, in a word.")
    ]
    completed_at: Annotated[
        datetime | None,
        WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
        Field(description="When it was completed, or `null`; as the other two."),
    ]
    priority: Annotated[Priority, Field(description="How much it matters.", examples=["medium"])]
    tags: Annotated[list[str], Field(description="The names of its tags, as they were sent.")]
    category: Annotated[str | None, Field(description="A label of the user's own, or `null`.")]
    project_id: Annotated[UUID | None, Field(description="The project that it is in, or `null`.")]
    parent_id: Annotated[UUID | None, Field(description="The task it is a part of, or `null`.")]
    position: Annotated[
        str,
        Field(
            description="Where the user has put it: compared character by character, by their "
            "code points, and of no other meaning.",
            examples=["z019aa3f47c007e3a8f523d1f0c"],
        ),
    ]
    subtasks: Annotated[Progress, Field(description="How far its parts are.")]
    start_date: Annotated[
        str | None, Field(description="When it can begin, or `null`: as it was sent.")
    ]
    due_date: Annotated[
        str | None,
        Field(
            description="When it has to be done, or `null`: a date, a local time or an instant, as "
            "it was sent.",
            examples=["2026-11-30"],
        ),
    ]
    time_zone: Annotated[
        str | None,
        Field(description="The time zone of its dates; `null` is the user's own."),
    ]
    due_at: Annotated[
        datetime | None,
        WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
        Field(description="The instant that `due_date` is; of a date, the end of its day."),
    ]
    overdue: Annotated[
        bool, Field(description="Whether it is not completed, and `due_at` is over.")
    ]
    recurrence: Annotated[
        str | None, Field(description="How it repeats: a rule (RFC 5545), or `null`.")
    ]
    recurrence_pattern: Annotated[
        Literal["none", "daily", "weekly", "monthly", "yearly", "custom"],
        Field(description="The same in a word; `custom` for what none of the others says."),
    ]
    is_recurring: Annotated[bool, Field(description="Whether it repeats.")]
    recurrence_basis: Annotated[
        Basis, Field(description="From what the next date is counted.", examples=["due"])
    ]
    reminders: RemindersRead
    remind_at: Annotated[str | None, Field(description="When it reminds first, or `null`.")]
    series_id: Annotated[
        UUID | None,
        Field(description="Of a repeating task, the id of the first of its series, or `null`."),
    ]
    created_at: Annotated[
        datetime,
        Field(description="When it was made: RFC 3339, UTC, six digits of a second."),
    ]
    updated_at: Annotated[
        datetime,
        Field(description="When it last changed; a request that changes nothing leaves it."),
    ]
    version: Annotated[
        int,
        Field(description="Goes up by one with every change; the `ETag` has it.", ge=1),
    ]


class ChangedTaskRead(TaskRead):
    """A task as the operations answer it that may complete it."""

    model_config = ConfigDict(json_schema_extra=without_defaults)  # type: ignore[assignment]

    next_task: Annotated[
        TaskRead | None,
        Field(
            description="Of a repeating task that is completed, alone: the task that comes after "
            "it, or `null` where it was the last."
        ),
    ] = None


class TrashedTaskRead(TaskRead):
    """A task as the trash shows it."""

    deleted_at: Annotated[
        datetime,
        Field(description="When it was put into the trash: in the form of the other instants."),
    ]
