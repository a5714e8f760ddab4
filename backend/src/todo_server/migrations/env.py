"""Alembic's environment: inside `command`'s transaction, with the owner views made anew."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import todo_server.models  # noqa: F401 - defines the tables in SQLModel.metadata
from todo_server.migrations import change_log, row_security


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, compare_server_default=True
    )
    row_security.lock_owner_views(connection)
    row_security.drop_owner_views(connection)
    change_log.drop_triggers(connection)
    with context.begin_transaction():
        context.run_migrations()
    change_log.make_triggers(connection)
    row_security.make_owner_views(connection)


_migrate(context.config.attributes["connection"])
