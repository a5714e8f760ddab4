"""Sessions: one sign-in on one device, prolonged by refresh tokens that are used once each."""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Interval,
    LargeBinary,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
)

from todo_server.auth import sign
from todo_server.database import (
    OWNER_ID,
    Database,
    Handle,
    Read,
    TransactionHandle,
    Write,
    delete_owned,
    is_owners,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    update_owned,
    write_statement,
)
from todo_server.domain.identity import Identity
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import RefreshRefusedError, UnauthenticatedError
from todo_server.models import Account, AccountRead, RefreshToken, Session, SessionRead, Tokens
from todo_server.services.signing_keys import SigningKeys

SESSION_LIFETIME = timedelta(days=30)
"""How long a session lasts after it was last refreshed."""

MAX_SESSIONS = 50
"""Sessions of an account; a further sign-in ends the one that was refreshed longest ago."""

GRACE = timedelta(seconds=2)
"""For how long a spent token is merely refused: the tabs of a browser wake up together."""

_TOKEN = re.compile(r"([0-9a-f]{32})\.[\w-]{43}", re.ASCII)
"""A refresh token: whose it is, so that it is looked up as all that is theirs, and 256 bits."""

_accounts, _sessions, _tokens = owner_view(Account), owner_view(Session), owner_view(RefreshToken)
_now = bindparam("now", type_=DateTime(timezone=True))
_expires_at = bindparam("expires_at", type_=DateTime(timezone=True))
_session_id = bindparam("session_id", type_=Uuid)
_digest = bindparam("digest", type_=LargeBinary)
_next_digest = bindparam("next_digest", type_=LargeBinary)
# Before and after is a question for one clock, the database's: those of workers may differ.
_clock = func.clock_timestamp()


def _text_of(row: Select[Any], name: str) -> Select[Any]:
    return select(cast(json_row(row.subquery(name)), Text))


def _add_token(digest: ColumnElement[bytes], session: Select[Any]) -> Select[Any]:
    """Add a refresh token to the session that is selected; gives the session's id."""
    its_session = session.subquery("its_session")
    token = select(OWNER_ID, digest, its_session.c.id, _now)
    names = ["user_id", "digest", "session_id", "created_at"]
    added = insert(_tokens).from_select(names, token).returning(_tokens.c.session_id)
    return select(added.cte("added").c.session_id)


def opening_statement(*there: Select[Any]) -> Write[UUID | None]:
    """Compile what opens a session where these rows are, and ends expired and surplus ones.

    In transactions that have locked the account, one after the other: never are there more.
    """
    crowded_out = (
        select(_sessions.c.id)
        .where(is_owners(_sessions))
        .order_by(_sessions.c.expires_at.desc(), _sessions.c.id.desc())
        .offset(literal_column(str(MAX_SESSIONS - 1)))
        .correlate(None)
    )
    surplus = or_(_sessions.c.expires_at <= _now, _sessions.c.id.in_(crowded_out))
    ended = delete_owned(Session).where(surplus, *(row.exists() for row in there)).cte("ended")
    values = select(OWNER_ID, _session_id, _now, _expires_at)
    opened = insert(_sessions).from_select(
        ["user_id", "id", "created_at", "expires_at"],
        values.where(*(row.exists() for row in there)),
    )
    session = select(opened.returning(_sessions.c.id).cte("opened").c.id)
    return write_statement(_add_token(_digest, session).add_cte(ended))


_this = select_owned(Session, *json_columns(_sessions, Session))
_GET_SESSION: Read[str | None] = read_statement(
    _text_of(_this.where(_sessions.c.id == _session_id), "session")
)
_its_account = select_owned(Account, *json_columns(_accounts, Account)).subquery("account")
_token = select_owned(RefreshToken, _tokens.c.session_id).where(_tokens.c.digest == _digest)
_FIND_TOKEN: Read[str | None] = read_statement(
    _text_of(
        select(json_row(_its_account).label("account"), _token.scalar_subquery().label("session")),
        "found",
    )
)


def _exchange() -> Write[UUID | None]:
    """Prolong the session, spend one token and add the next; nothing where it was spent.

    The session first, as in all that ends it: in another order they could deadlock.
    """
    prolonged = (
        update_owned(Session)
        .where(_sessions.c.id == _session_id, _sessions.c.expires_at > _now)
        .values(expires_at=_expires_at)
        .returning(_sessions.c.id)
        .cte("prolonged")
    )
    spent = (
        update_owned(RefreshToken)
        .where(_tokens.c.digest == _digest, _tokens.c.spent_at.is_(None))
        .where(select(prolonged.c.id).exists())
        .values(spent_at=_clock)
        .returning(_tokens.c.session_id.label("id"))
        .cte("spent")
    )
    forgotten = (
        delete_owned(RefreshToken)
        .where(_tokens.c.session_id == select(prolonged.c.id).scalar_subquery())
        .where(_tokens.c.spent_at <= bindparam("spent_before", type_=DateTime(timezone=True)))
        .cte("forgotten")
    )
    return write_statement(_add_token(_next_digest, select(spent.c.id)).add_cte(forgotten))


_EXCHANGE = _exchange()
_spent_at = select(_tokens.c.spent_at).where(is_owners(_tokens), _tokens.c.digest == _digest)
_END_FAMILY_OF_REPLAYED: Write[UUID | None] = write_statement(
    delete_owned(Session)
    .where(_sessions.c.id == _session_id)
    .where(_spent_at.scalar_subquery() < _clock - bindparam("grace", type_=Interval))
    .returning(_sessions.c.id)
)
_END_SESSION: Write[None] = write_statement(
    delete_owned(Session).where(_sessions.c.id == _session_id)
)
END_SESSIONS: Write[None] = write_statement(delete_owned(Session))
_OPEN = opening_statement()


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that is open, and the refresh token that prolongs it."""

    session_id: UUID
    refresh_token: str


async def open_session(mine: Handle) -> Opened:
    """Open a session of somebody who may have one, in a transaction."""
    opened = await open_session_if(mine, _OPEN)
    assert opened is not None  # noqa: S101 - it asks for nothing
    return opened


async def open_session_if(
    mine: Handle, statement: Write[UUID | None], **proof: object
) -> Opened | None:
    """Open a session where `opening_statement` finds what it asks for; else None."""
    opened = Opened(uuid7(mine.now), _new_token(mine.identity))
    digest = _digest_of(opened.refresh_token)
    expires_at = mine.now + SESSION_LIFETIME
    found = await mine.run(
        statement,
        **proof,
        session_id=opened.session_id,
        digest=digest,
        now=mine.now,
        expires_at=expires_at,
    )
    return opened if found else None


@dataclass(frozen=True, slots=True)
class Sessions:
    """What is done with sessions, and the tokens that they give."""

    database: Database
    keys: SigningKeys
    access_lifetime: timedelta

    async def refresh(self, token: str) -> Tokens:
        """Exchange a refresh token; RefreshRefusedError, and the session's end, on a replay.

        Of several sent at the same moment one wins and the others are merely refused: a token
        that was spent less than two seconds ago is no replay.
        """
        its_form = _TOKEN.fullmatch(token)
        if its_form is None:
            raise RefreshRefusedError
        mine, digest = self.database.of(Identity(its_form[1])), _digest_of(token)
        # Before the token is spent: what fails later costs the session.
        row = await mine.run(_FIND_TOKEN, digest=digest)
        found = {} if row is None else json.loads(row)
        if not found.get("session"):
            raise RefreshRefusedError
        session_id = UUID(found["session"])
        key = await self.keys.newest()
        successor = await mine.transaction(partial(_exchange_token, digest, session_id), alone=True)
        if successor is None:
            raise RefreshRefusedError
        opened = Opened(session_id, successor)
        return self.tokens_of(key, found["account"], opened, mine.now)

    def tokens_of(
        self, key: ECKey, account: dict[str, Any], opened: Opened, now: datetime
    ) -> Tokens:
        """Make what signing in answers, of an account as the table has it."""
        lifetime = int(self.access_lifetime.total_seconds())
        user_id: str = account["user_id"]
        token = sign(key, user_id, opened.session_id, now.timestamp(), lifetime)
        return Tokens(
            access_token=token,
            token=token,
            expires_in=lifetime,
            refresh_token=opened.refresh_token,
            user_id=user_id,
            user_name=account["name"],
            user=show_account(account),
        )

    async def sign_out(self, mine: Handle, *, everywhere: bool) -> None:
        """End this session, or all of the account; access ends with the next statement."""

        async def steps(mine: TransactionHandle) -> None:
            if everywhere:
                await mine.run(END_SESSIONS)
            else:
                await mine.run(_END_SESSION, session_id=mine.identity.session_id)

        await mine.transaction(steps, alone=True)

    async def get(self, mine: Handle, account: AccountRead) -> SessionRead:
        """Tell who is asking, and since when."""
        session = await mine.run(_GET_SESSION, session_id=mine.identity.session_id)
        if session is None:
            raise UnauthenticatedError
        return SessionRead(**json.loads(session), user=account)


async def _exchange_token(digest: bytes, session_id: UUID, mine: TransactionHandle) -> str | None:
    """Spend a token and give the next; None, and the end of its session, where it is a replay."""
    successor = _new_token(mine.identity)
    if await mine.run(
        _EXCHANGE,
        digest=digest,
        next_digest=_digest_of(successor),
        session_id=session_id,
        now=mine.now,
        expires_at=mine.now + SESSION_LIFETIME,
        spent_before=mine.now - SESSION_LIFETIME,
    ):
        return successor
    await mine.run(_END_FAMILY_OF_REPLAYED, session_id=session_id, digest=digest, grace=GRACE)
    return None


def show_account(account: dict[str, Any]) -> AccountRead:
    """Give what its owner sees of an account, as the table has it."""
    return AccountRead(
        id=account["user_id"], **{k: account[k] for k in ("email", "name", "created_at")}
    )


def _new_token(identity: Identity) -> str:
    return f"{identity.user_id}.{secrets.token_urlsafe(32)}"


def _digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()
