"""The database of the benchmark: how it is filled, cleaned between rounds, and asked."""

import hashlib
import subprocess

from work import Task

from todo_server.embedded_postgres import binary

MOST_USERS, TASKS_EACH = 1_000, 50
COLUMNS = "id, user_id, title, description, completed, created_at, updated_at"

PEER_TABLE = """
CREATE TABLE peer_task (
    id uuid NOT NULL DEFAULT uuidv7(), user_id text NOT NULL,
    title text NOT NULL, description text, completed boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
)
"""

# One task for every minute of the past, older for a higher number, as a user would have made them.
FILL = """
INSERT INTO {table} ({columns})
SELECT uuidv7(-age), {user_id}, 'Task number ' || task,
       CASE WHEN task % 2 = 0 THEN 'What there is to say about task ' || task END,
       task % 3 = 0, now() - age, now() - age
FROM generate_series(1, {users}) AS u, generate_series(1, {tasks}) AS task,
     LATERAL (SELECT make_interval(mins => task * 60 + u % 60) AS age) AS ages
"""


# As a restore does: nothing is counted or logged, and the rows are of whomever.
QUIETLY = "SET session_replication_role = replica"


def sql(url: str, *statements: str) -> list[list[str]]:
    """Run each statement in a transaction of its own; the rows that came back, as text."""
    command = [str(binary("psql")), url, "-X", "-q", "-A", "-t", "-F", "\t"]
    command += ["-v", "ON_ERROR_STOP=1"]
    for statement in statements:
        command += ["-c", statement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return [line.split("\t") for line in done.stdout.splitlines()]


def user_named(name: str) -> str:
    """An id of 32 characters, like those of real issuers."""
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def seed(url: str, tables: list[str], users: int) -> None:
    """So many users with 50 tasks each, the same rows in every table; the first one exists."""
    first, *copies = tables
    fill = FILL.format(
        table=first, columns=COLUMNS, users=users, tasks=TASKS_EACH, user_id="md5('user-' || u)"
    )
    sql(
        url,
        QUIETLY,
        fill,
        *(f"INSERT INTO {copy} ({COLUMNS}) SELECT {COLUMNS} FROM {first}" for copy in copies),
    )
    tidy(url, tables)


def seed_large(url: str, table: str, users: int) -> None:
    """99 tasks each for so many users more, one user with 10,000 and one with 10."""
    for user_id, count, tasks in [
        ("md5('many-' || u)", users, 99),
        ("md5('heavy')", 1, 10_000),
        ("md5('light')", 1, 10),
    ]:
        sql(
            url,
            QUIETLY,
            FILL.format(table=table, columns=COLUMNS, users=count, tasks=tasks, user_id=user_id),
        )
    tidy(url, [table])


def sample(url: str, table: str, user_id: str | None = None) -> list[Task]:
    """The seeded tasks: of the users with 50 each, or of one user."""
    everybody = f"IN (SELECT md5('user-' || u) FROM generate_series(1, {MOST_USERS}) AS u)"
    who = f"= '{user_id}'" if user_id else everybody
    rows = sql(url, f"SELECT user_id, id FROM {table} WHERE user_id {who} ORDER BY id")
    return [Task(*row) for row in rows]


def drop_created(url: str, tables: list[str]) -> None:
    """Take out what the load created, so that every round finds the same rows, and no log."""
    created = (f"DELETE FROM {table} WHERE title LIKE 'Buy milk %'" for table in tables)
    sql(url, QUIETLY, *created, "TRUNCATE change, upkeep")
    tidy(url, [*tables, "change", "upkeep"])


def tidy(url: str, tables: list[str]) -> None:
    sql(url, *(f"VACUUM (ANALYZE) {table}" for table in tables), "CHECKPOINT")


def postmaster_pid(url: str) -> int:
    return int(sql(url, "SELECT pg_read_file('postmaster.pid')")[0][0])
