"""Members that break a rule, are unknown, too many, or not the client's to write."""

import pytest

from tests.api.requests.bodies.sending import JSON, check_refused
from tests.server import User
from todo_server.models import TaskCreate

BROKEN_RULES = {
    "no title": b'{"title":null}',
    "a number as title": b'{"title":5}',
    "truth as title": b'{"title":true}',
    "a number too great as title": b'{"title":1e999}',
    "a list as title": b'{"title":["x"]}',
    "an object as title": b'{"title":{"$ne":null}}',
    "an empty title": b'{"title":""}',
    "a blank title": b'{"title":" \\t\\r\\n"}',
    "a title of no-break spaces": rb'{"title":"\u00a0\u3000\u2003"}',
    "a title of zero-width characters": rb'{"title":"\u200b\u200d\ufeff\u2060\u00ad"}',
    "a title of direction marks": rb'{"title":"\u200e\u202e\u2066"}',
    "a title of Hangul fillers": rb'{"title":"\u3164\u115f"}',
    "a title of controls": rb'{"title":"\u0001\u007f\u0085"}',
    "a title of variation selectors": rb'{"title":"\ufe0f\udb40\udd00"}',
    "a title that is a NUL": rb'{"title":"\u0000"}',
    "a NUL in the title": rb'{"title":"a\u0000b"}',
    "a NUL at the end of the title": rb'{"title":"a\u0000"}',
    "a lone high surrogate": rb'{"title":"a\ud800"}',
    "a lone low surrogate": rb'{"title":"a\udc00"}',
    "a pair of surrogates the wrong way round": rb'{"title":"\ude00\ud83d"}',
    "a title of 501": b'{"title":"' + b"a" * 501 + b'"}',
    "a title of 501 astral characters": ('{"title":"' + "\U0001f642" * 501 + '"}').encode(),
    "a title of 501 after trimming": b'{"title":"  ' + b"a" * 501 + b'  "}',
    "a title of a million": b'{"title":"' + b"a" * 1_000_000 + b'"}',
    "a number as description": b'{"title":"x","description":5}',
    "truth as description": b'{"title":"x","description":false}',
    "a list as description": b'{"title":"x","description":[]}',
    "an object as description": b'{"title":"x","description":{}}',
    "a NUL in the description": rb'{"title":"x","description":"a\u0000b"}',
    "a lone surrogate in the description": rb'{"title":"x","description":"\ud800"}',
    "a description of 5,001": b'{"title":"x","description":"' + b"a" * 5001 + b'"}',
    "a description of 5,001 astral characters": (
        '{"title":"x","description":"' + "\U0001f642" * 5001 + '"}'
    ).encode(),
    "null for completed": b'{"title":"x","completed":null}',
    "a string for completed": b'{"title":"x","completed":"true"}',
    "an empty string for completed": b'{"title":"x","completed":""}',
    "one for completed": b'{"title":"x","completed":1}',
    "zero for completed": b'{"title":"x","completed":0}',
    "minus zero for completed": b'{"title":"x","completed":-0}',
    "a float for completed": b'{"title":"x","completed":1.0}',
    "a number too great for completed": b'{"title":"x","completed":1e400}',
    "a number too small for completed": b'{"title":"x","completed":1e-400}',
    "a great integer for completed": b'{"title":"x","completed":' + b"9" * 400 + b"}",
    "a list for completed": b'{"title":"x","completed":[true]}',
}
BROKEN_RULES |= {
    f"{value.decode()} for {name}": b'{"title":"x","%s":%s}' % (name.encode(), value)
    for name in sorted(TaskCreate.model_fields.keys() - {"title"})
    for value in (b"[]", b'[""]', b"{}", b"1e400", rb'"\u0000"')
    if (name, value) not in {("tags", b"[]"), ("reminders", b"[]")}
}


@pytest.mark.parametrize("body", BROKEN_RULES.values(), ids=list(BROKEN_RULES))
def test_a_member_that_breaks_a_rule_is_422_and_changes_nothing(user: User, body: bytes):
    check_refused(user, body, 422, "validation_failed")


UNKNOWN = [
    rb"colour",
    rb"",
    rb" ",
    rb"Title",
    rb"TITLE",
    rb"title ",
    rb"title.x",
    rb"t\u200bitle",
    rb"\u0442itle",
    rb"__proto__",
    rb"constructor",
    rb"prototype",
    rb"__class__",
    rb"__dict__",
    rb"model_config",
    rb"model_fields_set",
    rb"self",
    rb"$where",
    rb"owner",
    rb"userId",
    rb"user-id",
    rb"is_admin",
    rb"deleted",
    rb"change",
    rb"body",
    rb"\u0000",
    rb"\ud800",
    rb"a\udc00b",
    rb"\u202e",
    rb"\ud83d\ude00",
    rb"'; DROP TABLE task; --",
    b"a" * 10_000,
]


@pytest.mark.parametrize("name", UNKNOWN, ids=[name[:30].decode() or "empty" for name in UNKNOWN])
def test_an_unknown_member_is_422_whatever_its_name(user: User, name: bytes):
    check_refused(user, b'{"completed":true,"' + name + b'":{"a":[1]}}', 422, "validation_failed")


def test_each_member_at_fault_is_named(user: User):
    response = user.post(user.path, json={"title": "", "completed": 1, "description": 5, "x": 0})
    fields = {detail["field"] for detail in response.json()["details"]}
    assert {"title", "completed", "description", "x"} == {name.split(".")[0] for name in fields}


def test_what_was_sent_is_not_repeated_in_the_refusal(user: User):
    secret = "the colour of my password"
    for body in (
        {"title": [secret]},
        {"title": {"x": secret}},
        {"title": "x", "completed": secret},
    ):
        assert secret not in user.post(user.path, json=body).text


def with_members(number: int) -> bytes:
    return b'{"title":"x",' + b",".join(b'"%x":1' % n for n in range(number - 1)) + b"}"


def test_two_hundred_faults_get_a_short_answer(user: User):
    response = user.post(user.path, content=with_members(200), headers=JSON)
    assert (response.status_code, len(response.json()["details"])) == (422, 100)
    assert "(and 198 more)" in response.json()["detail"]
    assert len(response.content) < 20_000


TOO_MANY = {
    "201 members": with_members(201),
    "100,000 members": with_members(100_000),
    "201 elements": b'{"title":"x","id":[' + b"1," * 198 + b"1]}",
    "340,000 objects": b'{"title":"x","id":[' + b"{}," * 340_000 + b"1]}",
}


@pytest.mark.parametrize("body", TOO_MANY.values(), ids=list(TOO_MANY))
def test_more_than_200_members_and_elements_are_400(user: User, body: bytes):
    check_refused(user, body, 400, "malformed_json")


def test_punctuation_in_a_text_is_no_member(user: User):
    for text in (",", "[", "{", '"', "\\", ',"\\"{'):
        description = (text * 5000)[:5000]
        assert user.create(description=description)["description"] == description


READ_ONLY = (b"id", b"user_id", b"created_at", b"updated_at")
IGNORED = {
    "null": b"null",
    "31 levels of arrays": b"[" * 31 + b"]" * 31,
    "31 levels of objects": b'{"a":' * 31 + b"1" + b"}" * 31,
    "a number too great": b"1e400",
    "minus zero": b"-0",
    "400 digits": b"9" * 400,
    "a NUL": rb'"\u0000"',
    "a lone surrogate": rb'{"\ud800":"\udc00"}',
    "a long text": b'"' + b"a" * 100_000 + b'"',
    "keys of other languages": b'{"__proto__":{"a":1},"constructor":1}',
    "30 February": b'"2026-02-30T00:00:00Z"',
    "year 0": b'"0000-01-01T00:00:00Z"',
    "year 10000": b'"10000-01-01T00:00:00Z"',
    "no offset": b'"2026-01-01T00:00:00"',
    "an absurd offset": b'"2026-01-01T00:00:00+99:99"',
    "before year 1 in UTC": b'"0001-01-01T00:00:00+14:00"',
    "an integer": b"1700000000",
}


@pytest.mark.parametrize("value", IGNORED.values(), ids=list(IGNORED))
def test_read_only_members_are_ignored_whatever_they_hold(user: User, value: bytes):
    task = user.create("Mine")
    members = b"".join(b',"%b":%b' % (name, value) for name in READ_ONLY)
    path = f"{user.path}/{task['id']}"
    for method in ("PUT", "PATCH"):
        body = b'{"completed":false' + members + b"}"
        assert user.request(method, path, content=body, headers=JSON).json() == task
        assert (
            user.request(method, path, content=b"{%b}" % members[1:], headers=JSON).json() == task
        )
    body = b'{"completed":false' + members + b"}"
    assert user.patch(f"{path}/complete", content=body, headers=JSON).json() == task
    created = user.post(user.path, content=b'{"title":"x"' + members + b"}", headers=JSON).json()
    assert created["user_id"] == user.id
    assert created["id"] > task["id"]
