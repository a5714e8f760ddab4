"""The doors: a view `my_<table>` for each table with an owner, bound by row-level security.

A request's role may own the tables, be a superuser or bypass row-level security, as the default
roles of hosted databases do. A view is checked as its owner, so each door belongs to a role that
cannot log in and cannot bypass. It is made anew by every migration, in the same transaction, so
that migrations never meet a view that depends on a column. Where the connecting role may neither
create roles nor bypass, it keeps the doors itself: being the tables' owner, it is bound by FORCE.
"""

from sqlalchemy import Connection, Table, inspect, text
from sqlmodel import SQLModel

from todo_server.database.rows import SETTING
from todo_server.errors import ConfigurationError

IDENTITY = f"nullif(current_setting('{SETTING}', true), '')"
"""The identity of the transaction. After one that set it, the setting reads '', not NULL."""


def close_doors(connection: Connection) -> None:
    """Drop the views, so that their tables can change."""
    for name in inspect(connection).get_view_names():
        if name.startswith("my_") and name.removeprefix("my_") in SQLModel.metadata.tables:
            connection.execute(text(f'DROP VIEW "{name}"'))


def open_doors(connection: Connection) -> None:
    """Bind every table that has an owner, and make its door. Repeatable."""
    present = set(inspect(connection).get_table_names())
    owned = [
        table
        for table in SQLModel.metadata.sorted_tables
        if "user_id" in table.c and table.name in present
    ]
    keeper = _door_keeper(connection) if owned else None
    for table in owned:
        _bind(connection, table)
        _open_door(connection, table, keeper)


def _bind(connection: Connection, table: Table) -> None:
    own = f"user_id = {IDENTITY}"
    for statement in (
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS owner ON {table.name}",
        f"CREATE POLICY owner ON {table.name} USING ({own}) WITH CHECK ({own})",
    ):
        connection.execute(text(statement))


def _open_door(connection: Connection, table: Table, keeper: str | None) -> None:
    door, columns = f"my_{table.name}", ", ".join(table.c.keys())
    rights = "SELECT, INSERT, UPDATE, DELETE"
    view = f"CREATE VIEW {door} AS SELECT {columns} FROM {table.name}"  # noqa: S608 - our names
    connection.execute(text(view))
    if keeper:
        connection.execute(text(f"GRANT {rights} ON {table.name} TO {keeper}"))
        connection.execute(text(f"GRANT {rights} ON {door} TO CURRENT_USER"))
        connection.execute(text(f"ALTER VIEW {door} OWNER TO {keeper}"))


def _door_keeper(connection: Connection) -> str | None:
    """Give the role that owns the doors, quoted; None where the present one is bound itself."""
    role, superuser, bypasses, may_create, version, schema = connection.execute(
        text(
            "SELECT left('todo_rows_' || current_database(), 63), rolsuper, rolbypassrls,"
            " rolcreaterole, current_setting('server_version_num')::int, current_schema()"
            " FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    keeper, schema = (connection.dialect.identifier_preparer.quote(n) for n in (role, schema))
    exists = connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :r"), {"r": role})
    if not exists and (superuser or may_create):
        connection.execute(text(f"CREATE ROLE {keeper} NOLOGIN NOINHERIT"))
        if not superuser:
            options = " WITH SET TRUE" if version >= 160000 else ""  # noqa: PLR2004 - PostgreSQL 16
            connection.execute(text(f"GRANT {keeper} TO CURRENT_USER{options}"))
    elif not exists or not connection.scalar(text("SELECT pg_has_role(:r, 'MEMBER')"), {"r": role}):
        if not (superuser or bypasses):
            return None
        raise ConfigurationError(
            f"The role of DATABASE_URL bypasses row-level security and may not become {keeper}, "
            "which isolates users. As a superuser of this database, run once:\n"
            f"  CREATE ROLE {keeper} NOLOGIN NOINHERIT;  -- unless it exists\n"
            f"  GRANT {keeper} TO <the role of DATABASE_URL>;\n"
            "and then 'todo-server migrate' again."
        )
    # An owner of views needs to be able to reach the schema for good, and to create in it once.
    connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {keeper}"))
    return str(keeper)
