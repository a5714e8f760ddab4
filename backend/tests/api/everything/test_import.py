"""POST /api/{user_id}/import: what is taken in, and what is left."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.api.everything.documents import (
    INSTANT,
    JSON,
    document,
    exported,
    imported,
    row,
    sent,
    without,
)
from tests.server import RunningServer, User
from todo_server.models import FORMAT
from todo_server.services.imports import PAGE


def a_busy_life(user: User) -> None:
    """Tasks, changed ones, done ones, some in the trash."""
    for number in range(7):
        user.create(f"number {number}", description='\N{FIRE}\n"quoted\\" \u202e' * number)
    made = user.tasks(order="asc")
    user.patch(f"{user.path}/{made[1]['id']}", json={"title": "changed"})
    user.patch(f"{user.path}/{made[2]['id']}/complete")
    for each in made[3:5]:
        user.delete(f"{user.path}/{each['id']}")


def test_an_export_that_another_user_imports_is_their_export_but_for_owner_versions_and_log(
    user: User, stranger: User
):
    a_busy_life(user)
    there = exported(user)
    assert imported(stranger, there) == (7, 0)
    here = exported(stranger)
    for name in ("tasks", "trash"):
        assert {each["user_id"] for each in here[name]} == {stranger.id}
        assert {each["version"] for each in here[name]} == {1}
        kept = ("user_id", "version")
        assert without(here[name], *kept) == without(there[name], *kept)
    assert here["number"] == 7
    assert there["number"] == 7 + 4
    assert exported(user) | {"exported_at": None} == there | {"exported_at": None}


def test_a_second_time_it_changes_nothing(user: User, stranger: User):
    a_busy_life(user)
    there = exported(user)
    imported(stranger, there)
    here = exported(stranger)
    assert imported(stranger, there) == (0, 7)
    assert imported(user, there) == (0, 7)
    assert exported(stranger) | {"exported_at": None} == here | {"exported_at": None}


def test_what_is_there_under_an_id_stays_as_it_is_live_or_in_the_trash(user: User):
    mine, trashed = user.create("mine"), user.create("in the trash")
    user.delete(f"{user.path}/{trashed['id']}")
    others = [row(id=each["id"], title="theirs") for each in (mine, trashed)]
    assert imported(user, document(*others, row())) == (1, 2)
    assert user.task(mine["id"]).json() == mine
    assert user.task(trashed["id"]).status_code == 404
    assert [each["title"] for each in exported(user)["trash"]] == ["in the trash"]


def test_an_id_twice_in_a_document_is_made_once_as_it_came_first(user: User):
    first, trashed = row(title="first"), row(title="trashed", deleted_at=INSTANT)
    assert imported(user, document(first, row(), trash=[trashed])) == (1, 2)
    assert [task["title"] for task in user.tasks()] == ["first"]
    assert exported(user)["trash"] == []


def test_what_was_restored_while_it_was_exported_is_no_trash(user: User):
    assert imported(user, document(trash=[row(deleted_at=None)])) == (1, 0)
    assert [task["title"] for task in user.tasks()] == ["number 1"]


def test_the_owner_is_who_asks_and_never_who_stands_in_the_document(user: User, stranger: User):
    theirs = user.create("theirs")
    account = {"id": user.id, "email": "eve@example.com", "name": "Eve", "created_at": INSTANT}
    change = {"user_id": user.id, "number": 9, "kind": "purged", "row_id": theirs["id"]}
    made = document(
        *(theirs | {"title": "taken over"}, row(user_id=user.id, version=77)),
        trash=[row(2, user_id=user.id, deleted_at=INSTANT)],
        changes=[change],
        account=account,
        number=9,
    )
    before = exported(user)
    assert imported(stranger, made) == (3, 0)
    assert {task["user_id"] for task in stranger.tasks()} == {stranger.id}
    assert {task["version"] for task in stranger.tasks()} == {1}
    assert exported(stranger)["number"] == 3
    assert exported(user) | {"exported_at": None} == before | {"exported_at": None}


def test_it_is_logged_as_creations_of_now_page_by_page(user: User):
    user.create()
    rows = [row(number) for number in range(PAGE + 2)]
    assert imported(user, document(*rows, trash=[row(PAGE + 2, deleted_at=INSTANT)])) == (203, 0)
    here = exported(user)
    changes = here["changes"][1:]
    assert [change["number"] for change in changes] == list(range(2, PAGE + 5))
    assert {change["kind"] for change in changes} == {"created"}
    assert [change["batch"] for change in changes] == [2] * PAGE + [PAGE + 2] * 2 + [PAGE + 4]
    assert all(change["at"] > here["changes"][0]["at"] for change in changes)
    assert {task["created_at"] for task in here["tasks"][:-1]} == {INSTANT}


def test_an_imported_task_is_one_like_any_other(user: User):
    imported(user, document(row(), trash=[row(2, deleted_at=INSTANT)]))
    (task,) = user.tasks()
    changed = user.patch(f"{user.path}/{task['id']}", json={"title": "changed"}).json()
    assert (changed["version"], changed["created_at"]) == (2, INSTANT)
    assert changed["updated_at"] > INSTANT
    assert user.task(row(2)["id"]).status_code == 404


def test_who_follows_the_changes_sees_what_was_imported_and_a_page_of_it_can_be_undone(user: User):
    rows = [row(number) for number in range(PAGE + 1)]
    trashed = row(PAGE + 1, deleted_at=INSTANT)
    imported(user, document(*rows, trash=[trashed]))
    seen = user.get(f"/api/{user.id}/changes", params={"since": 0, "limit": 1000}).json()
    assert {task["id"] for task in seen["tasks"]} == {each["id"] for each in rows}
    assert seen["removed"] == [trashed["id"]]
    undone = user.post(f"/api/{user.id}/changes/1/undo")
    assert undone.status_code == 200, undone.text
    assert [task["id"] for task in user.tasks()] == [rows[-1]["id"]]
    assert len(exported(user)["trash"]) == PAGE + 1


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "body"),
        (b"[]", ""),
        (b'"text"', ""),
        (b"null", ""),
        (b"{}", "format"),
        (b'{"tasks": []}', "format"),
        (b'{"tasks": [], "format": "todo-server/2"}', "format"),
        (b'{"format": null}', "format"),
        (b'{"format": "todo-server/2", "tasks": []}', "format"),
        (document(lists=[]), "lists"),
        ({"format": FORMAT, "tasks": {}}, "tasks"),
        ({"format": FORMAT, "tasks": None}, "tasks"),
        (document(trash="none"), "trash"),
        (document(changes=3), "changes"),
        (document(changes=[3]), "changes.0"),
        (document(None), "tasks.0"),
        (document([]), "tasks.0"),
        (document(row(), row(title="")), "tasks.1.title"),
        (document(row(title="x" * 501)), "tasks.0.title"),
        (document(row(title="\u200b")), "tasks.0.title"),
        (document(row(title=5)), "tasks.0.title"),
        (document(row(title="\ud800")), "tasks.0.title"),
        (document(row(description="\0")), "tasks.0.description"),
        (document(row(description="x" * 5001)), "tasks.0.description"),
        (document(row(completed="true")), "tasks.0.completed"),
        (document(row(colour="red")), "tasks.0.colour"),
        (document(row(deleted_at=INSTANT)), "tasks.0.deleted_at"),
        (document(trash=[row()]), "trash.0.deleted_at"),
        (document({"title": "no id", "created_at": INSTANT, "updated_at": INSTANT}), "tasks.0.id"),
        (document(row(id=5)), "tasks.0.id"),
        (document(row(id=None)), "tasks.0.id"),
        (document(row(id="0" * 32)), "tasks.0.id"),
        (document(row(id="00000000-0000-0000-0000-000000000000")), "tasks.0.id"),
        *(
            (document(row(created_at=instant)), "tasks.0.created_at")
            for instant in (
                *(None, 5, "", "today", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z"),
                *("10000-01-01T00:00:00Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05+99:99"),
                *("0001-01-01T00:00:00+14:00", "2026-01-02", "9999-12-31T23:59:59.999999Z"),
                "2026-01-02T03:04:60Z",
            )
        ),
    ],
    ids=str,
)
def test_what_is_wrong_is_422_and_named_and_its_page_is_not_taken_in(
    content: Any, place: str, user: User
):
    response = sent(user, content)
    assert response.status_code == 422, response.text
    assert [each["field"] for each in response.json()["details"]][:1] == ([place] if place else [])
    assert exported(user)["number"] == 0


WHOLE = json.dumps(document(row(), changes=[{"number": 1}])).encode()


@pytest.mark.parametrize(
    "content",
    [
        *(b" ", b"{", b"}", b"\xef\xbb\xbf" + WHOLE, WHOLE + b"x", WHOLE + WHOLE),
        WHOLE.decode().encode("utf-16"),
        WHOLE.replace(b"number 1", b"\xff"),
        WHOLE.replace(b"number 1", b"\xed\xa0\x80"),
        WHOLE.replace(b'"tasks"', b"tasks"),
        WHOLE.replace(b'"tasks"', b'"format"'),
        WHOLE.replace(b'"title"', b'"id"'),
        WHOLE.replace(b'"number": 1', b'"number": 1, "number": 1'),
        WHOLE.replace(b'"number": 1', b'"number": NaN'),
        WHOLE.replace(b'"number": 1', b'"number": ' + b"1" * 401),
        WHOLE.replace(b'"number": 1', b'"number": ' + b"1" * 200_000),
        WHOLE.replace(b'"number": 1', b'"number": ' + b"[" * 32 + b"]" * 32),
        WHOLE.replace(b'"number": 1', b'"number": ' + b"[" * 50_000),
        WHOLE.replace(b'"number": 1', b'"number": "' + b"x" * 200_000 + b'"'),
        WHOLE.replace(b"}]", b"},]"),
        WHOLE.replace(b"}]", b"} {}]"),
        WHOLE.replace(b"}]", b"}] // the end"),
    ],
)
def test_what_is_not_json_on_which_all_agree_is_400(content: bytes, user: User):
    response = sent(user, content)
    assert response.status_code == 400, response.text
    assert response.json()["error"] == "malformed_json"


def test_what_is_cut_off_anywhere_is_400_and_the_whole_may_be_sent_again(user: User):
    for length in range(1, len(WHOLE)):
        assert sent(user, WHOLE[:length]).status_code == 400
    assert imported(user, json.loads(WHOLE)) == (0, 1)


def test_pages_before_a_wrong_row_are_there_and_the_mended_document_is_sent_whole(user: User):
    rows = [row(number) for number in range(2 * PAGE)]
    wrong = [*rows[:-1], rows[-1] | {"title": ""}]
    response = sent(user, document(*wrong))
    assert response.status_code == 422
    assert response.json()["details"][0]["field"] == f"tasks.{2 * PAGE - 1}.title"
    assert exported(user)["number"] == PAGE
    assert imported(user, document(*rows)) == (PAGE, PAGE)
    assert imported(user, document(*rows)) == (0, 2 * PAGE)


def test_the_members_may_come_in_any_order(user: User):
    made = {"trash": [row(2, deleted_at=INSTANT)], **document(row()), "changes": []}
    assert imported(user, dict(reversed(made.items()))) == (2, 0)


def test_two_at_once_make_each_task_once(user: User, server: RunningServer):
    made = document(*(row(number) for number in range(5 * PAGE)))
    with ThreadPoolExecutor(4) as pool, ExitStack() as clients:
        users = [clients.enter_context(User(server, user.id)) for _ in range(4)]
        counted = list(pool.map(lambda each: imported(each, made), users))
    assert sum(created for created, _ in counted) == 5 * PAGE
    assert exported(user)["number"] == len(user.tasks()) == 5 * PAGE


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", None])
def test_what_is_not_declared_as_json_is_415(kind: str | None, user: User):
    headers = {} if kind is None else {"Content-Type": kind}
    response = user.post(f"/api/{user.id}/import", content=WHOLE, headers=headers)
    assert response.status_code == 415


def test_what_is_announced_to_be_too_long_is_413_before_it_is_read(user: User):
    headers = JSON | {"Content-Length": str(1024**3), "Expect": "100-continue"}
    with closing(HTTPConnection("127.0.0.1", user.server.port, timeout=30)) as connection:
        connection.putrequest("POST", f"/api/{user.id}/import")
        for name, value in ({"Authorization": f"Bearer {user.token}"} | headers).items():
            connection.putheader(name, value)
        connection.endheaders(WHOLE)
        assert connection.getresponse().status == 413


def test_what_turns_out_to_be_too_long_is_413(user: User):
    def endless() -> Iterator[bytes]:
        yield WHOLE
        for _ in range(257):
            yield b" " * 1024**2

    response = sent(user, endless())
    assert response.status_code == 413
    assert "256 MiB" in response.json()["detail"]


@pytest.mark.parametrize("wrong", ["", "yesterday", "2026-11-30", "2026-02-30T00:00:00Z"])
def test_when_it_was_exported_is_an_instant_though_nothing_keeps_it(wrong: str, user: User):
    body = {"format": FORMAT, "exported_at": wrong}
    response = user.post("/api/me/import", json=body)
    assert response.status_code == 422
    (detail,) = response.json()["details"]
    assert (detail["field"], detail["code"]) == ("exported_at", "datetime_parsing")
    assert user.post("/api/me/import", json=body | {"exported_at": INSTANT}).status_code == 200
