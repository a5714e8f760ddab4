"""What several nouns share: columns, members and text, and how constraints are named."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic import Field as Member
from pydantic_core import PydanticCustomError, PydanticKnownError
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Computed, DateTime, Index, Text, text
from sqlmodel import Field, SQLModel

from todo_server.domain.identity import USER_ID_LENGTH
from todo_server.domain.text import has_nul, is_blank

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

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


DERIVED = {"derived": True}
"""The info of a column that the database keeps up: no change of it is one of the row's own."""

_LIVE = "CASE WHEN deleted_at IS NULL THEN true ELSE NULL::boolean END"


def version_field() -> Any:  # noqa: ANN401 - as above
    """Make the column that makes a table a logged one.

    The database counts it, with every change and never otherwise (`change_log.py`).
    """
    return Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})


def live_field() -> Any:  # noqa: ANN401 - as above
    """Make the column by which the owner views tell what is in the trash: true, or null there.

    Without statistics PostgreSQL takes nearly all rows for such that are not null, and walks an
    index; of `deleted_at IS NULL` it takes nearly none, and would read all rows of a user to sort
    them.
    """
    return Field(sa_type=Boolean, nullable=True, sa_column_args=[Computed(_LIVE, persisted=True)])


def trash_index(table: str) -> Index:
    """Index what is in the trash by when it was put there."""
    name = f"{table}_user_id_deleted_at_id_index"
    where = text("live IS NULL")
    return Index(name, "user_id", "deleted_at", "id", postgresql_where=where)


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


def storable(value: str) -> str:
    """Refuse that and lone surrogates, where pydantic has not looked at the text."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticKnownError("string_unicode")
    return without_nul(value)


def row_id(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Read an id as every answer writes it, for a BeforeValidator: Python's UUID takes more."""
    found = UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None
    if found is None:
        raise PydanticCustomError("uuid_parsing", "Use a UUID with hyphens")
    return found


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
