"""The end of a session and what is written in it at that moment: neither passes the other."""

import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.auth.people import AccountServer, Person
from tests.api.auth.test_account_delete import OWNED, rows_of
from tests.api.auth.test_ending_access import CHANGES, CREATION, DELETION, NEW
from tests.databases import new_database, run, transaction
from tests.waiting import until

WRITES = CREATION | CHANGES | DELETION
ENDS: dict[str, Callable[[Person], Any]] = {
    "signing out": lambda person: person.post("/api/auth/sign-out"),
    "signing out everywhere": lambda person: person.post(
        "/api/auth/sign-out", json={"everywhere": True}
    ),
    "a new password": lambda person: person.change(password=NEW),
    "deletion": lambda person: person.leave(),
}
WAITING = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def until_waiting(database_url: str, requests: list[Future[Any]]) -> None:
    """Until PostgreSQL lets these requests wait for a lock; one that does not wait is wrong."""

    def all_wait() -> bool:
        assert not any(request.done() for request in requests), "it waited for nobody"
        return len(run(database_url, WAITING)) == len(requests)

    until(all_wait, "requests that wait")


def tasks_of(database_url: str, person: Person) -> list[dict[str, object]]:
    return rows_of(database_url, person.id)["task"]


@pytest.mark.parametrize("write", WRITES)
def test_what_is_written_while_the_session_ends_waits_and_is_refused(write, person, database_url):
    task = person.create()["id"]
    before = tasks_of(database_url, person)
    with ThreadPoolExecutor(1) as pool:
        with transaction(database_url, f"DELETE FROM session WHERE user_id = '{person.id}'"):
            written = pool.submit(WRITES[write], person, task)
            until_waiting(database_url, [written])
        assert written.result().status_code == 401
    assert tasks_of(database_url, person) == before


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("write", CHANGES | DELETION)
def test_a_session_ends_after_what_is_being_written_in_it(write, end, person, database_url):
    task = person.create()["id"]
    lock = f"SELECT FROM task WHERE user_id = '{person.id}' FOR UPDATE"
    with ThreadPoolExecutor(2) as pool:
        with transaction(database_url, lock):
            written = pool.submit(WRITES[write], person, task)
            until_waiting(database_url, [written])
            ended = pool.submit(ENDS[end], person)
            until_waiting(database_url, [written, ended])
        assert written.result().is_success
        assert ended.result().is_success
    assert not (end == "deletion" and tasks_of(database_url, person))


def test_eight_who_write_while_the_account_is_deleted_leave_nothing(server, database_url):
    def write(person: Person) -> None:
        while person.post("/api/me/tasks", json={"title": "left"}).status_code == 201:
            pass

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool, Person(server) as person:
            person.sign_up()
            writing = [pool.submit(write, person) for _ in range(8)]
            until(lambda: len(tasks_of(database_url, person)) > 8, "tasks")
            assert person.leave().status_code == 204
            assert [each.result() for each in writing] == [None] * 8
            assert rows_of(database_url, person.id) == {table: [] for table in OWNED}


def test_what_ends_sessions_at_the_same_moment_never_meets_in_a_deadlock():
    """PostgreSQL would end it after a second, and the server try again."""
    url = new_database()
    others = [lambda person: person.change(name="Grace"), lambda person: person.try_to_sign_in()]
    with ThreadPoolExecutor(12) as pool, AccountServer(url) as server:
        for _ in range(10):
            people = [Person(server).sign_up()]
            people += [Person(server).sign_in(people[0].email) for _ in range(2)]
            for person in people:
                person.email = people[0].email
            uses = itertools.product(people, [*ENDS.values(), *others][::-1])
            answers = list(pool.map(lambda use: use[1](use[0]), uses))
            assert {answer.status_code for answer in answers} <= {200, 204, 401, 422}
            for person in people:
                person.close()
    until(
        lambda: (
            len(run(url, "SELECT FROM pg_stat_activity WHERE datname = current_database()")) == 1
        ),
        "the end of all connections",
    )
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert run(url, deadlocks)[0][0] == 0
