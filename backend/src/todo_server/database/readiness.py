"""What a database must prove before a request may use it: its schema, and that it isolates."""

from importlib.resources import files
from typing import Any
from uuid import uuid4

import asyncpg
from sqlmodel import SQLModel

from todo_server.errors import HOW_TO_MIGRATE, NotReadyError

_MIGRATIONS = files("todo_server").joinpath("migrations", "versions")
SCHEMA_VERSION = max(f.name.split("_")[3] for f in _MIGRATIONS.iterdir() if f.name.endswith(".py"))
"""The newest migration, by the names of the files: they are numbered so that their order is that
of the text."""

_CHECK = """
WITH view AS (
    SELECT view.oid, view.relname, view.relowner, rows.oid AS rows, rows.relname AS rows_name,
           NOT EXISTS (SELECT FROM pg_options_to_table(view.reloptions)
                       WHERE option_name = 'security_invoker' AND option_value::boolean)
           AND NOT owner.rolsuper AND NOT owner.rolbypassrls
           AND rows.relrowsecurity AND rows.relforcerowsecurity AS binds
    FROM pg_class AS view
    JOIN pg_roles AS owner ON owner.oid = view.relowner
    JOIN pg_class AS rows ON rows.relnamespace = view.relnamespace
                         AND view.relname IN ('my_' || rows.relname, 'my_trashed_' || rows.relname)
    WHERE rows.relname = ANY ($1::text[])
      AND pg_table_is_visible(view.oid) AND view.relkind = 'v'
), used AS (
    SELECT relowner AS role, rows AS relation, rows_name AS name FROM view
    UNION ALL
    SELECT pg_roles.oid, pg_class.oid, relname FROM pg_class, pg_roles
    WHERE rolname = current_user AND pg_table_is_visible(pg_class.oid)
      AND (relname = ANY ($2::text[]) OR pg_class.oid IN (SELECT oid FROM view))
), lacking AS (
    SELECT role, name FROM used
    WHERE NOT (has_table_privilege(role, relation, 'SELECT')
               AND has_table_privilege(role, relation, 'INSERT')
               AND has_table_privilege(role, relation, 'UPDATE')
               AND has_table_privilege(role, relation, 'DELETE'))
), remedy AS (
    SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I;',
                  string_agg(quote_ident(name), ', ' ORDER BY name), pg_get_userbyid(role)) AS sql
    FROM lacking GROUP BY role
    UNION ALL
    SELECT format('GRANT SELECT ON alembic_version TO %I;', current_user)
    WHERE NOT has_table_privilege(to_regclass('alembic_version'), 'SELECT')
)
SELECT to_regclass('alembic_version') IS NOT NULL AS migrated,
       current_setting('server_encoding') = 'UTF8' AS utf8,
       current_setting('server_version_num')::int AS server_version,
       current_user::text AS role,
       (SELECT count(*) FROM view WHERE binds) AS views,
       (SELECT count(*) FROM pg_trigger
        WHERE tgrelid IN (SELECT rows FROM view WHERE rows_name = ANY ($3::text[]))
          AND tgname = ANY ($4::text[]) AND tgenabled IN ('O', 'A')) AS triggers,
       (SELECT string_agg(sql, ' ' ORDER BY sql) FROM remedy) AS remedy
"""

LOG_TRIGGERS = ("count_version", "log_made", "log_changed", "log_purged")
"""What counts and logs the changes of each table whose rows have a version, and keeps their rules:
those of tasks and places are lines of the same functions."""

_VERSION = "SELECT max(version_num) AS version, false AS shows FROM alembic_version"

_POOLED = """
SELECT pg_backend_pid() <> $1::int
       AND EXISTS (SELECT FROM pg_prepared_statements WHERE name = $2::text)
"""


def owned_tables() -> list[str]:
    """Name the tables whose rows belong to a user."""
    return [name for name, table in SQLModel.metadata.tables.items() if "user_id" in table.c]


def owner_views() -> list[str]:
    """Name the views by which their owners reach them; what can be trashed has two."""
    tables = [SQLModel.metadata.tables[name] for name in owned_tables()]
    trash = [f"my_trashed_{table.name}" for table in tables if "live" in table.c]
    return [*(f"my_{table.name}" for table in tables), *trash]


def _proof() -> str:
    """Read the version, and whether a view shows any row to nobody, by the way of requests."""
    shows = " OR ".join(f"EXISTS (SELECT FROM {view})" for view in owner_views())
    return _VERSION.replace("false", shows)


async def check(connection: asyncpg.Connection) -> None:
    """Refuse a database that is behind, that would not isolate its users, or not log what they do.

    Runs on every new connection, so that a database which is replaced under a running server is
    noticed too. One that is ahead is accepted: a newer version is being rolled out beside this
    one. Raises NotReadyError, which says what to do.
    """
    tables = owned_tables()
    unowned = sorted(SQLModel.metadata.tables.keys() - set(tables))
    logged = [name for name in tables if "version" in SQLModel.metadata.tables[name].c]
    found = await _fetchrow(connection, _CHECK, tables, unowned, logged, list(LOG_TRIGGERS))
    if found["server_version"] < 140000:  # noqa: PLR2004 - PostgreSQL's numbering of 14.0
        raise NotReadyError("The database is older than PostgreSQL 14; use 14 or newer.")
    if not found["utf8"]:
        raise NotReadyError("The database's encoding is not UTF8; create it with ENCODING 'UTF8'.")
    if not found["migrated"]:
        raise _no_tables()
    complete = found["views"] == len(owner_views())
    may_use = found["remedy"] is None
    try:
        row = await _fetchrow(connection, _proof() if complete and may_use else _VERSION)
    except asyncpg.InsufficientPrivilegeError as error:
        raise _refused(found, error.args[0]) from error
    _check_version(row["version"])
    if not complete or row["shows"]:
        raise NotReadyError(
            f"Row-level security does not bind this database's role. {HOW_TO_MIGRATE} "
            "with a role that may create roles; docs/operations.md shows the two commands."
        )
    if not may_use:
        raise _refused(found, "it has no rights on what requests use")
    if found["triggers"] != len(logged) * len(LOG_TRIGGERS):
        raise NotReadyError(f"A trigger of the log of changes is missing or off. {HOW_TO_MIGRATE}.")


def _check_version(version: str | None) -> None:
    if version is None:
        raise _no_tables()
    if version < SCHEMA_VERSION:
        raise NotReadyError(
            f"The database is at version {version}, this server needs {SCHEMA_VERSION}. "
            f"{HOW_TO_MIGRATE}."
        )


def _no_tables() -> NotReadyError:
    return NotReadyError(f"The database has no tables yet. {HOW_TO_MIGRATE}.")


def _refused(found: Any, reason: str) -> NotReadyError:  # noqa: ANN401 - a record
    remedy = f", or as their owner: {found['remedy']}" if found["remedy"] else "."
    return NotReadyError(
        f"The database does not let the role {found['role']} serve: {reason}. "
        f"{HOW_TO_MIGRATE} with that role{remedy}"
    )


async def forgets_prepared_statements(connection: asyncpg.Connection) -> bool:
    """Tell whether a pooler stands between that does not follow prepared statements.

    Such a pooler (PgBouncer before 1.21) may hand a name prepared by one client to another. It is
    known by a backend other than the one that greeted us, which sees our own statement's name: a
    pooler that follows them has to rename them.
    """
    name = f"todo_server_{uuid4().hex}"
    try:
        statement = await connection.prepare(_POOLED, name=name)
        return bool(await statement.fetchval(connection.get_server_pid(), name))
    except asyncpg.InvalidSQLStatementNameError:  # it came to a backend that never heard of it
        return True


async def _fetchrow(connection: asyncpg.Connection, query: str, *arguments: object) -> Any:  # noqa: ANN401 - a record
    """Fetch a row by a statement without a name: it is not known yet what stands between.

    asyncpg's own names begin anew in every process, and a pooler may still have those of the last.
    """
    statement = await connection.prepare(query, name="")
    return await statement.fetchrow(*arguments)
