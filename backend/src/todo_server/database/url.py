"""Connection URLs in every form that hosts print, as arguments for asyncpg."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from todo_server.errors import ConfigurationError

# Parameters of libpq, Prisma and others that asyncpg would send on as server settings, which the
# server then refuses. asyncpg binds no channels: with sslmode=require the connection is still
# encrypted, and SCRAM still proves both sides.
_IGNORED = {
    "channel_binding",
    "connection_limit",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "pgbouncer",
    "pool_timeout",
    "prepared_statements",
    "schema",
    "sslaccept",
    "sslcompression",
    "statement_cache_size",
    "uselibpqcompat",
}


def connect_arguments(url: str) -> dict[str, Any]:
    """Turn a connection URL into arguments for `asyncpg.connect`.

    Takes `postgres://` and `postgresql://`, with a driver (`postgresql+psycopg2://`) or `jdbc:`
    before it, in quotes or as the whole `psql '…'` command that a console offers for copying.
    Raises ConfigurationError, without repeating the URL (it carries the password).
    """
    url = re.sub(r"^psql\s+", "", url.strip()).strip("'\"").removeprefix("jdbc:")
    try:
        scheme, authority, path, query, _ = urlsplit(url)
        parameters = parse_qsl(query, keep_blank_values=True)
    except ValueError:
        scheme = ""
    if scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise ConfigurationError(
            "DATABASE_URL must look like postgresql://user:password@host:5432/database"
            "?sslmode=require (or be unset, for the embedded PostgreSQL)."
        )
    arguments: dict[str, Any] = {}
    kept = []
    for name, value in parameters:
        if name in ("connect_timeout", "connection_timeout"):
            arguments["timeout"] = _seconds(name, value)
        elif name == "ssl":  # Heroku and JDBC print ssl=true
            kept.append(("sslmode", "require" if value in ("true", "1", "") else value))
        elif name not in _IGNORED:
            kept.append((name, value))
    arguments["dsn"] = urlunsplit(("postgresql", authority, path, urlencode(kept), ""))
    return arguments


def _seconds(name: str, value: str) -> float:
    if not value.isdecimal():
        raise ConfigurationError(f"{name} in DATABASE_URL takes a whole number of seconds.")
    return float(value) or 60.0
