"""What several nouns share: columns, members and text, and how constraints are named."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic import Field as Member
from pydantic_core import PydanticCustomError
from sqlalchemy import CheckConstraint, DateTime, Text
from sqlmodel import Field, SQLModel

from todo_server.domain.identity import USER_ID_LENGTH
from todo_server.domain.text import has_nul, is_blank

ABSENT: Any = Member(default=None)
"""The default of a member that may be left out and may not be null.

Which ones were sent, `model_fields_set` tells; where null is refused, None tells as well.
"""

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "uq": "%(table_name)s_%(column_0_N_name)s_unique",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


def text_field(**options: Any) -> Any:  # noqa: ANN401 - SQLModel's Field answers Any, too
    """Make a column of unbounded text; bounds are checks with a name of their own."""
    return Field(sa_type=Text, **options)


def instant_field(**options: Any) -> Any:  # noqa: ANN401 - as above
    """Make a column for an instant: timestamp with time zone, to the microsecond."""
    return Field(sa_type=DateTime(timezone=True), **options)


def user_id_check() -> CheckConstraint:
    """Bound the owner's id, as the path does."""
    return CheckConstraint(
        f"char_length(user_id) BETWEEN 1 AND {USER_ID_LENGTH}", name="user_id_length"
    )


def without_defaults(schema: dict[str, Any]) -> None:
    """Document members that may be absent: what that means, their descriptions say.

    Some defaults would be `null`, which is refused; and generators of types take a member with a
    default for one that is always there, so that nobody could leave it out (openapi-typescript).
    """
    for member in schema["properties"].values():
        member.pop("default", None)


class StrictShape(BaseModel):
    """A body of JSON as it has to be: no unknown members, and no types but the declared ones."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=without_defaults)


def without_nul(value: str) -> str:
    """Refuse what PostgreSQL cannot store, for an AfterValidator."""
    if has_nul(value):
        raise PydanticCustomError("nul_character", "Text cannot contain the character U+0000")
    return value


def visible(what: str) -> AfterValidator:
    """Require text to have a character that can be seen, and no U+0000."""
    message = f"{what} needs at least one visible character"

    def check(value: str) -> str:
        if is_blank(value):
            raise PydanticCustomError("blank", message)
        return without_nul(value)

    return AfterValidator(check)


def _rfc_3339(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# With six digits of a second, always; pydantic's own form has none where they are zeros.
Instant = Annotated[
    datetime,
    PlainSerializer(_rfc_3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
