"""Alembic's environment: one transaction, under a lock, with the doors rebuilt at its end."""

from alembic import context
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import todo_server.models  # noqa: F401 - defines the tables in SQLModel.metadata
from todo_server.migrations import row_security

# Any number that no other program's advisory lock uses.
_LOCK = 0x746F646F


def _migrate(connection: Connection) -> None:
    # Two instances that start at once: the second waits here, then finds nothing to do.
    connection.execute(text("SET LOCAL lock_timeout = '120s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    # A lock that a long query holds must not queue every request behind the migration.
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    # Nor must a statement limit of the role cut a long migration off.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, compare_server_default=True
    )
    row_security.close_doors(connection)
    with context.begin_transaction():
        context.run_migrations()
    row_security.open_doors(connection)


_migrate(context.config.attributes["connection"])
