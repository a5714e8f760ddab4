"""When a task reminds of itself."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_REMINDERS = 10


def _reminders(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_REMINDERS:
        raise PydanticCustomError("list_type", "Use a list of reminders")
    return value


Reminders = Annotated[
    list[dict[str, Any]],
    BeforeValidator(_reminders),
    Field(
        description="When it reminds: at most 10 of `minutes_before` the due date, or `at` a time.",
        examples=[[{"minutes_before": 30}]],
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "maxItems": MAX_REMINDERS, "items": {"type": "object"}},
                {"type": "null"},
            ]
        }
    ),
]
