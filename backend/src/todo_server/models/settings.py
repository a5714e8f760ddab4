"""What a user has set for themselves: the table, and the shapes of it.

Whoever has set nothing has no row, and is shown what a new row has.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, CheckConstraint, text
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.domain.time_zones import LONGEST, is_zone
from todo_server.models.fields import (
    ABSENT,
    instant_field,
    text_field,
    user_id_check,
    without_defaults,
)
from todo_server.models.noun_input import NounInput

WeekStart = Literal["monday", "sunday", "saturday"]

TIME_ZONE = "UTC"
WEEK_START: WeekStart = "monday"
"""What counts where nothing is set."""

WEEK_STARTS: tuple[WeekStart, ...] = ("monday", "sunday", "saturday")
_WEEK_STARTS = ", ".join(f"'{day}'" for day in WEEK_STARTS)


class Settings(SQLModel, table=True):
    """What one user has set: one row, which is no noun of the log, and so counts for itself."""

    __tablename__ = "settings"

    user_id: str = text_field(primary_key=True)
    time_zone: str = text_field(sa_column_kwargs={"server_default": text(f"'{TIME_ZONE}'")})
    week_start: str = text_field(sa_column_kwargs={"server_default": text(f"'{WEEK_START}'")})
    # Whether reminders come by mail, too, where there is an account and a mail server.
    email_reminders: bool = Column(sa_column_kwargs={"server_default": text("false")})
    updated_at: datetime = instant_field()
    # The database counts it (`date_rules.py`); a column `version` would make it a noun of the log.
    revision: int = Column(sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})

    __table_args__ = (
        user_id_check(),
        CheckConstraint(
            f"char_length(time_zone) BETWEEN 1 AND {LONGEST} AND week_start IN ({_WEEK_STARTS})",
            name="members_valid",
        ),
    )


NO_ZONE = "Use the name of a time zone, like Europe/Berlin"


def zone_name(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Read the name of a time zone, for a BeforeValidator."""
    if not isinstance(value, str) or not is_zone(value):
        raise PydanticCustomError("unknown_time_zone", NO_ZONE)
    return value


_ZONE: dict[str, Any] = {"type": "string", "maxLength": LONGEST}
_Zone = Annotated[
    str,
    BeforeValidator(zone_name),
    WithJsonSchema(_ZONE),
    Field(
        description="The user's time zone, by its name in the IANA database: in which days begin "
        "and end, and what dates without a zone of their own mean. `UTC` until it is set.",
        examples=["Europe/Berlin"],
    ),
]
_WeekStart = Annotated[
    WeekStart,
    Field(
        description="The first day of the user's weeks; `monday` until it is set.",
        examples=["sunday"],
    ),
]


_EmailReminders = Annotated[
    bool,
    Field(
        description="Whether reminders come by mail as well, to the address of the account; where "
        "the server sends none, or has no accounts, nothing comes of it. `false` until it is set.",
        examples=[True],
    ),
]


class SettingsUpdate(NounInput):
    """A change of what the user has set: absent members stay as they are."""

    read_only: ClassVar[tuple[str, ...]] = ("version",)

    time_zone: _Zone = ABSENT
    week_start: _WeekStart = ABSENT
    email_reminders: _EmailReminders = ABSENT


def _schema_of_imported(schema: dict[str, Any]) -> None:
    """Document the version as what may be there: not `readOnly`, since a document has it."""
    without_defaults(schema)
    schema["properties"]["version"] = {"description": "Not taken over."}


class ImportedSettings(NounInput):
    """What the user had set, as an export has it; kept unless something is set already."""

    model_config = ConfigDict(json_schema_extra=_schema_of_imported)
    read_only: ClassVar[tuple[str, ...]] = ("version",)

    time_zone: _Zone = TIME_ZONE
    week_start: _WeekStart = WEEK_START
    email_reminders: _EmailReminders = False


class SettingsRead(SQLModel):
    """What the user has set."""

    derived: ClassVar[dict[str, Any]] = {"version": lambda rows: rows.c.revision}

    time_zone: _Zone
    week_start: _WeekStart
    email_reminders: _EmailReminders
    version: Annotated[
        int, Field(description="Goes up by one with every change; the `ETag` has it.", ge=1)
    ]


UNSET = SettingsRead(time_zone=TIME_ZONE, week_start=WEEK_START, email_reminders=False, version=1)
"""What is shown to whoever has set nothing."""
