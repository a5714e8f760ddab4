"""What a user has set for themselves: the table, and the shapes of it.

Whoever has set nothing has no row, and is shown what a new row has.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, text
from sqlmodel import Field as Column
from sqlmodel import SQLModel

from todo_server.domain.time_zones import LONGEST
from todo_server.models.fields import instant_field, text_field, user_id_check

TIME_ZONE, WEEK_START = "UTC", "monday"
"""What counts where nothing is set."""

WEEK_STARTS = ("monday", "sunday", "saturday")
_WEEK_STARTS = ", ".join(f"'{day}'" for day in WEEK_STARTS)


class Settings(SQLModel, table=True):
    """What one user has set: one row, which is no noun of the log, and so counts for itself."""

    __tablename__ = "settings"

    user_id: str = text_field(primary_key=True)
    time_zone: str = text_field(sa_column_kwargs={"server_default": text(f"'{TIME_ZONE}'")})
    week_start: str = text_field(sa_column_kwargs={"server_default": text(f"'{WEEK_START}'")})
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
