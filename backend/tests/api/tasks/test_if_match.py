"""If-Match: a change of what somebody has read, and of nothing newer (RFC 9110, section 13.1.1)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.databases import run, transaction
from tests.logged import log_of
from tests.server import User
from tests.waiting import until

CHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "PUT": ("PUT", "", {"json": {"title": "mine"}}),
    "PATCH": ("PATCH", "", {"json": {"title": "mine"}}),
    "completing": ("PATCH", "/complete", {"json": {"completed": True}}),
    "flipping": ("PATCH", "/complete", {}),
    "DELETE": ("DELETE", "", {}),
}
every_change = pytest.mark.parametrize("change", CHANGES)

Condition = str | bytes | tuple[bytes, ...]


def send(user: User, change: str, task_id: str, condition: Condition) -> httpx.Response:
    """Send a change under a condition: one header, or several."""
    method, path, options = CHANGES[change]
    lines = [condition] if isinstance(condition, str | bytes) else condition
    headers = [
        (b"if-match", line.encode("latin-1") if isinstance(line, str) else line) for line in lines
    ]
    return user.request(method, f"{user.path}/{task_id}{path}", headers=headers, **options)


@pytest.fixture
def task(user: User) -> dict[str, Any]:
    """A task of version 2."""
    made = user.create("old")
    changed: dict[str, Any] = user.put(f"{user.path}/{made['id']}", json={"title": "new"}).json()
    return changed


HOLDS: dict[str, Condition] = {
    "its tag": '"2"',
    "any": "*",
    "several": '"1", "2", "3"',
    "several without spaces": '"3","2"',
    "empty places in the list": ', ,\t"2" ,,',
    "a weak one besides": 'W/"2", "2"',
    "foreign ones besides": '"abc", "2", "9f86d081884c7d659a2feaa0c55ad015"',
    "a word behind it": '"2-overdue"',
    "several lines": (b'"1"', b'"2"'),
    "bytes of no character": b'"\xff\xfe", "2"',
}
DOES_NOT_HOLD: dict[str, Condition] = {
    "an older one": '"1"',
    "a later one": '"3"',
    "several others": '"1", "3"',
    "a weak one": 'W/"2"',
    "an empty one": '""',
    "foreign text": '"2-But-Not-So"',
    "the tag of a list": '"9f86d081884c7d659a2feaa0c55ad015"',
    "another spelling": '"02"',
    "a sign": '"+2"',
    "a number that no column holds": f'"{"9" * 400}"',
    "a comma within": '"1,2"',
    "SQL": "\"2'OR'1'='1\"",
    "bytes of no character": b'"\xff\xfe"',
    "lines that do not": (b'"1"', b'W/"2"'),
}
MALFORMED: dict[str, Condition] = {
    "no quotes": "2",
    "an empty header": "",
    "nothing but a comma": ",",
    "one quote": '"2',
    "single quotes": "'2'",
    "a small w": 'w/"2"',
    "no comma": '"1" "2"',
    "any and one": '*, "2"',
    "a space within": '"2 "',
    "any twice": (b"*", b"*"),
    "any and one in two lines": (b"*", b'"2"'),
    "a good line and a bad one": (b'"2"', b"2"),
}


@every_change
@pytest.mark.parametrize("condition", HOLDS)
def test_what_was_read_is_changed(condition: str, change: str, user: User, task: dict[str, Any]):
    response = send(user, change, task["id"], HOLDS[condition])
    if change == "DELETE":
        assert (response.status_code, user.tasks()) == (204, [])
        return
    assert response.status_code == 200
    assert (response.json()["version"], response.headers["etag"]) == (3, '"3"')
    assert user.task(task["id"]).json() == response.json()


@every_change
@pytest.mark.parametrize("condition", DOES_NOT_HOLD)
def test_what_has_changed_since_is_412_with_what_it_is_now(
    condition: str, change: str, user: User, task: dict[str, Any], database_url: str
):
    log = log_of(database_url, user.id)
    response = send(user, change, task["id"], DOES_NOT_HOLD[condition])
    assert (response.status_code, response.json()["error"]) == (412, "version_conflict")
    read = user.task(task["id"])
    assert response.json()["current"] == read.json() == task
    assert response.headers["etag"] == read.headers["etag"] == '"2"'
    assert user.tasks() == [task]
    assert log_of(database_url, user.id) == log


@every_change
@pytest.mark.parametrize("condition", MALFORMED)
def test_what_is_no_list_of_tags_is_422(
    condition: str, change: str, user: User, task: dict[str, Any]
):
    response = send(user, change, task["id"], MALFORMED[condition])
    assert (response.status_code, response.json()["error"]) == (422, "validation_failed")
    assert [detail["field"] for detail in response.json()["details"]] == ["If-Match"]
    assert user.task(task["id"]).json() == task


@every_change
@pytest.mark.parametrize("condition", ["*", '"1"', '"2"'])
def test_what_is_not_there_is_404_whatever_the_condition(
    condition: str, change: str, user: User, stranger: User
):
    theirs, gone = stranger.create(), user.create()
    user.delete(f"{user.path}/{gone['id']}")
    answers = [
        send(user, change, task_id, condition).json()
        for task_id in (str(uuid4()), theirs["id"], gone["id"])
    ]
    assert {(answer["status"], answer["error"]) for answer in answers} == {(404, "task_not_found")}
    assert not [answer for answer in answers if "current" in answer]
    assert stranger.task(theirs["id"]).json() == theirs


def test_a_body_that_is_wrong_is_422_before_the_condition_is_looked_at(
    user: User, task: dict[str, Any]
):
    path = f"{user.path}/{task['id']}"
    response = user.put(path, json={"title": ""}, headers={"If-Match": '"1"'})
    assert response.status_code == 422


def test_all_that_is_wrong_is_told_at_once(user: User, task: dict[str, Any]):
    path = f"{user.path}/{task['id']}"
    response = user.put(path, json={"title": ""}, headers={"If-Match": "2"})
    assert response.status_code == 422
    assert [detail["field"] for detail in response.json()["details"]] == ["If-Match", "title"]


def test_a_change_of_nothing_holds_and_changes_nothing(user: User, task: dict[str, Any]):
    path = f"{user.path}/{task['id']}"
    for _ in range(2):
        response = user.put(path, json={"title": "new"}, headers={"If-Match": '"2"'})
        assert (response.status_code, response.json()) == (200, task)
    response = user.put(path, json={"title": "new"}, headers={"If-Match": '"1"'})
    assert response.status_code == 412


@pytest.mark.parametrize("change", ["PATCH", "flipping", "DELETE"])
def test_of_twenty_who_read_the_same_one_wins_and_the_others_are_shown_what_is(
    change: str, user: User, task: dict[str, Any], database_url: str
):
    def send_one(number: int) -> httpx.Response:
        method, path, options = CHANGES[change]
        if change == "PATCH":
            options = {"json": {"title": f"by {number}"}}
        return user.request(
            method, f"{user.path}/{task['id']}{path}", headers={"If-Match": '"2"'}, **options
        )

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(send_one, range(20)))
    (won,) = [answer for answer in answers if answer.is_success]
    lost = [answer for answer in answers if answer is not won]
    assert len(log_of(database_url, user.id)) == 3
    if change == "DELETE":
        assert {answer.status_code for answer in lost} == {404}
        return
    assert won.json()["version"] == 3
    assert user.task(task["id"]).json() == won.json()
    for answer in lost:
        assert (answer.status_code, answer.headers["etag"]) == (412, '"3"')
        assert answer.json()["current"] == won.json()


WAITING = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
THEIRS = """
SELECT set_config('app.user_id', '{owner}', true);
UPDATE task SET title = 'theirs', updated_at = clock_timestamp() WHERE id = '{task}'
"""


@every_change
@pytest.mark.parametrize("condition", ["*", '"2"', '"3"'])
def test_what_went_to_the_trash_meanwhile_is_404_and_stays_there(
    condition: str, change: str, user: User, task: dict[str, Any], database_url: str
):
    sql = THEIRS.replace("title = 'theirs'", "deleted_at = now()")
    with ThreadPoolExecutor(1) as threads:
        with transaction(database_url, sql.format(owner=user.id, task=task["id"])):
            sent = threads.submit(send, user, change, task["id"], condition)
            until(lambda: run(database_url, WAITING), "somebody who waits for the row")
        assert sent.result(30).status_code == 404
    assert [entry["kind"] for entry in log_of(database_url, user.id)][2:] == ["deleted"]


@every_change
@pytest.mark.parametrize("version", [2, 3])
def test_who_waited_for_the_row_is_judged_by_what_it_became(
    version: int, change: str, user: User, task: dict[str, Any], database_url: str
):
    """Somebody else changes it, and has not committed when the request comes."""
    sql = THEIRS.format(owner=user.id, task=task["id"])
    with ThreadPoolExecutor(1) as threads:
        with transaction(database_url, sql):
            sent = threads.submit(send, user, change, task["id"], f'"{version}"')
            until(lambda: run(database_url, WAITING), "somebody who waits for the row")
        response = sent.result(30)
    assert len(log_of(database_url, user.id)) == (4 if version == 3 else 3)
    if version == 3:
        assert response.is_success
        return
    assert (response.status_code, response.headers["etag"]) == (412, '"3"')
    current = response.json()["current"]
    assert (current["title"], current["version"]) == ("theirs", 3)
    assert current == user.task(task["id"]).json()
