"""Cursors of others, tampered with, and made up."""

import base64
import json
from collections.abc import Callable

import httpx
import pytest

from tests.api.requests.queries.asking import ask, check_refused
from tests.server import User
from todo_server.domain.cursor import write_cursor
from todo_server.domain.task_query import Order, Sort, Status, TaskQuery

SOME_ID = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"


def cursor_of(user: User, **query: str | int) -> str:
    response = user.get(user.path, params={"limit": 1, **query})
    return httpx.URL(response.links["next"]["url"]).params["cursor"]


def check_foreign(user: User, cursor: str, **query: str) -> None:
    response = user.get(user.path, params={"cursor": cursor, "limit": 1, **query})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_cursor"), cursor


def test_a_cursor_serves_any_limit_and_either_name_of_its_sort(user: User):
    cursor = cursor_of(user, sort="title", order="asc")
    for query in ("limit=1", "limit=200", "", "status=all", "x=y"):
        for sort in ("sort=title", "sort_by=title&order=asc", "sort=title&sort_order=asc"):
            assert ask(user, f"{query}&{sort}&cursor={cursor}").json()[0]["title"] == "b"


def test_a_cursor_of_somebody_else_is_400(user: User, stranger: User):
    stranger.create()
    stranger.create()
    check_foreign(user, cursor_of(stranger))


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("sort", Sort)
def test_a_cursor_of_another_sort_order_or_status_is_400(
    user: User, sort: Sort, order: Order, status: Status
):
    asked = TaskQuery(status=status, sort=sort, order=order)
    instant = "2026-01-01T00:00:00.000000Z"
    position = {"id": [], "updated_at": [instant], "completed_at": [instant], "due_at": [instant]}
    at = json.dumps([*position.get(asked.keys[0].column, ["1"]), SOME_ID])
    cursor = write_cursor(user.id, asked, at)
    for other in Sort:
        if other is not sort:
            check_foreign(user, cursor, sort=other, order=order, status=status)
    for another in Order:
        if another is not order:
            check_foreign(user, cursor, sort=sort, order=another, status=status)
    for one_more in Status:
        if one_more is not status:
            check_foreign(user, cursor, sort=sort, order=order, status=one_more)
    query = {"cursor": cursor, "sort": sort, "order": order, "status": status}
    assert user.get(user.path, params=query).status_code == 200


TAMPERINGS: dict[str, Callable[[str], str]] = {
    "its first character is another": lambda c: chr(ord(c[0]) ^ 1) + c[1:],
    "its last character is another": lambda c: c[:-1] + chr(ord(c[-1]) ^ 1),
    "it is cut": lambda c: c[:-1],
    "it is cut to the checksum": lambda c: c[:11],
    "it is longer": lambda c: c + "A",
    "it is there twice": lambda c: c + c,
    "it is padded": lambda c: c + "=",
    "it is padded twice": lambda c: c + "==",
    "a space follows": lambda c: c + " ",
    "a line feed follows": lambda c: c + "\n",
    "a NUL follows": lambda c: c + "\0",
    "something that decoders skip is inside": lambda c: c[:5] + "!" + c[5:],
    "it is in capitals": str.upper,
    "it is encoded again": lambda c: base64.urlsafe_b64encode(c.encode()).decode(),
    "it is in quotes": lambda c: f'"{c}"',
    "it is backwards": lambda c: c[::-1],
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=list(TAMPERINGS))
def test_a_cursor_that_was_tampered_with_is_400(user: User, tamper: Callable[[str], str]):
    check_foreign(user, tamper(cursor_of(user)))


@pytest.mark.parametrize("bit", range(8))
def test_no_bit_of_a_position_can_be_changed(user: User, bit: int):
    cursor = cursor_of(user)
    payload = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for place in range(len(payload)):
        changed = bytearray(payload)
        changed[place] ^= 1 << bit
        check_foreign(user, base64.urlsafe_b64encode(changed).decode().rstrip("="))


INVENTED = {
    "a word": "next",
    "null": "null",
    "an id": SOME_ID,
    "a number": "2",
    "an empty list": "W10",
    "a list of nothing but text": base64.urlsafe_b64encode(b'["x"]').decode(),
    "an array in the open": '["x"]',
    "SQL": "' OR 1=1 --",
    "a NUL": "\0",
    "not ASCII": "\u00e9\U0001f642",
    "padding alone": "====",
    "deep nesting": base64.urlsafe_b64encode(b"\0" * 8 + b"[" * 1400).decode(),
    "a JSON web token": "eyJhbGciOiJub25lIn0.e30.",
    "2,048 characters": "A" * 2048,
}


@pytest.mark.parametrize("cursor", INVENTED.values(), ids=list(INVENTED))
def test_a_cursor_that_was_made_up_is_400(user: User, cursor: str):
    for sort in Sort:
        check_foreign(user, cursor, sort=sort)


@pytest.mark.parametrize("cursor", ["", "A" * 2049, "\U0001f642" * 100 + "A" * 1949])
def test_a_cursor_of_no_or_too_many_characters_is_422(user: User, cursor: str):
    response = user.get(user.path, params={"cursor": cursor})
    check_refused(response, "cursor", "invalid")


FORGED = {
    "null": "null",
    "a number": "5",
    "a string": f'"{SOME_ID}"',
    "an object": f'{{"{SOME_ID}":1}}',
    "nothing": "[]",
    "no id": '["x","y"]',
    "an id that is a number": '["x",5]',
    "a key that is a number": f'[5,"{SOME_ID}"]',
    "a key that is null": f'[null,"{SOME_ID}"]',
    "a key that is a list": f'[["x"],"{SOME_ID}"]',
    "a NUL": rf'["\u0000","{SOME_ID}"]',
    "a lone surrogate": rf'["\ud800","{SOME_ID}"]',
    "deep nesting": "[" * 1400,
    "NaN": f'[NaN,"{SOME_ID}"]',
}


@pytest.mark.parametrize("position", FORGED.values(), ids=list(FORGED))
def test_a_position_that_is_none_is_400_though_its_checksum_holds(user: User, position: str):
    for sort in Sort:
        if sort in (Sort.COMPLETED, Sort.DUE) and position == FORGED["a key that is null"]:
            continue  # which is one
        cursor = write_cursor(user.id, TaskQuery(sort=sort, order=Order.DESCENDING), position)
        check_foreign(user, cursor, sort=sort, order="desc")


@pytest.mark.parametrize(
    "instant", ["2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "now", ""]
)
def test_an_instant_that_is_none_is_400_though_the_checksum_holds(user: User, instant: str):
    position = json.dumps([instant, SOME_ID])
    cursor = write_cursor(user.id, TaskQuery(sort=Sort.UPDATED), position)
    check_foreign(user, cursor, sort="updated_at", order="desc")


def test_a_forged_cursor_shows_its_maker_nobody_elses_tasks(user: User, stranger: User):
    theirs = [stranger.create()["id"] for _ in range(2)]
    cursor = write_cursor(user.id, TaskQuery(), json.dumps([theirs[1]]))
    listed = user.get(user.path, params={"cursor": cursor}).json()
    assert {task["user_id"] for task in listed} == {user.id}
