"""`Idempotency-Key`: a request that is sent again does nothing more, and is answered as before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.idempotency.sending import SENT, WITH_CONDITION, Sent, new_key
from tests.contract import contract
from tests.databases import run
from tests.server import RunningServer, User, settings

every_operation = pytest.mark.parametrize("name", SENT)
MISSING = "00000000-0000-7000-8000-000000000000"


def shown(answer: httpx.Response) -> tuple[Any, ...]:
    """All that a client goes by."""
    own = ("date", "x-request-id", "idempotency-replayed")
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, answer.content, headers


def is_replay(answer: httpx.Response) -> bool:
    return "idempotency-replayed" in answer.headers


def log_of(user: User, url: str) -> int:
    counted = run(url, "SELECT count(*) FROM change WHERE user_id = $1", user.id)
    count: int = counted[0]["count"]
    return count


def test_every_operation_that_takes_a_key_is_tried_here():
    takes, may = set(), set()
    for path, operations in contract()["paths"].items():
        for method, operation in operations.items():
            if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", ())):
                takes.add(operation["operationId"])
            if path.startswith("/api/{user_id}/") and method != "get":
                may.add(operation["operationId"])
    assert takes == set(SENT)
    # The first may be sent again without, and nothing keeps the secret that the next one answers.
    assert may - takes == {"import", "make_calendar", "end_calendar"}


@every_operation
def test_a_request_that_is_sent_again_does_nothing_more_and_is_answered_alike(
    name, user, database_url
):
    key, task_id = new_key(), SENT[name].a_task(user)
    first = SENT[name].by(user, task_id, key)
    assert first.is_success, first.text
    assert not is_replay(first)
    done = log_of(user, database_url), user.tasks()
    for _ in range(2):
        again = SENT[name].by(user, task_id, key)
        assert shown(again) == shown(first)
        assert is_replay(again)
    assert (log_of(user, database_url), user.tasks()) == done


@pytest.mark.parametrize("name", WITH_CONDITION)
def test_a_request_with_a_condition_is_answered_alike_though_it_is_not_met_any_more(name, user):
    key, task_id = new_key(), WITH_CONDITION[name].a_task(user)
    first = WITH_CONDITION[name].by(user, task_id, key)
    assert first.is_success, first.text
    again = WITH_CONDITION[name].by(user, task_id, key)
    assert shown(again) == shown(first)
    assert is_replay(again)


@every_operation
def test_what_was_answered_then_is_answered_though_the_task_changed_since(name, user):
    key, task_id = new_key(), SENT[name].a_task(user)
    first = SENT[name].by(user, task_id, key)
    (changed, *_) = [task["id"] for task in user.tasks()] or [user.create()["id"]]
    assert user.put(f"{user.path}/{changed}", json={"title": "Later"}).is_success
    assert shown(SENT[name].by(user, task_id, key)) == shown(first)
    assert user.task(changed).json()["title"] == "Later"


def test_what_came_into_the_trash_since_it_was_emptied_stays_there(user):
    key = new_key()
    for replay in (False, True):
        trashed = SENT["empty_trash"].a_task(user)
        answer = SENT["empty_trash"].by(user, "", key)
        assert (answer.status_code, is_replay(answer)) == (204, replay)
    assert SENT["restore_task"].by(user, trashed, new_key()).status_code == 200


def test_a_purge_that_was_not_done_leaves_its_key_free(user):
    key, task_id = new_key(), SENT["purge_task"].a_task(user)
    refused = SENT["purge_task"]._replace(headers={"If-Match": '"1"'}).by(user, task_id, key)
    assert refused.status_code == 412
    answer = SENT["purge_task"].by(user, task_id, key)
    assert (answer.status_code, is_replay(answer)) == (204, False)


def test_another_key_is_another_request(user):
    for _ in range(2):
        assert not is_replay(SENT["create_task"].by(user, "", new_key()))
    assert len(user.tasks()) == 2


def test_the_key_of_another_user_is_another_key(user, stranger):
    key = new_key()
    theirs = SENT["create_task"].by(user, "", key)
    own = SENT["create_task"].by(stranger, "", key)
    assert not is_replay(own)
    assert own.json()["user_id"] == stranger.id
    assert own.json()["id"] != theirs.json()["id"]
    assert len(user.tasks()) == len(stranger.tasks()) == 1


@pytest.mark.parametrize(
    "other",
    [
        Sent("POST", "/tasks", {"title": "Twice"}),
        Sent("POST", "/tasks", {"title": "Once", "completed": True}),
        Sent("POST", "/tasks?a=b", {"title": "Once"}),
        *(SENT[name] for name in SENT if name != "create_task"),
        Sent("DELETE", f"/tasks/{MISSING}"),
        Sent("PUT", f"/tasks/{MISSING}", {"title": "Once"}),
        Sent("PUT", body={"title": "Once"}, headers={"If-Match": '"7"'}),
    ],
    ids=str,
)
def test_a_key_that_stands_for_another_request_is_422_and_nothing_is_done(other, user):
    key, task = new_key(), user.create()
    SENT["create_task"].by(user, "", key)
    before = user.tasks()
    refused = other.by(user, task["id"], key)
    assert (refused.status_code, refused.json()["error"]) == (422, "idempotency_key_reused")
    assert user.tasks() == before


def test_after_a_refusal_the_key_may_be_used_again(user):
    key, task = new_key(), user.create()
    refused = [
        Sent("POST", "/tasks", {"title": ""}).by(user, "", key),
        Sent("POST", "/tasks", {"title": "Once", "no": "member"}).by(user, "", key),
        Sent("DELETE").by(user, MISSING, key),
        Sent("PATCH", "/tasks/{id}/complete").by(user, MISSING, key),
        Sent("PUT", body={"title": "x"}, headers={"If-Match": '"7"'}).by(user, task["id"], key),
    ]
    assert [answer.status_code for answer in refused] == [422, 422, 404, 404, 412]
    made = SENT["create_task"].by(user, "", key)
    assert made.status_code == 201
    assert not is_replay(made)


@pytest.mark.parametrize("key", ["x", "!" * 255, '"quoted-as-in-the-draft"', "a,b;c=d"])
def test_a_key_is_any_visible_ascii(key, user):
    first, again = (SENT["create_task"].by(user, "", key) for _ in range(2))
    assert first.status_code == 201
    assert is_replay(again)


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é", "a\tb"])
def test_what_is_no_key_is_422_and_nothing_is_done(key, user):
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    answer = user.post(user.path, json={"title": "Once"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["details"][0]["field"] == "Idempotency-Key"
    assert user.tasks() == []


def test_two_keys_are_422(user):
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = user.post(user.path, json={"title": "Once"}, headers=headers)
    assert answer.status_code == 422
    assert user.tasks() == []


def test_a_key_means_nothing_to_what_only_reads(user):
    task = user.create()
    for path in (user.path, f"{user.path}/{task['id']}"):
        answer = user.get(path, headers={"Idempotency-Key": "no key at all"})
        assert answer.status_code == 200


@pytest.mark.parametrize("name", ["create_task", "complete_task", "delete_task", "restore_task"])
def test_fifty_at_once_do_it_once_and_are_answered_alike(name, user, database_url):
    key, task_id = new_key(), SENT[name].a_task(user)
    before = log_of(user, database_url)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: SENT[name].by(user, task_id, key), range(50)))
    assert {answer.status_code for answer in answers} <= {200, 201, 204}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers.get("etag") for answer in answers}) == 1
    assert sum(is_replay(answer) for answer in answers) == 49
    assert log_of(user, database_url) == before + 1


def test_a_key_comes_to_its_end_after_a_day(database_url):
    now = datetime(2026, 11, 30, tzinfo=UTC)
    with RunningServer(settings(database_url)) as server, User(server) as user:
        server.app.state.database._clock = lambda: now  # noqa: SLF001 - a clock
        key = new_key()
        first = SENT["create_task"].by(user, "", key)
        now += timedelta(hours=23, minutes=59)
        assert shown(SENT["create_task"].by(user, "", key)) == shown(first)
        now += timedelta(minutes=1)
        anew = SENT["create_task"].by(user, "", key)
        assert (anew.status_code, is_replay(anew)) == (201, False)
        assert anew.json()["id"] != first.json()["id"]
        now += timedelta(hours=23)
        assert shown(SENT["create_task"].by(user, "", key)) == shown(anew)
        now += timedelta(days=1)
        task_id = anew.json()["id"]
        other = SENT["delete_task"].by(user, task_id, key)  # nor does it stand for a request
        assert (other.status_code, is_replay(other)) == (204, False)
        again = SENT["delete_task"].by(user, task_id, key)
        assert (again.status_code, is_replay(again)) == (204, True)
        assert [task["id"] for task in user.tasks()] == [first.json()["id"]]


def test_pages_may_send_a_key_and_read_whether_it_was_replayed(database_url):
    origin = "https://todo.example"
    with RunningServer(settings(database_url, cors_origins=origin)) as server, User(server) as user:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        }
        assert user.options(user.path, headers=asked).status_code in {200, 204}
        answer = user.post(user.path, json={"title": "x"}, headers={"Origin": origin})
        exposed = answer.headers["access-control-expose-headers"]
        assert "Idempotency-Replayed" in exposed.split(", ")
