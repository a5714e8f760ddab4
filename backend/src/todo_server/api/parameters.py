"""Parameters that several operations share."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


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
    "description": "The user's id as the token's subject has it, or `me`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "examples": ["me"]},
}
TaskId = Annotated[
    UUID,
    BeforeValidator(_canonical),
    Path(
        description="The task's id.",
        examples=["019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"],
    ),
]
