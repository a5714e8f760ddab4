"""The addresses of calendars: one for a user, found by a secret of which the digest is kept.

A secret begins with whose it is, as a refresh token does. So it is looked up as all that is that
user's, among their own rows, in the statement that sets the identity: there is no table in which
the addresses of all users are looked up. The identity counts for nothing until the digest is found.
"""

import json
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date
from hashlib import sha256
from typing import NewType

from sqlalchemy import (
    Date,
    DateTime,
    LargeBinary,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
    OWNER_ID,
    Handle,
    Read,
    Write,
    constant,
    delete_owned,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    update_owned,
    write_statement,
)
from todo_server.domain import base64url
from todo_server.domain.identity import USER_ID_LENGTH, Identity
from todo_server.errors import CalendarNotFoundError, UnavailableError
from todo_server.models import CalendarAddress, CalendarRead, LoggedChange, Settings
from todo_server.models.settings import TIME_ZONE as NO_ZONE

Secret = NewType("Secret", str)
"""Whose calendar it is, a full stop, and 256 bits."""

_SECRET = re.compile(r"([\w-]{2,1400})\.[\w-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """What a calendar depends on beside its tasks, and by which it is seen whether they changed."""

    number: int
    """Of the user's newest change."""
    zone: str | None
    """Where the user is, as far as they have said."""


async def get_address(mine: Handle) -> CalendarRead:
    """Tell whether there is an address of the user's calendar."""
    row = await mine.run(_GET)
    if row is None:
        return CalendarRead(active=False, created_at=None, read_on=None)
    return CalendarRead(active=True, **json.loads(row))


async def make_address(mine: Handle) -> Secret:
    """Make an address of the user's calendar, in place of the one that there is, if any."""
    owner = base64url.encode(mine.identity.user_id.encode())
    secret = Secret(f"{owner}.{secrets.token_urlsafe(32)}")
    await mine.run(_MAKE, digest=_digest_of(secret), now=mine.now)
    return secret


async def end_address(mine: Handle) -> None:
    """Let the user's calendar be read nowhere."""
    await mine.run(_END)


def owner_of(secret: str) -> Identity:
    """Give whose calendar a secret says it is, and no proof of it.

    CalendarNotFoundError for what is no secret.
    """
    found = _SECRET.fullmatch(secret)
    try:
        user_id = base64url.decode_canonical(found[1]).decode() if found else ""
    except ValueError:
        user_id = ""
    if not 1 <= len(user_id) <= USER_ID_LENGTH or "\0" in user_id:
        raise CalendarNotFoundError
    return Identity(user_id)


async def find_address(mine: Handle, secret: str) -> Found:
    """Prove a secret to be the owner's; CalendarNotFoundError where it is not, or not any more.

    The first time on a day, that day is noted, if the database lets it.
    """
    row = await mine.run(_FIND, digest=_digest_of(secret))
    if row is None:
        raise CalendarNotFoundError
    found, today = json.loads(row), mine.now.astimezone(UTC).date()
    if found["read_on"] != today.isoformat():
        with suppress(UnavailableError):
            await mine.run(_NOTE, digest=_digest_of(secret), today=today)
    return Found(found["number"], found["zone"])


def _digest_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


_addresses, _changes = owner_view(CalendarAddress), owner_view(LoggedChange)
_settings = owner_view(Settings)
_digest = bindparam("digest", type_=LargeBinary)
_now = bindparam("now", type_=DateTime(timezone=True))
_today = bindparam("today", type_=Date)
_no_day = literal_column("NULL::date", Date)

_members = json_columns(_addresses, CalendarAddress)
_shown = [column for column in _members if column.key in CalendarRead.model_fields]
_address = select_owned(CalendarAddress, *_shown).subquery("address")
_GET: Read[str | None] = read_statement(select(cast(json_row(_address), Text)))

_number = (
    select_owned(LoggedChange, _changes.c.number)
    .order_by(_changes.c.number.desc())
    .limit(literal_column("1"))
)
# Who has set none is told to be in UTC, which is no place.
_zone = select_owned(Settings, func.nullif(_settings.c.time_zone, constant(NO_ZONE)))
_found = (
    select_owned(
        CalendarAddress,
        _addresses.c.read_on,
        func.coalesce(_number.scalar_subquery(), literal_column("0")).label("number"),
        _zone.scalar_subquery().label("zone"),
    )
    .where(_addresses.c.digest == _digest)
    .subquery("found")
)
_FIND: Read[str | None] = read_statement(select(cast(json_row(_found), Text)))

_values = {"digest": _digest, "created_at": _now, "read_on": _no_day}
_MAKE: Write[str] = write_statement(
    postgresql.insert(_addresses)
    .from_select(["user_id", *_values], select(OWNER_ID, *_values.values()))
    .on_conflict_do_update(index_elements=["user_id"], set_=_values)
    .returning(_addresses.c.user_id)
)
_END: Write[str | None] = write_statement(
    delete_owned(CalendarAddress).returning(_addresses.c.user_id)
)
_NOTE: Write[date | None] = write_statement(
    update_owned(CalendarAddress)
    .where(_addresses.c.digest == _digest)
    .values(read_on=_today)
    .returning(_addresses.c.read_on)
)
