"""Many reminders that are due soon, and instances of `todo-server dispatch` that die."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.databases import run, seed
from tests.processes import environment
from tests.waiting import until

# As the triggers would leave them, which are tried elsewhere: a tenth of the users has half of all.
MAKE = """
WITH made AS (
    SELECT n, CASE WHEN n % 2 = 0 THEN 'many ' || n % 40 ELSE 'one ' || n END AS user_id,
           ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid AS id,
           now() + $2::interval + (n::float / $1 * $3::interval) AS due_at
    FROM generate_series(1, $1::int) AS n
), tasks AS (
    INSERT INTO task (user_id, id, title, position, reminders, created_at, updated_at)
    SELECT user_id, id, n, 'a', jsonb_build_array(jsonb_build_object('at', due_at)), now(), now()
    FROM made
), reminders AS (
    INSERT INTO reminder (user_id, task_id, remind_at) SELECT user_id, id, due_at FROM made
)
INSERT INTO dispatch (owner_id, errand, due_at)
SELECT user_id, 'reminders', min(due_at) FROM made GROUP BY user_id
"""
TOLD = "SELECT count(*) FROM notification"
LATE = """
SELECT count(*), count(DISTINCT (task_id, remind_at)),
       percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP
           (ORDER BY extract(epoch FROM created_at - remind_at)) AS late
FROM notification
"""


def remind_of_many(url: str, count: int, begin: str, within: str) -> None:
    """Let so many reminders be due from `begin` from now on, spread over `within`."""
    seed(url, MAKE.replace("$2", f"'{begin}'").replace("$3", f"'{within}'"), count)


class Dispatcher:
    """`todo-server dispatch` in a directory."""

    def __init__(self, directory: Path, name: str, **values: Any) -> None:
        self.log = directory / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "todo_server", "dispatch"],
                cwd=directory,
                env=environment(**values),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def begins(self) -> int:
        """How often one has begun here, counted in the log."""
        return self.log.read_text().count("dispatching what is due")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def tell_all(
    url: str, count: int, within: int, directory: Path, *, kill_every: float, lasts: float
) -> int:
    """Let two tell of reminders, one after the other of which is killed every so many seconds.

    Each begins again at once; on a machine on which that takes long, the next one is not killed
    before it has worked for a while. Gives how many were killed.
    """
    values: dict[str, Any] = {"DATABASE_URL": url, "DISPATCH_EVERY": "1s"}
    running = [Dispatcher(directory, name, **values) for name in "ab"]
    killed = 0
    try:
        until(lambda: all(each.begins() for each in running), "two dispatchers")
        remind_of_many(url, count, "2 seconds", f"{within} seconds")
        begun = last = both_at = time.monotonic()
        while run(url, TOLD)[0][0] < count:
            lasted = time.monotonic() - begun
            assert lasted < lasts, f"{run(url, TOLD)[0][0]} of {count} were told"
            now, turn = time.monotonic(), killed % 2
            if sum(each.begins() for each in running) < 2 + killed:
                both_at = now
            if now >= max(last + kill_every, both_at + 1):
                running[turn].kill()
                running[turn] = Dispatcher(directory, "ab"[turn], **values)
                killed, last = killed + 1, now
            time.sleep(0.1)
    finally:
        for each in running:
            each.kill()
    return killed
