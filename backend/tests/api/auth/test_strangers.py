"""Accounts, sessions and tokens of others: neither read nor changed, by whatever way."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.api.auth.people import JSON, PASSWORD
from tests.databases import run

ACCOUNT = "/api/auth/account"


def account_of(database_url: str, user_id: str) -> list[asyncpg.Record]:
    """All that is kept of an account."""
    kept = []
    for table in ("account", "session", "refresh_token"):
        query = f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE user_id = $1 ORDER BY 1"
        kept += run(database_url, query, user_id)
    return kept


def test_nothing_that_a_stranger_sends_names_another_account(person, stranger, database_url):
    before = account_of(database_url, person.id)
    session = person.get("/api/auth/session").json()
    theirs = {"user_id": person.id, "id": person.id, "sub": person.id, "email": person.email}
    for name, value in {**theirs, "session_id": session["id"]}.items():
        if name != "email":
            assert stranger.change(**{name: value}).status_code == 422
        form = {"current_password": PASSWORD, name: value}
        assert stranger.request("DELETE", ACCOUNT, json=form).status_code == 422
        form = {"everywhere": True, name: value}
        assert stranger.post("/api/auth/sign-out", json=form).status_code == 422
    for path in (f"{ACCOUNT}/{person.id}", f"/api/auth/session/{session['id']}"):
        assert stranger.get(path).status_code == 404
        assert stranger.delete(path).status_code == 404
    for path in ("/api/auth/session", ACCOUNT):
        response = stranger.get(path, params=theirs)
        assert person.id not in response.text
        assert person.email not in response.text
    headers = {**JSON, "X-User-Id": person.id, "X-Forwarded-User": person.id}
    assert stranger.get("/api/auth/session", headers=headers).json()["user"]["id"] == stranger.id
    assert account_of(database_url, person.id) == before


@pytest.mark.usefixtures("no_grace")
def test_whatever_a_stranger_does_to_their_own_changes_no_other(person, stranger, database_url):
    before = account_of(database_url, person.id)
    assert stranger.change(name="Eve", password="another password").status_code == 200
    stranger.sign_in(password="another password").refresh()
    assert stranger.post("/api/auth/sign-out", json={"everywhere": True}).status_code == 204
    stranger.sign_in(password="another password")
    assert stranger.leave("another password").status_code == 204
    assert account_of(database_url, person.id) == before
    assert person.has_access()


# What somebody sees who can run SQL as the server does.

VIEWS = ("my_account", "my_session", "my_refresh_token", "my_task")


@asynccontextmanager
async def looking(url: str, **setting: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for name, value in setting.items():
                await connection.execute("SELECT set_config($1, $2, true)", f"app.{name}", value)
            yield connection
    finally:
        await connection.close()


def seen(url: str, **setting: str) -> dict[str, list[str]]:
    """The owners of what can be seen through each owner view."""

    async def look() -> dict[str, list[str]]:
        async with looking(url, **setting) as connection:
            return {
                view: [row["user_id"] for row in await connection.fetch(f"SELECT * FROM {view}")]
                for view in VIEWS
            }

    return asyncio.run(look())


def test_the_refresh_token_of_another_is_looked_for_among_the_own(person, stranger):
    """Whose it is stands in the token, and counts for nothing but where it is looked for."""
    secret = person.tokens["refresh_token"].partition(".")[2]
    assert stranger.try_to_refresh(f"{stranger.id}.{secret}").status_code == 401
    assert person.has_access()
    assert stranger.has_access()
    assert person.try_to_refresh().status_code == 200


def test_an_address_names_one_account_and_follows_it(person, stranger, database_url):
    def address() -> list[tuple[str, ...]]:
        found = run(database_url, "SELECT * FROM address WHERE account_id = $1", person.id)
        return [tuple(row) for row in found]

    before = person.email
    assert address() == [(before, person.id)]
    new = f"new-{before}"
    assert person.change(email=new).status_code == 200
    assert address() == [(new, person.id)]
    assert person.try_to_sign_in(before).status_code == 401
    assert person.leave().status_code == 204
    assert address() == []


def test_an_identity_finds_its_own_alone(person, stranger, database_url):
    for each in (person, stranger):
        each.create()
        owners = seen(database_url, user_id=each.id)
        assert all(owners.values())
        assert {owner for view in owners.values() for owner in view} == {each.id}


def test_a_row_of_another_cannot_be_given_a_session_or_a_token(person, stranger, database_url):
    """Foreign keys do not look at row security: these hold the owner, too."""

    async def insert(sql: str, *arguments: object) -> None:
        async with looking(database_url, user_id=stranger.id) as connection:
            await connection.execute(sql, *arguments)

    session_id = uuid.UUID(person.get("/api/auth/session").json()["id"])
    token = (
        "INSERT INTO my_refresh_token (user_id, digest, session_id, created_at)"
        " VALUES ($1, $2, $3, now())"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        asyncio.run(insert(token, stranger.id, b"digest", session_id))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(insert(token, person.id, b"digest", session_id))
    session = (
        "INSERT INTO my_session (user_id, id, created_at, expires_at) VALUES ($1, $2, now(), now())"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(insert(session, person.id, uuid.uuid4()))


KEPT_FROM_REQUESTS = ("signing_key", "attempt")


@pytest.mark.parametrize("table", KEPT_FROM_REQUESTS)
def test_no_view_leads_to_the_table_and_the_role_of_the_views_has_no_right_on_it(
    table, database_url
):
    views = run(
        database_url,
        "SELECT DISTINCT view.relname FROM pg_depend"
        " JOIN pg_rewrite ON pg_rewrite.oid = pg_depend.objid"
        " JOIN pg_class AS view ON view.oid = pg_rewrite.ev_class"
        " WHERE pg_depend.refobjid = $1::text::regclass",
        table,
    )
    assert views == []
    keepers = run(
        database_url,
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcanlogin OR rolinherit AS strong"
        " FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE relname = 'my_account'",
    )
    ((keeper, is_strong),) = keepers
    assert re.fullmatch(r"todo_rows_test_\w+", keeper)
    assert not is_strong
    for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        query = "SELECT has_table_privilege($1, $2, $3)"
        assert not run(database_url, query, keeper, table, right)[0][0]
    assert run(database_url, "SELECT relacl FROM pg_class WHERE relname = $1", table)[0][0] is None


@pytest.mark.parametrize("table", KEPT_FROM_REQUESTS)
def test_the_role_of_the_views_cannot_read_the_table(table, database_url):
    (row,) = run(
        database_url, "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'my_task'"
    )

    async def read() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(f"SET ROLE {row[0]}")
            assert await connection.fetch("SELECT * FROM my_task") == []
            await connection.fetch(f"SELECT * FROM {table}")
        finally:
            await connection.close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(read())
