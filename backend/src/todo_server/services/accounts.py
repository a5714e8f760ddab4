"""Accounts of the server's own: signing up and in, changing one, and its end."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    DateTime,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql

from todo_server.auth import Passwords
from todo_server.database import (
    OWNER_ID,
    Database,
    Handle,
    Read,
    TransactionHandle,
    UniqueViolationError,
    Write,
    delete_owned,
    every_owner_view,
    is_owners,
    json_columns,
    json_row,
    owner_view,
    read_statement,
    select_owned,
    unowned_statement,
    unowned_table,
    update_owned,
    write_statement,
)
from todo_server.domain.identity import Identity
from todo_server.domain.uuid7 import uuid7
from todo_server.errors import (
    EmailTakenError,
    FieldError,
    UnauthenticatedError,
    UnavailableError,
    ValidationFailedError,
    WrongPasswordError,
)
from todo_server.models import (
    Account,
    AccountRead,
    AccountUpdate,
    Address,
    SessionRead,
    SignIn,
    SignUp,
    Tokens,
)
from todo_server.services.dispatching import LEAVE
from todo_server.services.sessions import (
    END_SESSIONS,
    Opened,
    Sessions,
    open_session,
    open_session_if,
    opening_statement,
    show_account,
)
from todo_server.services.sign_in_attempts import SignInAttempts

_NOBODY = "nobody"
"""Whose account is looked for where an email is unknown: as late, and in vain."""

STEP = 5_000
"""Rows that one statement deletes, so that none takes too long, however many there are."""

_accounts, _addresses = owner_view(Account), unowned_table(Address)
_now = bindparam("now", type_=DateTime(timezone=True))
_profile = {name: bindparam(name, type_=Text) for name in ("email", "name", "password_hash")}
# What a password was held against still stands, or it proves nothing any more.
_proven = _accounts.c.password_hash == bindparam("proven_hash", type_=Text)

_FIND = unowned_statement(
    select(_addresses.c.account_id).where(_addresses.c.email == _profile["email"])
)
_own = select_owned(Account, *json_columns(_accounts, Account)).subquery("account")
_GET: Read[str | None] = read_statement(select(cast(json_row(_own), Text)))
# An email that is taken is no error to the database, which would write it to its log.
_address = (
    postgresql.insert(_addresses)
    .from_select(["email", "account_id"], select(_profile["email"], OWNER_ID))
    .on_conflict_do_nothing(index_elements=["email"])
    .returning(_addresses.c.account_id)
    .cte("address")
)
_ADD: Write[str | None] = write_statement(
    insert(_accounts)
    .from_select(
        ["user_id", *_profile, "created_at"],
        select(OWNER_ID, *_profile.values(), _now).select_from(_address),
    )
    .returning(_accounts.c.user_id)
)
_OPEN_IF_PROVEN = opening_statement(
    select(_accounts.c.user_id).where(is_owners(_accounts), _proven)
)
_CHANGE_HASH: Write[str | None] = write_statement(
    update_owned(Account)
    .where(_proven)
    .values(password_hash=_profile["password_hash"])
    .returning(_accounts.c.password_hash)
)
_changed = (
    update_owned(Account)
    .where(_proven)
    .values({name: func.coalesce(value, _accounts.c[name]) for name, value in _profile.items()})
    .returning(*json_columns(_accounts, Account))
    .cte("changed")
)
_UPDATE: Write[str | None] = write_statement(select(cast(json_row(_changed), Text)))


def _delete_some(rows: Table) -> Write[int]:
    """Delete rows whose changes are logged, which takes its time; give how many."""
    step = literal_column(str(STEP), Integer)
    first = select(rows.c.id).where(is_owners(rows)).order_by(rows.c.id).limit(step).cte("first")
    last = select(first.c.id).order_by(first.c.id.desc()).limit(literal_column("1"))
    those = delete(rows).where(is_owners(rows), rows.c.id <= last.scalar_subquery())
    deleted = those.returning(rows.c.id).cte("deleted")
    return write_statement(select(func.count()).select_from(deleted))


# The log after those that write into it.
_LOGGED = [rows for rows in every_owner_view() if "version" in rows.c]
_DELETE_SOME: list[Write[int]] = [_delete_some(rows) for rows in _LOGGED]
_DELETE_REST: list[Write[None]] = [
    write_statement(delete(rows).where(is_owners(rows)))
    for rows in every_owner_view()
    if "version" not in rows.c
]
_DELETE: Write[str | None] = write_statement(
    delete_owned(Account).where(_proven).returning(_accounts.c.user_id)
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts, and what is needed to let people in.

    `client_address` is where a request comes from, as far as the network tells.
    """

    database: Database
    passwords: Passwords
    attempts: SignInAttempts
    sessions: Sessions

    async def sign_up(self, client_address: str, form: SignUp) -> Tokens:
        """Make an account and its first session; EmailTakenError if there is one already.

        Without a mailbox to write to, this cannot be kept from whoever asks: the answer carries
        the tokens. Asking is limited per client address.
        """
        await self.attempts.admit(client_address)
        password_hash = await self.passwords.hash(form.password)
        key = await self.sessions.keys.newest()
        mine = self.database.of(Identity(uuid7(self.database.now()).hex))
        profile = {"email": form.email, "name": form.name, "password_hash": password_hash}

        async def steps(mine: TransactionHandle) -> Opened:
            if not await mine.run(_ADD, **profile, now=mine.now):
                raise EmailTakenError
            return await open_session(mine)

        opened = await mine.transaction(steps, alone=True)
        with suppress(UnavailableError):  # the account is there
            await self.attempts.remember(client_address, form.email)
        account = {"user_id": mine.identity.user_id, **profile, "created_at": mine.now}
        return self.sessions.tokens_of(key, account, opened, mine.now)

    async def sign_in(self, client_address: str, form: SignIn) -> Tokens:
        """Open a session; WrongPasswordError alike, and as late, for an unknown email."""
        await self.attempts.admit(client_address, form.email)
        account = await self._find(form.email)
        known = account["password_hash"] if account else None
        is_right = await self._guess(client_address, form.email, known, form.password)
        if not is_right or account is None:
            raise WrongPasswordError
        better_hash = None
        if self.passwords.is_outdated(account["password_hash"]):
            better_hash = await self.passwords.hash_again(form.password)
        key = await self.sessions.keys.newest()

        async def steps(mine: TransactionHandle) -> Opened:
            opened = await open_session_if(mine, _OPEN_IF_PROVEN, proven_hash=known)
            if opened is None:
                raise WrongPasswordError  # since a moment ago
            if better_hash is not None:
                await mine.run(_CHANGE_HASH, proven_hash=known, password_hash=better_hash)
            return opened

        mine = self.database.of(Identity(account["user_id"]))
        opened = await mine.transaction(steps, alone=True)
        return self.sessions.tokens_of(key, account, opened, mine.now)

    async def get_account(self, mine: Handle) -> AccountRead:
        """Give the account of who is asking."""
        return show_account(await _account_of(mine))

    async def get_session(self, mine: Handle) -> SessionRead:
        """Tell who is asking, and since when."""
        return await self.sessions.get(mine, await self.get_account(mine))

    async def update(
        self, mine: Handle, client_address: str, change: AccountUpdate
    ) -> tuple[AccountRead, Tokens | None]:
        """Change name, email or password; a new password ends all sessions and opens a new one.

        ValidationFailedError if the current password is wrong, EmailTakenError as at signing up.
        """
        proven_hash = await self._prove(mine, client_address, change.current_password)
        if change.email:
            # As signing up: it tells whether one is taken.
            await self.attempts.admit(client_address)
            # Asked beforehand for the same reason as in _ADD; below, two may still meet.
            found = await self.database.fetch(_FIND, email=change.email)
            if found and found[0]["account_id"] != mine.identity.user_id:
                raise EmailTakenError
        new_hash = await self.passwords.hash(change.password) if change.password else None
        key = await self.sessions.keys.newest()
        profile = {"email": change.email, "name": change.name, "password_hash": new_hash}

        async def steps(mine: TransactionHandle) -> tuple[dict[str, Any], Opened | None]:
            changed = await mine.run(_UPDATE, proven_hash=proven_hash, **profile)
            account = _ended_if_none(changed)
            if new_hash is None:
                return account, None
            await mine.run(END_SESSIONS)
            return account, await open_session(mine.without_session())

        try:
            account, opened = await mine.transaction(steps, alone=True)
        except UniqueViolationError as error:
            raise EmailTakenError from error
        tokens = self.sessions.tokens_of(key, account, opened, mine.now) if opened else None
        return show_account(account), tokens

    async def delete(self, mine: Handle, client_address: str, password: str) -> None:
        """Delete everything of the user in one transaction; ValidationFailedError as above."""
        proven_hash = await self._prove(mine, client_address, password)

        async def steps(mine: TransactionHandle) -> None:
            # And with it sessions and refresh tokens.
            if not await mine.run(_DELETE, proven_hash=proven_hash):
                raise UnauthenticatedError
            for some in _DELETE_SOME:
                while await mine.run(some) == STEP:
                    pass
            for rest in (*_DELETE_REST, LEAVE):
                await mine.run(rest)

        await mine.transaction(steps, alone=True)

    async def _find(self, email: str) -> dict[str, Any] | None:
        """Find an account by its email, in as many round trips whether it is there or not."""
        found = await self.database.fetch(_FIND, email=email)
        user_id = found[0]["account_id"] if found else _NOBODY
        account = await self.database.of(Identity(user_id)).run(_GET)
        return None if account is None else json.loads(account)

    async def _prove(self, mine: Handle, client_address: str, password: str) -> str:
        account = await _account_of(mine)
        known: str = account["password_hash"]
        await self.attempts.admit(client_address, account["email"])
        if not await self._guess(client_address, account["email"], known, password):
            message = "This is not the present password"
            raise ValidationFailedError.of(FieldError("current_password", "wrong", message))
        return known

    async def _guess(
        self, client_address: str, email: str, known: str | None, password: str
    ) -> bool:
        """Tell whether a password is right; the attempt is counted, and stays so if it is not."""
        try:
            is_right = await self.passwords.verify(known, password)
        except UnavailableError:
            await self.attempts.withdraw(client_address, email)  # nobody has learnt anything
            raise
        if is_right:
            await self.attempts.succeeded(client_address, email)
        return is_right


async def _account_of(mine: Handle) -> dict[str, Any]:
    return _ended_if_none(await mine.run(_GET))


def _ended_if_none(row: str | None) -> dict[str, Any]:
    if row is None:
        raise UnauthenticatedError
    found: dict[str, Any] = json.loads(row)
    return found
