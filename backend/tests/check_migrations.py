"""`make check`: migrations go up, down and up again, and end where the models are."""

import os
import sys
import tempfile
from pathlib import Path

from tests.databases import new_database
from todo_server.embedded_postgres import embedded_postgres
from todo_server.migrations import command


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="todo-check-") as directory,
        embedded_postgres(Path(directory), durable=False) as url,
    ):
        os.environ["TEST_POSTGRES_URL"] = url
        database = new_database()
        command.downgrade(database, "base")
        command.upgrade(database)
        command.check(database)
    sys.stdout.write("The migrations go up, down and up again, and match the models.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
