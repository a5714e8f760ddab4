"""Accounts of the server's own: signing up and in, sessions, and their end."""

import asyncio
import contextlib
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey
from sqlalchemy import (
    DateTime,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from todo_server.auth import LIFETIME, Passwords, sign
from todo_server.database import (
    Database,
    Transaction,
    UniqueViolationError,
    compiled,
    delete_mine,
    finding,
    insert_mine,
    is_mine,
    json_columns,
    json_of_changed,
    json_row,
    mine,
    reading,
    select_mine,
    update_mine,
)
from todo_server.domain.identity import Identity
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import (
    EmailTakenError,
    FieldError,
    RefreshRefusedError,
    UnauthenticatedError,
    UnavailableError,
    ValidationFailedError,
    WrongPasswordError,
)
from todo_server.models import (
    Account,
    AccountRead,
    AccountUpdate,
    RefreshToken,
    Session,
    SessionRead,
    SignIn,
    SignUp,
    Task,
    Tokens,
)
from todo_server.services.attempts import SignInAttempts
from todo_server.services.signing_keys import SigningKeys

SESSION_LIFETIME = timedelta(days=30)
"""How long a session lasts after it was last refreshed."""

MAX_SESSIONS = 50
"""Sessions of an account; a further sign-in ends the one that was refreshed longest ago."""

GATHERING = 0.5
"""Seconds that a refresh waits, so that others sent at the same moment have arrived.

Twenty clients on a busy machine need half of it to be started.
"""

_accounts, _sessions, _tokens = mine(Account), mine(Session), mine(RefreshToken)
_now = bindparam("now", type_=DateTime(timezone=True))
_expires_at = bindparam("expires_at", type_=DateTime(timezone=True))
_session_id = bindparam("session_id", type_=Uuid)
_digest = bindparam("digest", type_=LargeBinary)
_profile = {name: bindparam(name, type_=Text) for name in ("email", "name", "password_hash")}
# What a password was held against still stands, or it proves nothing any more.
_proven = _accounts.c.password_hash == bindparam("proven_hash", type_=Text)

_FIND_ACCOUNT = compiled(finding(Account, json_columns(_accounts, Account)))
# Before and after is a question for one clock, the database's: those of workers may differ.
_arrived_at = func.clock_timestamp().label("arrived_at")
_FIND_TOKEN = compiled(
    finding(RefreshToken, [_tokens.c.user_id, _tokens.c.session_id, _arrived_at])
)
_own = select_mine(Account, *json_columns(_accounts, Account)).subquery("account")
_GET_ACCOUNT = compiled(reading(select(cast(json_row(_own), Text))))
_this = select_mine(Session, *json_columns(_sessions, Session)).where(_sessions.c.id == _session_id)
_GET_SESSION = compiled(reading(select(cast(json_row(_this.subquery("session")), Text))))
# An address that is taken is no error to the database, which would write it to its log.
_ADD_ACCOUNT = compiled(
    insert_mine(Account, {**_profile, "created_at": _now})
    .on_conflict_do_nothing(index_elements=["email"])
    .returning(_accounts.c.user_id)
)
_ADD_SESSION = compiled(
    insert_mine(
        Session, {"id": _session_id, "created_at": _now, "expires_at": _expires_at}
    ).returning(_sessions.c.id)
)
_ADD_TOKEN = compiled(
    insert_mine(
        RefreshToken, {"digest": _digest, "session_id": _session_id, "created_at": _now}
    ).returning(_tokens.c.session_id)
)
_SPEND_TOKEN = compiled(
    update_mine(RefreshToken)
    .where(_tokens.c.digest == _digest, _tokens.c.spent_at.is_(None))
    .values(spent_at=func.clock_timestamp())
    .returning(_tokens.c.session_id)
)
_PROLONG_SESSION = compiled(
    update_mine(Session)
    .where(_sessions.c.id == _session_id, _sessions.c.expires_at > _now)
    .values(expires_at=_expires_at)
    .returning(_sessions.c.id)
)
_spent = delete_mine(Session).where(
    _sessions.c.id == _session_id,
    select(_tokens.c.spent_at < _now)
    .where(is_mine(RefreshToken), _tokens.c.digest == _digest)
    .scalar_subquery(),
)
_END_FAMILY_OF_REPLAYED = compiled(_spent.returning(_sessions.c.id))
_END_SESSION = compiled(delete_mine(Session).where(_sessions.c.id == _session_id))
_END_SESSIONS = compiled(delete_mine(Session))
_crowded_out = (
    select(_sessions.c.id)
    .where(is_mine(Session))
    .order_by(_sessions.c.expires_at.desc(), _sessions.c.id.desc())
    .offset(literal_column(str(MAX_SESSIONS - 1)))
    .correlate(None)
)
_MAKE_ROOM = compiled(
    delete_mine(Session).where(
        or_(_sessions.c.expires_at <= _now, _sessions.c.id.in_(_crowded_out))
    )
)
_FORGET_SPENT = compiled(
    delete_mine(RefreshToken).where(
        _tokens.c.session_id == _session_id,
        _tokens.c.spent_at <= bindparam("spent_before", type_=DateTime(timezone=True)),
    )
)
_UPDATE_ACCOUNT = compiled(
    json_of_changed(
        update_mine(Account)
        .where(_proven)
        .values(
            {name: func.coalesce(value, _accounts.c[name]) for name, value in _profile.items()}
        ),
        json_columns(_accounts, Account),
    )
)
_DELETE_TASKS = compiled(delete_mine(Task))
_DELETE_ACCOUNT = compiled(delete_mine(Account).where(_proven).returning(_accounts.c.user_id))


@dataclass(frozen=True, slots=True)
class Reception:
    """What is needed to let people in."""

    database: Database
    passwords: Passwords
    keys: SigningKeys
    attempts: SignInAttempts


async def sign_up(reception: Reception, address: str, form: SignUp) -> Tokens:
    """Make an account and its first session; EmailTakenError if there is one already.

    Without a mailbox to write to, this cannot be kept from whoever asks: the answer carries the
    tokens. Asking is limited per address.
    """
    await reception.attempts.admit(address)
    password_hash = await reception.passwords.hash(form.password)
    key = await reception.keys.newest()
    now = datetime.now(UTC)
    user_id = uuid7(now).hex

    async def steps(transaction: Transaction) -> tuple[UUID, str]:
        if not await transaction.run(
            _ADD_ACCOUNT, email=form.email, name=form.name, password_hash=password_hash, now=now
        ):
            raise EmailTakenError
        return await _open_session(transaction, now)

    session = await reception.database.transaction(Identity(user_id), steps)
    with contextlib.suppress(UnavailableError):  # the account is there
        await reception.attempts.remember(address, form.email)
    account = {"user_id": user_id, "email": form.email, "name": form.name, "created_at": now}
    return _tokens_of(key, account, *session)


async def sign_in(reception: Reception, address: str, form: SignIn) -> Tokens:
    """Open a session; WrongPasswordError alike, and as late, for an unknown address."""
    await reception.attempts.admit(address, form.email)
    account = await reception.database.find(_FIND_ACCOUNT, form.email)
    known = account["password_hash"] if account else None
    is_right = await _guess(reception, address, form.email, known, form.password)
    if not is_right or account is None:
        raise WrongPasswordError
    better_hash = None
    if reception.passwords.is_outdated(account["password_hash"]):
        better_hash = await reception.passwords.hash_again(form.password)
    key = await reception.keys.newest()
    now = datetime.now(UTC)

    async def steps(transaction: Transaction) -> tuple[UUID, str]:
        if not await transaction.run(
            _UPDATE_ACCOUNT, proven_hash=known, email=None, name=None, password_hash=better_hash
        ):
            raise WrongPasswordError  # since a moment ago
        # One after the other, as each has locked the account: never are there more.
        await transaction.run(_MAKE_ROOM, now=now)
        return await _open_session(transaction, now)

    session = await reception.database.transaction(Identity(account["user_id"]), steps)
    return _tokens_of(key, account, *session)


async def refresh(reception: Reception, token: str) -> Tokens:
    """Exchange a refresh token; RefreshRefusedError, and the end of its session, on a replay.

    Of several sent at the same moment (the tabs of a browser) one wins and the others are merely
    refused: they arrived before the token was spent, which a replay does not.
    """
    digest = sha256(token.encode()).digest()
    found = await reception.database.find(_FIND_TOKEN, digest)
    if found is None:
        raise RefreshRefusedError
    await asyncio.sleep(GATHERING)
    identity, session_id = Identity(found["user_id"]), UUID(found["session_id"])
    arrived_at = datetime.fromisoformat(found["arrived_at"])
    # Before the token is spent: what fails later costs the session.
    account = await reception.database.read(identity, _GET_ACCOUNT)
    key = await reception.keys.newest()

    async def steps(transaction: Transaction) -> str | None:
        now = datetime.now(UTC)
        # The session first, as in all that ends it: in another order they could deadlock.
        if not await transaction.run(
            _PROLONG_SESSION, session_id=session_id, now=now, expires_at=now + SESSION_LIFETIME
        ):
            return None
        if not await transaction.run(_SPEND_TOKEN, digest=digest):
            await transaction.run(
                _END_FAMILY_OF_REPLAYED, session_id=session_id, digest=digest, now=arrived_at
            )
            return None
        await transaction.run(
            _FORGET_SPENT, session_id=session_id, spent_before=now - SESSION_LIFETIME
        )
        return await _add_token(transaction, session_id, now)

    successor = await reception.database.transaction(identity, steps)
    if successor is None:
        raise RefreshRefusedError
    return _tokens_of(key, json.loads(account), session_id, successor)


async def sign_out(identity: Identity, reception: Reception, *, everywhere: bool) -> None:
    """End this session, or all of the account; access ends with the next statement."""
    statement = _END_SESSIONS if everywhere else _END_SESSION

    async def steps(transaction: Transaction) -> None:
        await transaction.run(statement, session_id=identity.session_id)

    await reception.database.transaction(identity, steps)


async def get_session(identity: Identity, reception: Reception) -> SessionRead:
    """Tell who is asking, and since when."""
    account = await _account(reception, identity)
    session = await reception.database.read(identity, _GET_SESSION, session_id=identity.session_id)
    return SessionRead(**_ended_if_none(session), user=_shown(account))


async def update_account(
    identity: Identity, reception: Reception, address: str, change: AccountUpdate
) -> tuple[AccountRead, Tokens | None]:
    """Change name, address or password; a new password ends all sessions and opens a new one.

    ValidationFailedError if the current password is wrong, EmailTakenError as at signing up.
    """
    proven_hash = await _prove(identity, reception, address, change.current_password)
    if change.email:
        await reception.attempts.admit(address)  # as signing up: it tells whether one is taken
        # Asked beforehand for the same reason as in _ADD_ACCOUNT; below, two may still meet.
        found = await reception.database.find(_FIND_ACCOUNT, change.email)
        if found and found["user_id"] != identity.user_id:
            raise EmailTakenError
    password_hash = await reception.passwords.hash(change.password) if change.password else None
    key = await reception.keys.newest()
    now = datetime.now(UTC)

    async def steps(transaction: Transaction) -> tuple[dict[str, Any], tuple[UUID, str] | None]:
        changed = _ended_if_none(
            await transaction.run(
                _UPDATE_ACCOUNT,
                proven_hash=proven_hash,
                email=change.email,
                name=change.name,
                password_hash=password_hash,
            )
        )
        if password_hash is None:
            return changed, None
        await transaction.run(_END_SESSIONS)
        return changed, await _open_session(transaction.without_session(), now)

    try:
        account, session = await reception.database.transaction(identity, steps)
    except UniqueViolationError as error:
        raise EmailTakenError from error
    tokens = _tokens_of(key, account, *session) if session else None
    return _shown(account), tokens


async def delete_account(
    identity: Identity, reception: Reception, address: str, password: str
) -> None:
    """Delete everything of the user in one transaction; ValidationFailedError as above."""
    proven_hash = await _prove(identity, reception, address, password)

    async def steps(transaction: Transaction) -> None:
        # And with it sessions and refresh tokens.
        if not await transaction.run(_DELETE_ACCOUNT, proven_hash=proven_hash):
            raise UnauthenticatedError
        await transaction.run(_DELETE_TASKS)

    await reception.database.transaction(identity, steps)


async def _prove(identity: Identity, reception: Reception, address: str, password: str) -> str:
    account = await _account(reception, identity)
    known: str = account["password_hash"]
    await reception.attempts.admit(address, account["email"])
    if not await _guess(reception, address, account["email"], known, password):
        message = "This is not the present password"
        details = (FieldError("current_password", "wrong", message),)
        raise ValidationFailedError(f"current_password: {message}.", details=details)
    return known


async def _guess(
    reception: Reception, address: str, email: str, known: str | None, password: str
) -> bool:
    """Tell whether a password is right; the attempt has been counted, and stays so if it is not."""
    try:
        is_right = await reception.passwords.verify(known, password)
    except UnavailableError:
        await reception.attempts.withdraw(address, email)  # nobody has learnt anything
        raise
    if is_right:
        await reception.attempts.succeeded(address, email)
    return is_right


async def _account(reception: Reception, identity: Identity) -> dict[str, Any]:
    return _ended_if_none(await reception.database.read(identity, _GET_ACCOUNT))


def _ended_if_none(row: str | bytes | None) -> dict[str, Any]:
    if row is None:
        raise UnauthenticatedError
    found: dict[str, Any] = json.loads(row)
    return found


async def _open_session(transaction: Transaction, now: datetime) -> tuple[UUID, str]:
    session_id = uuid7(now)
    expires_at = now + SESSION_LIFETIME
    await transaction.run(_ADD_SESSION, session_id=session_id, now=now, expires_at=expires_at)
    return session_id, await _add_token(transaction, session_id, now)


async def _add_token(transaction: Transaction, session_id: UUID, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    digest = sha256(token.encode()).digest()
    await transaction.run(_ADD_TOKEN, digest=digest, session_id=session_id, now=now)
    return token


def _tokens_of(key: ECKey, account: dict[str, Any], session_id: UUID, refresh_token: str) -> Tokens:
    return Tokens(
        access_token=sign(key, account["user_id"], session_id, time.time()),
        expires_in=LIFETIME,
        refresh_token=refresh_token,
        user_id=account["user_id"],
        user_name=account["name"],
        user=_shown(account),
    )


def _shown(account: dict[str, Any]) -> AccountRead:
    return AccountRead(
        id=account["user_id"], **{k: account[k] for k in ("email", "name", "created_at")}
    )
