"""When a task reminds of itself: so long before it is due, or at a time.

Which instants these are, the database says (`migrations/reminding.py`).
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from todo_server.domain.reminders import AT_PATTERN, MAX_MINUTES, NoReminderError, read_reminder

MAX_REMINDERS = 10


def refusal(error: NoReminderError) -> PydanticCustomError:
    """Give what pydantic shows of it."""
    return PydanticCustomError(error.code, "{reason}", {"reason": str(error)})


def _reminders(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Take a list, in which the same twice is once."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise PydanticCustomError("list_type", "Use a list of reminders")
    if len(value) > MAX_REMINDERS:
        message = "A task has at most {max_length} reminders"
        raise PydanticCustomError("too_long", message, {"max_length": MAX_REMINDERS})
    try:
        found = [read_reminder(each) for each in value]
    except NoReminderError as error:
        raise refusal(error) from error
    return [*{tuple(each.items()): each for each in found}.values()]


def _one(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: schema},
        "required": [name],
        "additionalProperties": False,
    }


_ONE_REMINDER = {
    "anyOf": [
        _one("minutes_before", {"type": "integer", "minimum": 0, "maximum": MAX_MINUTES}),
        _one("at", {"type": "string", "pattern": AT_PATTERN}),
    ]
}

Reminders = Annotated[
    list[dict[str, Any]],
    BeforeValidator(_reminders),
    Field(
        description="When it reminds: at most 10 of `minutes_before` the due date, which of a date "
        "without a time is 9 o'clock of that day, or `at` a local time or an instant. Those that "
        "are over when they are set come no more.",
        examples=[[{"minutes_before": 30}]],
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "maxItems": MAX_REMINDERS, "items": _ONE_REMINDER},
                {"type": "null"},
            ]
        }
    ),
]

RemindersRead = Annotated[
    list[dict[str, Any]],
    Field(description="When it reminds, in the order sent."),
    WithJsonSchema({"type": "array", "items": _ONE_REMINDER}),
]
