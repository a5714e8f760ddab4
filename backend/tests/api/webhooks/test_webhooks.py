"""Webhooks by their operations: made, changed, tested and deleted, by their owner alone."""

import json
from base64 import b64decode
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.nouns import listed, made, path_of
from tests.server import RunningServer, User, settings
from todo_server.models.webhook import MAX_WEBHOOKS

URL = "https://example.com/hook"


def webhook(user: User, **members: Any) -> dict[str, Any]:
    return made(user, "webhooks", **{"url": URL, **members})


def at(user: User, row: dict[str, Any], *parts: str) -> str:
    return path_of(user, "webhooks", row["id"], *parts)


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    problem = response.json()
    return response.status_code, problem["error"], problem["details"][0]["field"]


def test_a_webhook_is_made_with_a_secret_that_is_answered_once(user):
    response = user.post(path_of(user, "webhooks"), json={"url": URL})
    assert response.status_code == 201
    made_one = response.json()
    assert response.headers["location"] == at(user, made_one)
    assert response.headers["cache-control"] == "no-store"
    secret = made_one.pop("secret")
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert made_one["events"] == ["reminders"]
    assert made_one["enabled"] is True
    assert made_one["error"] is None
    assert UUID(made_one["id"]).version == 7
    assert made_one["user_id"] == user.id
    assert user.get(at(user, made_one)).json() == made_one
    assert listed(user, "webhooks") == [made_one]


def test_what_was_answered_can_be_sent_back_and_changes_nothing(user):
    row = webhook(user, events=["changes", "reminders"], enabled=False)
    assert row["events"] == ["reminders", "changes"]
    echoed = user.patch(at(user, row), json={k: v for k, v in row.items() if k != "secret"})
    assert echoed.status_code == 200
    same = {name: row[name] for name in ("id", "url", "events", "enabled", "created_at")}
    assert same.items() <= echoed.json().items()


def test_each_member_can_be_changed_alone(user):
    row = webhook(user)
    for change in (
        {"url": "https://example.com/other"},
        {"events": ["changes"]},
        {"enabled": False},
        {},
    ):
        row = {**{k: v for k, v in row.items() if k != "secret"}, **change}
        answered = user.patch(at(user, row), json=change).json()
        assert answered == row | {"updated_at": answered["updated_at"]}


def test_there_are_ten_at_most(user):
    for _ in range(MAX_WEBHOOKS):
        row = webhook(user)
    response = user.post(path_of(user, "webhooks"), json={"url": URL})
    assert response.status_code == 409
    assert response.json()["error"] == "limit_reached"
    assert user.delete(at(user, row)).status_code == 204
    webhook(user)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": None},
        {"url": ""},
        {"url": 7},
        {"url": "example.com"},
        {"url": "ftp://example.com/"},
        {"url": "https://user:password@example.com/"},
        {"url": "https://example.com:25/"},
        {"url": "https://example.com/#top"},
        {"url": "https://example.com/" + "a" * 2000},
        {"url": "http://127.0.0.1:8000/"},
        {"url": "http://0x7f.1/"},
        {"url": "http://2130706433/"},
        {"url": "https://example.com/a\0b"},
        {"url": "https://example.com/\0"},
        {"url": "http://[::ffff:127.0.0.1]/"},
        {"url": "http://169.254.169.254/latest/meta-data"},
    ],
    ids=json.dumps,
)
def test_an_address_that_will_not_do_is_refused(user, body):
    response = user.post(path_of(user, "webhooks"), json=body)
    assert refusal(response) == (422, "validation_failed", "url")
    if body:
        row = webhook(user)
        response = user.patch(at(user, row), json=body)
        assert refusal(response) == (422, "validation_failed", "url")


@pytest.mark.parametrize("events", [[], None, "reminders", ["everything"], [None], [["reminders"]]])
def test_events_that_there_are_not_are_refused(user, events):
    response = user.post(path_of(user, "webhooks"), json={"url": URL, "events": events})
    status, code, field = refusal(response)
    assert (status, code) == (422, "validation_failed")
    assert field.startswith("events")


@pytest.mark.parametrize("member", ["secret", "number", "old_secret", "colour"])
def test_nobody_chooses_a_secret_or_the_place_in_the_log(user, member):
    response = user.post(path_of(user, "webhooks"), json={"url": URL, member: "1"})
    assert refusal(response) == (422, "validation_failed", member)


def test_private_addresses_are_taken_where_the_server_allows_them(database_url):
    allowing = settings(database_url, webhook_private_addresses=True)
    with RunningServer(allowing) as server, User(server) as user:
        assert webhook(user, url="http://127.0.0.1:8000")["url"] == "http://127.0.0.1:8000/"


def test_a_new_secret_is_another_one_and_answered_once(user):
    row = webhook(user)
    renewed = user.post(at(user, row, "secret"))
    assert renewed.status_code == 200
    assert renewed.headers["cache-control"] == "no-store"
    assert renewed.json()["secret"] != row["secret"]
    assert "secret" not in user.get(at(user, row)).json()


def test_a_test_waits_to_be_delivered_and_a_disabled_webhook_takes_none(user):
    row = webhook(user)
    answered = user.post(at(user, row, "test"))
    assert answered.status_code == 202
    assert user.get(at(user, row, "deliveries")).json() == [answered.json()]
    assert answered.json()["status"] == "waiting"
    assert user.post(at(user, row, "test")).json() == answered.json()
    assert user.patch(at(user, row), json={"enabled": False}).status_code == 200
    assert user.get(at(user, row, "deliveries")).json() == []
    refused = user.post(at(user, row, "test"))
    assert refused.status_code == 409
    assert refused.json()["error"] == "webhook_disabled"


def test_lists_are_answered_304_where_nothing_has_changed(user):
    row = webhook(user)
    for path in (path_of(user, "webhooks"), at(user, row, "deliveries")):
        tag = user.get(path).headers["etag"]
        assert user.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_a_strangers_webhook_is_one_that_is_not_there(user, stranger):
    row = webhook(user)
    for method, parts in (
        ("GET", ()),
        ("PATCH", ()),
        ("DELETE", ()),
        ("POST", ("secret",)),
        ("POST", ("test",)),
        ("GET", ("deliveries",)),
    ):
        body = {"json": {"enabled": False}} if method == "PATCH" else {}
        response = stranger.request(method, at(stranger, row, *parts), **body)
        assert response.status_code == 404
        assert response.json()["error"] == "webhook_not_found"
    assert listed(stranger, "webhooks") == []
    assert user.get(at(user, row)).json()["enabled"] is True


def test_a_deleted_webhook_is_gone_and_so_are_its_deliveries(user):
    row = webhook(user)
    user.post(at(user, row, "test"))
    assert user.delete(at(user, row)).status_code == 204
    assert user.delete(at(user, row)).status_code == 404
    assert user.get(at(user, row, "deliveries")).status_code == 404


def test_secrets_stand_in_no_listing_export_or_change(user):
    secret = webhook(user, events=["changes"])["secret"]
    user.create()
    for noun in ("webhooks", "changes", "export", "notifications"):
        assert secret not in user.get(path_of(user, noun)).text
