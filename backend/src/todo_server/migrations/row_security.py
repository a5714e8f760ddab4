"""Owner views: a view `my_<table>` for each table with an owner, bound by row-level security.

A request's role may own the tables, be a superuser or bypass row-level security, as the default
roles of hosted databases do. A view is checked as its owner, so each belongs to a role that
cannot log in and cannot bypass. It is made anew by every migration, in the same transaction, so
that migrations never meet a view that depends on a column; and whenever it is not what was last
made, as after a restore, which its comment tells. Where the connecting role may neither
create roles nor bypass, it keeps them itself: being the tables' owner, it is bound by FORCE.
"""

from collections.abc import Container, Iterator
from hashlib import sha256

from asyncpg import InsufficientPrivilegeError, LockNotAvailableError
from sqlalchemy import Connection, Table, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from todo_server.database.one_trip import SETTING
from todo_server.errors import ConfigurationError
from todo_server.migrations.change_log import triggers

_LOCKING = 20
"""How often the views may be found in use: for five seconds."""

IDENTITY = f"nullif(current_setting('{SETTING}', true), '')"
"""The identity of the transaction. After one that set it, the setting reads '', not NULL."""


RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")

_HAS_RIGHTS = " AND ".join(f"has_table_privilege({{0}}, '{right}')" for right in RIGHTS)
_STATE = f"""
SELECT rows.relname AS table, obj_description(view.oid, 'pg_class') AS mark,
       {_HAS_RIGHTS.format("view.oid")}
       AND (trash.oid IS NULL OR {_HAS_RIGHTS.format("trash.oid")}) AS usable,
       concat_ws(' ', rows.relrowsecurity, rows.relforcerowsecurity, view.relkind,
                 view.reloptions::text, pg_get_viewdef(view.oid),
                 owner.rolname, owner.rolsuper, owner.rolbypassrls, owner.rolcanlogin,
                 has_schema_privilege(owner.oid, rows.relnamespace, 'USAGE'),
                 {_HAS_RIGHTS.format("owner.oid, rows.oid")},
                 (SELECT string_agg(concat_ws(' ', polname, polcmd, polpermissive, polroles::text,
                                              pg_get_expr(polqual, polrelid),
                                              pg_get_expr(polwithcheck, polrelid)),
                                    ' ' ORDER BY polname)
                  FROM pg_policy WHERE polrelid = rows.oid),
                 (SELECT string_agg(concat_ws(' ', tgname, tgenabled, pg_get_triggerdef(oid),
                                              pg_get_functiondef(tgfoid)), ' ' ORDER BY tgname)
                  FROM pg_trigger WHERE tgrelid = rows.oid AND NOT tgisinternal),
                 trash.relkind, trash.reloptions::text, pg_get_viewdef(trash.oid),
                 trash.relowner::regrole) AS state
FROM pg_class AS rows
JOIN pg_class AS view ON view.relnamespace = rows.relnamespace
                     AND view.relname = 'my_' || rows.relname
JOIN pg_roles AS owner ON owner.oid = view.relowner
LEFT JOIN pg_class AS trash ON trash.relnamespace = rows.relnamespace
                           AND trash.relname = 'my_trashed_' || rows.relname
WHERE rows.relnamespace = to_regnamespace(quote_ident(current_schema()))
  AND rows.relkind IN ('r', 'p') AND view.relkind = 'v'
"""  # noqa: S608 - our names


def are_as_made(connection: Connection) -> bool:
    """Tell whether all are as `make_owner_views` has left them; takes no lock but for reading."""
    found = {row.table: row for row in connection.execute(text(_STATE))}
    return all(
        (row := found.get(table.name)) and row.usable and row.mark == _mark(table, row.state)
        for table in SQLModel.metadata.sorted_tables
        if "user_id" in table.c
    )


def _mark(table: Table, state: str) -> str:
    """Sum up what an owner view and its table were told, and what they are."""
    told = "\n".join(
        [*_binding(table), *_views(table, table.c.keys()).values(), *triggers(table), state]
    )
    return f"made by todo-server: {sha256(told.encode()).hexdigest()}"


def lock_owner_views(connection: Connection) -> None:
    """Keep all others from the views and from what they show, before anything is changed.

    All at once, or none: requests lock them in other orders, also within one statement, and who
    held some and waited for others would wait for a request that waits for the first. So it waits
    a moment only, lets go, and tries again; DBAPIError once it has tried often.
    """
    views = ", ".join(f'"{name}"' for name in _present_views(connection))
    if not views:
        return
    patience = connection.scalar(text("SHOW lock_timeout"))
    for attempts_left in reversed(range(_LOCKING)):
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
                connection.exec_driver_sql(f"LOCK TABLE {views} IN ACCESS EXCLUSIVE MODE")
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}'")
        except DBAPIError as error:
            cause = error.orig and error.orig.__cause__
            if isinstance(cause, InsufficientPrivilegeError):
                return  # who owns the tables alone may drop the views, and not lock them
            if not (isinstance(cause, LockNotAvailableError) and attempts_left):
                raise
            connection.exec_driver_sql("SELECT pg_sleep(0.05)")
        else:
            return


def drop_owner_views(connection: Connection) -> None:
    """Drop the views, so that their tables can change."""
    for name in _present_views(connection):
        connection.exec_driver_sql(f'DROP VIEW "{name}"')


def _present_views(connection: Connection) -> list[str]:
    views = [name for name in inspect(connection).get_view_names() if name.startswith("my_")]
    tables = SQLModel.metadata.tables
    return [v for v in views if v.removeprefix("my_").removeprefix("trashed_") in tables]


def make_owner_views(connection: Connection) -> None:
    """Bind every table that has an owner, and make its view. Repeatable."""
    present = set(inspect(connection).get_table_names())
    owned = [
        table
        for table in SQLModel.metadata.sorted_tables
        if "user_id" in table.c and table.name in present
    ]
    keeper = _view_owner(connection) if owned else None
    for table in owned:
        for statement in _binding(table):
            connection.exec_driver_sql(statement)
        _make_views(connection, table, keeper)
    states = {row.table: row.state for row in connection.execute(text(_STATE))}
    for table in owned:
        mark = _mark(table, states[table.name])
        connection.exec_driver_sql(f"COMMENT ON VIEW my_{table.name} IS '{mark}'")


def _binding(table: Table) -> Iterator[str]:
    own = f"user_id = {IDENTITY}"
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    yield f"DROP POLICY IF EXISTS owner ON {table.name}"
    yield f"CREATE POLICY owner ON {table.name} USING ({own}) WITH CHECK ({own})"
    yield f"DROP POLICY IF EXISTS found ON {table.name}"


def _views(table: Table, present: Container[str]) -> dict[str, str]:
    """Show the columns that are there: an older version of the schema lacks some.

    Of what can be trashed, one view shows the rows that live, and another one the trash.
    """
    columns = ", ".join(column.name for column in table.c if column.name in present)
    rows = f"AS SELECT {columns} FROM {table.name}"  # noqa: S608 - our names
    if "live" not in table.c or "live" not in present:
        return {f"my_{table.name}": rows}
    return {
        f"my_{table.name}": f"{rows} WHERE live IS NOT NULL",
        f"my_trashed_{table.name}": f"{rows} WHERE live IS NULL",
    }


def _make_views(connection: Connection, table: Table, keeper: str | None) -> None:
    present = {column["name"] for column in inspect(connection).get_columns(table.name)}
    rights = ", ".join(RIGHTS)
    if keeper:
        connection.exec_driver_sql(f"GRANT {rights} ON {table.name} TO {keeper}")
    for view, rows in _views(table, present).items():
        connection.exec_driver_sql(f"CREATE VIEW {view} {rows}")
        if keeper:
            connection.exec_driver_sql(f"GRANT {rights} ON {view} TO CURRENT_USER")
            connection.exec_driver_sql(f"ALTER VIEW {view} OWNER TO {keeper}")


def _view_owner(connection: Connection) -> str | None:
    """Give the role that owns the views, quoted; None where the present one is bound itself."""
    # A cast to name cuts at 63 bytes, as CREATE ROLE would.
    role, me, superuser, bypasses, may_create, version, schema = connection.execute(
        text(
            "SELECT CAST(CAST('todo_rows_' || current_database() AS name) AS text), current_user,"
            " rolsuper, rolbypassrls, rolcreaterole, current_setting('server_version_num')::int,"
            " current_schema() FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    quote = connection.dialect.identifier_preparer.quote
    keeper, me, schema = quote(role), quote(me), quote(schema)
    exists = connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :r"), {"r": role})
    if not exists and (superuser or may_create):
        connection.exec_driver_sql(f"CREATE ROLE {keeper} NOLOGIN NOINHERIT")
        if not superuser:
            options = " WITH SET TRUE" if version >= 160000 else ""  # noqa: PLR2004 - PostgreSQL 16
            connection.exec_driver_sql(f"GRANT {keeper} TO CURRENT_USER{options}")
    elif not exists or not connection.scalar(text("SELECT pg_has_role(:r, 'MEMBER')"), {"r": role}):
        if not (superuser or bypasses):
            return None
        raise ConfigurationError(
            f"The role of DATABASE_URL bypasses row-level security and may not become {keeper}, "
            "which isolates users. As a superuser of this database, run once:\n"
            f"  CREATE ROLE {keeper} NOLOGIN NOINHERIT;  -- unless it exists\n"
            f"  GRANT {keeper} TO {me};\n"
            "and then 'todo-server migrate' (in a clone: 'make migrate') again."
        )
    # An owner of views needs to be able to reach the schema for good, and to create in it once.
    connection.exec_driver_sql(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {keeper}")
    return str(keeper)
