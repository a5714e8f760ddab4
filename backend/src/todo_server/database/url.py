"""Connection URLs in every form that hosts print, as arguments for asyncpg."""

import os
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from todo_server.errors import ConfigurationError

# Parameters that asyncpg would send on as server settings, which the server then refuses; those
# of TCP are for `tcp.py`. It binds no channels: with sslmode=require the connection is still
# encrypted, and SCRAM still proves both sides.
_IGNORED = {
    # libpq
    *("channel_binding", "client_encoding", "fallback_application_name", "gssdelegation"),
    *("gssencmode", "hostaddr", "keepalives", "keepalives_count", "keepalives_idle"),
    *("keepalives_interval", "load_balance_hosts", "max_protocol_version"),
    *("min_protocol_version", "require_auth", "requirepeer", "sslcertmode", "sslcompression"),
    *("sslsni", "tcp_user_timeout"),
    # Prisma and node-postgres
    *("connection_limit", "pgbouncer", "pool_timeout", "schema", "socket_timeout", "sslaccept"),
    *("sslidentity", "statement_cache_size", "uselibpqcompat"),
    # JDBC
    *("channelBinding", "prepareThreshold", "reWriteBatchedInserts", "socketTimeout"),
    *("sslfactory", "tcpKeepAlive"),
    # SQLAlchemy, Doctrine, and the poolers of Supabase on Vercel
    *("prepared_statement_cache_size", "prepared_statements", "charset", "serverVersion"),
    *("supa", "workaround"),
}
_TIMEOUTS = {"connect_timeout", "connection_timeout", "connectTimeout", "loginTimeout"}
_SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
# What Heroku, JDBC and node-postgres write instead.
_SSL_NAMES = {
    **dict.fromkeys(("", "1", "on", "true", "no-verify"), "require"),
    **dict.fromkeys(("0", "off", "false"), "disable"),
}
_HOST = re.compile(r"(?:\[[^\[\]]+\]|[^\[\]:]*)(?::\d{1,5})?")


def connect_arguments(url: str) -> dict[str, Any]:
    """Turn a connection URL into arguments for `asyncpg.connect`.

    Takes `postgres://` and `postgresql://`, with a driver (`postgresql+psycopg2://`) or `jdbc:`
    before it, in quotes or as the whole `psql '…'` command that a console offers for copying.
    Raises ConfigurationError, without repeating the URL (it carries the password).
    """
    try:
        scheme, authority, path, query, fragment = urlsplit(_bare(url))
        parameters = parse_qsl(query, keep_blank_values=True)
    except ValueError:
        scheme = ""
    if scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise ConfigurationError(
            "DATABASE_URL must look like postgresql://user:password@host:5432/database"
            "?sslmode=require (or be unset, for the embedded PostgreSQL)."
        )
    login, at, hosts = authority.rpartition("@")
    names = [name for name, _ in parameters]
    if fragment or "@" in path or not _are_hosts(hosts) or not all(map(_is_name, names)):
        raise ConfigurationError(
            "DATABASE_URL cannot be understood. Characters like # / ? : [ in its password must be "
            "percent-encoded: %23 %2F %3F %3A %5B."
        )
    arguments, kept = _sort_out(parameters)
    authority = login.replace("@", "%40") + at + hosts
    arguments["dsn"] = urlunsplit(("postgresql", authority, path, urlencode(kept), ""))
    return arguments


def parameters_of(url: str) -> dict[str, str]:
    """Give what stands behind the `?` of a URL that `connect_arguments` understands."""
    return dict(parse_qsl(urlsplit(_bare(url)).query, keep_blank_values=True))


def place_of(url: str) -> dict[str, object]:
    """Name host, port and database of such a URL, for people; it has no password then."""
    parts, parameters = urlsplit(_bare(url)), parameters_of(url)
    host = unquote(parts.netloc.rpartition("@")[2])
    port = parameters.get("port", "5432")
    if "," not in host and (found := re.fullmatch(r"(.*):(\d+)", host)):
        host, port = found.groups()
    host = host or parameters.get("host") or os.environ.get("PGHOST", "")
    database = unquote(parts.path[1:]) or parameters.get("dbname") or parameters.get("database")
    return {
        "host": host or None,
        "port": port,
        "database": database or os.environ.get("PGDATABASE"),
    }


def password_of(url: str) -> str | None:
    """Give the password, to be kept out of what is logged."""
    login = urlsplit(_bare(url)).netloc.rpartition("@")[0]
    return unquote(login.partition(":")[2]) or parameters_of(url).get("password")


def _bare(url: str) -> str:
    return re.sub(r"^psql\s+", "", url.strip()).strip("'\"").removeprefix("jdbc:")


def _are_hosts(hosts: str) -> bool:
    return not hosts or all(host and _HOST.fullmatch(host) for host in hosts.split(","))


def _is_name(parameter: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][\w.]*", parameter) is not None


def _sort_out(parameters: list[tuple[str, str]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Give what becomes an argument, and what asyncpg reads from the URL itself."""
    arguments: dict[str, Any] = {}
    kept: dict[str, str] = {}
    for name, value in parameters:
        if name in _TIMEOUTS:
            arguments["timeout"] = _seconds(name, value)
        elif name == "sslmode":
            kept["sslmode"] = _ssl_mode(name, value)
        elif name == "ssl":
            kept.setdefault("sslmode", _ssl_mode(name, value))
        elif name == "port" and not re.fullmatch(r"\d{1,5}(,\d{1,5})*", value):
            raise ConfigurationError("port in DATABASE_URL takes a number.")
        elif name not in _IGNORED:
            kept[name] = value
    if kept.get("sslrootcert") == "system":  # libpq 16: the authorities that the machine trusts
        del kept["sslrootcert"]
        kept.pop("sslmode", None)
        arguments["ssl"] = True  # asyncpg's word for verify-full with these
    return arguments, kept


def _ssl_mode(name: str, value: str) -> str:
    mode = _SSL_NAMES.get(value, value)
    if mode not in _SSL_MODES:
        modes = ", ".join(sorted(_SSL_MODES))
        raise ConfigurationError(f"{name} in DATABASE_URL takes one of: {modes}.")
    return mode


def _seconds(name: str, value: str) -> float:
    if not value.isdecimal():
        raise ConfigurationError(f"{name} in DATABASE_URL takes a whole number of seconds.")
    return float(value) or 60.0
