"""Parameters that several operations share."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from todo_server.api.examples import TASK_ID


def _canonical(value: str) -> str:
    # Python's UUID also takes braces, a URN and none of the hyphens.
    if len(value) != 36 or value.count("-") != 4:  # noqa: PLR2004 - the canonical form
        raise PydanticCustomError("uuid_parsing", "Use a UUID with hyphens")
    return value


# Settled by `OwnerRoute` before anything else is read, and so declared for the document alone.
USER_ID = {
    "name": "user_id",
    "in": "path",
    "required": True,
    "description": "The id of the user whom the token belongs to, or `me`.",
    # Swagger UI fills its form with this, and not with an example of the schema's.
    "example": "me",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
TaskId = Annotated[
    UUID,
    BeforeValidator(_canonical),
    Path(
        description="The task's id.",
        examples=[TASK_ID],
    ),
]
