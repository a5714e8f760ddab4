"""DATABASE_URL in every form that hosts print becomes arguments that asyncpg accepts."""

import asyncio
import ssl
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from asyncpg.connect_utils import (  # type: ignore[attr-defined]  # its stub has no such name
    SSLMode,
    _parse_connect_dsn_and_args,
)

from tests.databases import run
from todo_server.database.tcp import TCPOptions
from todo_server.database.url import connect_arguments, parameters_of, password_of, place_of
from todo_server.errors import ConfigurationError

PASSWORD = "npg_s3cr3t"
NEON = "ep-cool-rain-a1b2c3.us-east-2.aws.neon.tech"
POOLER = "ep-cool-rain-a1b2c3-pooler.us-east-2.aws.neon.tech"
TAIL = "sslmode=require&channel_binding=require"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    """What libpq's variables and files in the home directory would add."""
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSSLMODE", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


class Target(NamedTuple):
    """Where asyncpg would go, and as whom."""

    addresses: list[Any]
    user: str
    password: str | None
    database: str
    mode: SSLMode
    settings: dict[str, str] | None
    tls: ssl.SSLContext | None


def target(url: str) -> Target:
    arguments: dict[str, Any] = dict.fromkeys(
        ("host", "port", "user", "password", "passfile", "database", "ssl", "service")
    )
    arguments |= dict.fromkeys(
        ("servicefile", "direct_tls", "server_settings", "target_session_attrs", "krbsrvname")
    )
    arguments |= {"gsslib": None} | connect_arguments(url)
    arguments.pop("timeout", None)
    addresses, found = _parse_connect_dsn_and_args(**arguments)
    return Target(
        addresses,
        found.user,
        found.password,
        found.database,
        found.sslmode,
        found.server_settings,
        found.ssl,
    )


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}",
        f"postgres://alex:{PASSWORD}@{NEON}/neondb?{TAIL}",
        f"postgres://alex:{PASSWORD}@{NEON}:5432/neondb?sslmode=require",
        f"postgresql+asyncpg://alex:{PASSWORD}@{NEON}/neondb?ssl=require",
        f"postgresql+psycopg2://alex:{PASSWORD}@{NEON}/neondb?{TAIL}",
        f"postgresql+psycopg://alex:{PASSWORD}@{NEON}/neondb?{TAIL}",
        f"POSTGRESQL://alex:{PASSWORD}@{NEON}/neondb?{TAIL}",
        f"psql 'postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}'",
        f'psql "postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}"',
        f"psql postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}",
        f"'postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}'",
        f'"postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}"',
        f"  postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}\n",
        (
            f"jdbc:postgresql://{NEON}/neondb?user=alex&password={PASSWORD}&sslmode=require"
            "&channelBinding=require"
        ),
        f"postgresql://alex:{PASSWORD}@{NEON}/neondb?{TAIL}&connect_timeout=15",
        # Heroku; node-postgres on Heroku; Prisma; Supabase on Vercel; Doctrine; SQLAlchemy
        f"postgres://alex:{PASSWORD}@{NEON}:5432/neondb?ssl=true",
        f"postgres://alex:{PASSWORD}@{NEON}:5432/neondb?sslmode=no-verify",
        (
            f"postgresql://alex:{PASSWORD}@{NEON}/neondb?sslmode=require&pgbouncer=true"
            "&connection_limit=1&connect_timeout=10&pool_timeout=10&schema=public"
        ),
        f"postgres://alex:{PASSWORD}@{NEON}/neondb?sslmode=require&supa=base-pooler.x",
        f"postgresql://alex:{PASSWORD}@{NEON}/neondb?sslmode=require&charset=utf8&serverVersion=16",
        (
            f"postgresql+asyncpg://alex:{PASSWORD}@{NEON}/neondb?ssl=require"
            "&prepared_statement_cache_size=0"
        ),
        (
            f"postgresql://alex:{PASSWORD}@{NEON}/neondb?sslmode=require&gssencmode=disable"
            "&keepalives=1&keepalives_idle=30&target_session_attrs=read-write"
        ),
    ],
)
def test_every_form_that_a_host_prints_leads_to_the_same_place(url):
    found = target(url)
    assert found[:4] == ([(NEON, 5432)], "alex", PASSWORD, "neondb")
    assert found.mode is SSLMode.require
    assert not found.settings
    assert found.tls is not None


def test_a_pooled_host_is_used_as_it_stands():
    assert target(f"postgresql://alex:{PASSWORD}@{POOLER}/neondb?{TAIL}").addresses == [
        (POOLER, 5432)
    ]


def test_neons_endpoint_option_reaches_the_server():
    option = "options=endpoint%3Dep-cool-rain-a1b2c3"
    found = target(f"postgresql://alex:{PASSWORD}@{NEON}/neondb?{option}&sslmode=require")
    assert found.settings == {"options": "endpoint=ep-cool-rain-a1b2c3"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("p%40ss%2Fw%3Ard%23%3F", "p@ss/w:rd#?"),
        ("p@ss", "p@ss"),  # as it stands in Azure's user names; a host has no such character
        ("100%25", "100%"),
        ("a+b", "a+b"),
        ("%C3%BC", "ü"),
        ("it's", "it's"),
    ],
)
def test_a_password_is_read_as_it_is_meant(written, meant):
    found = target(f"postgresql://alex:{written}@example.org/todo")
    assert (found.user, found.password, found.addresses) == ("alex", meant, [("example.org", 5432)])


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("postgresql://u@[::1]:6543/todo", [("::1", 6543)]),
        ("postgresql://u@[2001:db8::7]/todo", [("2001:db8::7", 5432)]),
        ("postgresql://u@/todo?host=/run/pg", ["/run/pg/.s.PGSQL.5432"]),
        ("postgresql:///todo?host=/run/pg&port=6543&user=u", ["/run/pg/.s.PGSQL.6543"]),
        ("postgresql://u@%2Frun%2Fpg/todo", ["/run/pg/.s.PGSQL.5432"]),
        (
            "postgresql://u@/todo?host=/cloudsql/project:region:name",
            ["/cloudsql/project:region:name/.s.PGSQL.5432"],
        ),
        ("postgresql://u@a.example:1,b.example:2/todo", [("a.example", 1), ("b.example", 2)]),
        ("postgresql://u@localhost:5433/todo", [("localhost", 5433)]),
    ],
)
def test_every_kind_of_address_is_understood(url, addresses):
    found = target(url)
    assert (found.addresses, found.user, found.database) == (addresses, "u", "todo")


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        ("sslmode=disable", SSLMode.disable),
        ("sslmode=allow", SSLMode.allow),
        ("sslmode=prefer", SSLMode.prefer),
        ("", SSLMode.prefer),
        ("ssl=false", SSLMode.disable),
        ("ssl=0", SSLMode.disable),
        ("ssl", SSLMode.require),
        ("ssl=1", SSLMode.require),
        ("sslmode=verify-full&sslrootcert=system", SSLMode.verify_full),
        ("ssl=true&sslmode=verify-full&sslrootcert=system", SSLMode.verify_full),
        ("sslrootcert=system", SSLMode.verify_full),
    ],
)
def test_encryption_is_as_strict_as_it_was_asked_for(query, mode):
    found = target(f"postgresql://u@example.org/todo?{query}")
    assert found.mode is mode
    if mode is SSLMode.verify_full:
        assert found.tls is not None
        assert found.tls.check_hostname
        assert found.tls.verify_mode is ssl.CERT_REQUIRED


def test_ssl_true_does_not_loosen_a_stricter_sslmode():
    url = "postgresql://u@example.org/todo?sslmode=verify-full&ssl=true"
    with pytest.raises(asyncpg.InterfaceError, match=r"root\.crt"):
        target(url)


@pytest.mark.parametrize(
    ("value", "seconds"), [("connect_timeout=7", 7.0), ("connect_timeout=0", 60.0)]
)
def test_the_time_to_connect_is_taken_over(value, seconds):
    assert connect_arguments(f"postgresql://u@h/d?{value}")["timeout"] == seconds


@pytest.mark.parametrize(
    "url",
    [
        "",
        "todo",
        "mysql://u:{}@h/d",
        "sqlite:///todo.db",
        "https://u:{}@h/d",
        "Host=h;Username=u;Password={}",
        "postgresql://u:[{}]@h/d",
        "postgresql://u:#{}@h/d",
        "postgresql://u:1#{}@h/d",
        "postgresql://u:/{}@h/d",
        "postgresql://u:1/{}@h/d",
        "postgresql://u:?{}@h/d",
        "postgresql://u:1?{}@h/d",
        "postgresql://u:{}@h:port/d",
        "postgresql://u:{}@h:1:2/d",
        "postgresql://u:{}@h,/d",
        "postgresql://u:{}@[::1/d",
        "postgresql://u:{}@h/d?port=high",
        "postgresql://u:{}@h/d?sslmode=maybe",
        "postgresql://u:{}@h/d?connect_timeout=soon",
        "postgresql://u:{}@h/d?connect_timeout=-1",
    ],
)
def test_what_cannot_be_understood_is_refused_without_repeating_the_password(url):
    with pytest.raises(ConfigurationError) as refused:
        connect_arguments(url.format(PASSWORD))
    assert "DATABASE_URL" in refused.value.message
    assert PASSWORD not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def connected_to(url: str) -> str:
    async def ask() -> str:
        connection = await asyncpg.connect(**connect_arguments(url))
        try:
            name: str = await connection.fetchval("SELECT current_database()")
            return name
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "psql '{}&channel_binding=require'",
        "{}&pgbouncer=true&connection_limit=1&connect_timeout=10",
        "{}&options=-c%20search_path%3Dpublic",
        "{}&application_name=todo",
    ],
)
def test_what_became_of_it_connects(form, database_url):
    name = run(database_url, "SELECT current_database() AS name")[0]["name"]
    assert connected_to(form.format(database_url)) == name


def test_a_unix_socket_as_the_host_connects(database_url):
    parts = urlsplit(database_url)
    directory = Path(parse_qs(parts.query)["host"][0])
    as_host = str(directory).replace("/", "%2F")
    assert connected_to(f"postgres://postgres@{as_host}{parts.path}") == parts.path[1:]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://u:{}@db.example/todo", ("db.example", "5432", "todo")),
        ("psql 'postgres://u:{}@db.example:6543/to%20do'", ("db.example", "6543", "to do")),
        ("postgresql://u:{}@[2001:db8::7]:7/todo", ("[2001:db8::7]", "7", "todo")),
        ("postgresql://u@/todo?host=/run/pg&port=7&password={}", ("/run/pg", "7", "todo")),
        ("postgresql://u:{}@a:1,b:2/todo", ("a:1,b:2", "5432", "todo")),
        ("jdbc:postgresql://h/?user=u&password={}&dbname=todo", ("h", "5432", "todo")),
    ],
)
def test_the_place_is_named_without_the_password(url, place):
    assert tuple(place_of(url.format(PASSWORD)).values()) == place
    assert password_of(url.format(PASSWORD)) == PASSWORD


@pytest.mark.parametrize("said", ["keepalives_idle=soon", "tcp_user_timeout=-1", "keepalives="])
def test_a_time_to_give_up_that_is_no_number_is_refused(said):
    with pytest.raises(ConfigurationError, match=said.partition("=")[0]):
        TCPOptions.of(parameters_of(f"postgresql://u@h/d?{said}"))
