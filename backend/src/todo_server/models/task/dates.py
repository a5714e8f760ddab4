"""The members of a task that say when: its dates, its time zone, and its rule."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from todo_server.domain.dates import DATE_PATTERN, WANTED, NoDateError, read_date
from todo_server.domain.recurrence import RULE_SCHEMAS, NoRuleError, read_rule
from todo_server.domain.time_zones import LONGEST
from todo_server.models.settings import zone_name


def _date(value: Any) -> Any:  # noqa: ANN401 - any JSON
    try:
        return read_date(value)
    except NoDateError as error:
        raise PydanticCustomError("datetime_parsing", WANTED) from error


def _zone(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return None if value is None or value == "" else zone_name(value)


def _rule(value: Any) -> Any:  # noqa: ANN401 - any JSON
    try:
        return read_rule(value)
    except NoRuleError as error:
        raise PydanticCustomError(error.code, "{reason}", {"reason": str(error)}) from error


def _nullable(read: Callable[[Any], Any], **schema: object) -> Any:  # noqa: ANN401 - for Annotated
    text = {"type": "string", **schema}
    either = {"anyOf": [text, {"type": "string", "maxLength": 0}, {"type": "null"}]}
    return BeforeValidator(read), WithJsonSchema(either)


DateOrTime = Annotated[str | None, *_nullable(_date, pattern=DATE_PATTERN)]
"""One of the three kinds, in the form that is kept; an empty text is none."""

StartDate = Annotated[
    DateOrTime,
    Field(
        description="When it can begin, or `null`: in the forms of `due_date`.",
        examples=["2026-11-28"],
    ),
]
DueDate = Annotated[
    DateOrTime,
    Field(
        description="When it has to be done, or `null`: a date (`2026-11-30`), a local time "
        "(`2026-11-30T09:00:00`) or an instant (`2026-11-30T09:00:00Z`). Of the kind that is sent "
        "is what is answered; an offset becomes `Z`. The years are 1900 to 9998.",
        examples=["2026-11-30"],
    ),
]
TimeZone = Annotated[
    str | None,
    *_nullable(_zone, maxLength=LONGEST),
    Field(
        description="The time zone of its dates and local times, by its name in the IANA database; "
        "`null` is the user's own.",
        examples=["Europe/Berlin"],
    ),
]
Recurrence = Annotated[
    str | None,
    BeforeValidator(_rule),
    WithJsonSchema({"anyOf": [*RULE_SCHEMAS, {"type": "null"}]}),
    Field(
        description="How it repeats: a rule as RFC 5545 has it (`RRULE`), a word, an object, or "
        "`null` (docs/recurrence.md).",
        examples=["FREQ=WEEKLY;BYDAY=MO"],
    ),
]
Basis = Literal["due", "completed"]
RecurrenceBasis = Annotated[
    Basis,
    Field(
        description="From what the next date is counted: the `due` date, as if absent, or the day "
        "on which it was `completed`.",
        examples=["completed"],
    ),
]
