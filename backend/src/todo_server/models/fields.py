"""Column types that several tables share, and how constraints are named."""

from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Text
from sqlmodel import Field, SQLModel

USER_ID_LENGTH = 255

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
