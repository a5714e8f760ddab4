"""The doors: a view `my_<table>` for each table with an owner, bound by row-level security.

A request's role may own the tables, be a superuser or bypass row-level security, as the default
roles of hosted databases do. A view is checked as its owner, so each door belongs to a role that
cannot log in and cannot bypass. It is made anew by every migration, in the same transaction, so
that migrations never meet a view that depends on a column. Where the connecting role may neither
create roles nor bypass, it keeps the doors itself: being the tables' owner, it is bound by FORCE.
"""

from sqlalchemy import Connection, LargeBinary, Table, inspect, text
from sqlmodel import SQLModel

from todo_server.database.rows import FOUND_SETTING, SETTING
from todo_server.errors import ConfigurationError

IDENTITY = f"nullif(current_setting('{SETTING}', true), '')"
"""The identity of the transaction. After one that set it, the setting reads '', not NULL."""


def close_doors(connection: Connection) -> None:
    """Drop the views, so that their tables can change."""
    for name in inspect(connection).get_view_names():
        if name.startswith("my_") and name.removeprefix("my_") in SQLModel.metadata.tables:
            connection.exec_driver_sql(f'DROP VIEW "{name}"')


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
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"DROP POLICY IF EXISTS found ON {table.name}")
    if found_by := table.info.get("found_by"):
        # Bytes are compared as hex, see `rows.as_setting`.
        binary = isinstance(table.c[found_by].type, LargeBinary)
        value = f"encode({found_by}, 'hex')" if binary else found_by
        condition = f"{value} = nullif(current_setting('{FOUND_SETTING}', true), '')"
        connection.exec_driver_sql(
            f"CREATE POLICY found ON {table.name} FOR SELECT USING ({condition})"
        )


def _open_door(connection: Connection, table: Table, keeper: str | None) -> None:
    door, columns = f"my_{table.name}", ", ".join(table.c.keys())
    rights = "SELECT, INSERT, UPDATE, DELETE"
    view = f"CREATE VIEW {door} AS SELECT {columns} FROM {table.name}"  # noqa: S608 - our names
    connection.exec_driver_sql(view)
    if keeper:
        connection.exec_driver_sql(f"GRANT {rights} ON {table.name} TO {keeper}")
        connection.exec_driver_sql(f"GRANT {rights} ON {door} TO CURRENT_USER")
        connection.exec_driver_sql(f"ALTER VIEW {door} OWNER TO {keeper}")


def _door_keeper(connection: Connection) -> str | None:
    """Give the role that owns the doors, quoted; None where the present one is bound itself."""
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
            "and then 'todo-server migrate' again."
        )
    # An owner of views needs to be able to reach the schema for good, and to create in it once.
    connection.exec_driver_sql(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {keeper}")
    return str(keeper)
