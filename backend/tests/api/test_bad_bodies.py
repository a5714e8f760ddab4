"""Bodies that are not what they should be: each is refused, and nothing is broken after it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server import User

JSON = {"Content-Type": "application/json"}
PROPERTY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def in_json(value: Any, *, escaped: bool = True) -> bytes:
    return json.dumps(value, ensure_ascii=escaped).encode()


@pytest.fixture(autouse=True)
def _the_list_survives(user: User) -> Iterator[None]:
    before = user.create("Here before")
    yield
    assert before in user.tasks()
    assert before in user.tasks(sort="title", limit=200)


def writings(user: User, task_id: str) -> list[tuple[str, str]]:
    """All operations that read a body."""
    return [
        ("POST", user.path),
        ("PUT", f"{user.path}/{task_id}"),
        ("PATCH", f"{user.path}/{task_id}"),
        ("PATCH", f"{user.path}/{task_id}/complete"),
    ]


def check_refused(user: User, body: bytes, status: int, code: str) -> None:
    """Send a body to every operation that reads one; it must change nothing anywhere."""
    task = user.create("Unchanged", description="as it was")
    before = user.tasks()
    for method, path in writings(user, task["id"]):
        response = user.request(method, path, content=body, headers=JSON)
        assert (response.status_code, response.json()["error"]) == (status, code), (method, path)
    assert user.tasks() == before


MALFORMED = {
    "spaces alone": b" \n",
    "a cut object": b'{"title":"x"',
    "a cut name": b'{"title',
    "a cut string": b'{"title":"x',
    "trailing bytes": b'{"title":"x"} x',
    "one brace too many": b'{"title":"x"}}',
    "two objects": b'{"title":"x"}{"title":"y"}',
    "two lines": b'{"title":"x"}\n{"title":"y"}',
    "a NUL after it": b'{"title":"x"}\0',
    "a NUL before it": b'\0{"title":"x"}',
    "a record separator before it": b'\x1e{"title":"x"}',
    "a guard against reading": b")]}',\n{}",
    "a trailing comma": b'{"title":"x",}',
    "single quotes": b"{'title':'x'}",
    "bare names": b'{title:"x"}',
    "a comment": b'/* x */{"title":"x"}',
    "a comment to the end": b'{"title":"x"} // x',
    "NaN": b'{"completed":NaN}',
    "NaN in an ignored member": b'{"title":"x","id":NaN}',
    "Infinity": b'{"completed":Infinity}',
    "minus Infinity": b'{"completed":-Infinity}',
    "Python's True": b'{"completed":True}',
    "undefined": b'{"completed":undefined}',
    "a member twice": b'{"title":"x","title":"y"}',
    "a member twice, once escaped": rb'{"title":"x","\u0074itle":"y"}',
    "an ignored member twice": b'{"title":"x","id":1,"id":1}',
    "a member twice in an ignored one": b'{"title":"x","id":{"a":1,"a":1}}',
    "a byte-order mark": b'\xef\xbb\xbf{"title":"x"}',
    "UTF-16": '{"title":"x"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"title":"x"}'.encode("utf-16-le"),
    "UTF-32": '{"title":"x"}'.encode("utf-32"),
    "UTF-7": b"+AHsAIg-title+ACIAOgAi-x+ACIAfQ-",
    "Latin-1": '{"title":"caf\u00e9"}'.encode("latin-1"),
    "an overlong slash": b'{"title":"\xc0\xaf"}',
    "an overlong NUL": b'{"title":"a\xc0\x80"}',
    "an encoded surrogate": b'{"title":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"title":"\xf4\x90\x80\x80"}',
    "a cut character": b'{"title":"\xe2\x82"}',
    "FF in a name": b'{"\xff":"x"}',
    "a raw line feed": b'{"title":"a\nb"}',
    "a raw NUL": b'{"title":"a\0b"}',
    "a hex escape": rb'{"title":"\x41"}',
    "an escape of no digits": rb'{"title":"\uZZZZ"}',
    "a leading zero": b'{"completed":01}',
    "a leading plus": b'{"completed":+1}',
    "hexadecimal": b'{"completed":0x1}',
    "5,000 digits": b'{"completed":' + b"9" * 5000 + b"}",
    "5,000 digits in an ignored member": b'{"title":"x","id":-' + b"9" * 5000 + b"}",
    "33 levels": b'{"title":"x","id":' + b"[" * 32 + b"]" * 32 + b"}",
    "33 levels of objects": b'{"id":' * 33 + b"1" + b"}" * 33,
    "33 levels in the title": b'{"title":' + b"[" * 32 + b"]" * 32 + b"}",
    "100,000 levels": b'{"title":"x","id":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 levels that do not end": b"[" * 100_000,
    "100,000 levels of objects": b'{"id":' * 100_000,
    "a form": b"title=x&completed=true",
    "XML": b"<task><title>x</title></task>",
    "a gzip stream": bytes.fromhex("1f8b0800000000000003ab562ac92cc9495500000000ffff"),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=list(MALFORMED))
def test_a_body_that_is_not_json_is_400_and_changes_nothing(user: User, body: bytes):
    check_refused(user, body, 400, "malformed_json")


NO_OBJECT = {
    "null": b"null",
    "true": b"true",
    "a number": b"5",
    "minus zero": b"-0",
    "a number too great": b"1e999",
    "a string": b'"x"',
    "JSON in a string": rb'"{\"title\":\"x\"}"',
    "an empty array": b"[]",
    "an array of tasks": b'[{"title":"x"}]',
    "an array of pairs": b'[["title","x"]]',
}


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=list(NO_OBJECT))
def test_a_body_that_is_no_object_is_422(user: User, body: bytes):
    check_refused(user, body, 422, "validation_failed")


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


@pytest.mark.parametrize("body", BROKEN_RULES.values(), ids=list(BROKEN_RULES))
def test_a_member_that_breaks_a_rule_is_422_and_changes_nothing(user: User, body: bytes):
    check_refused(user, body, 422, "validation_failed")


UNKNOWN = [
    rb"priority",
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


@pytest.mark.parametrize(("method", "suffix"), [("POST", ""), ("PUT", "/{}"), ("PATCH", "/{}")])
def test_no_body_at_all_is_422_where_one_is_needed(user: User, method: str, suffix: str):
    path = user.path + suffix.format(user.create()["id"])
    for headers in ({}, JSON, {"Content-Type": "text/plain"}):
        assert user.request(method, path, headers=headers).status_code == 422


VERBATIM = {
    "500 letters": "a" * 500,
    "500 astral characters": "\U0001f642" * 500,
    "500 characters of the last plane": "\U0010fffd" * 500,
    "right-to-left override": "invoice\u202efdp.exe",
    "a family": "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "a flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "a hundred accents": "e" + "\u0301" * 100,
    "composed and decomposed stay different": "\u00e9 e\u0301 \u212b \u00c5",
    "letters that grow in lower case": "\u0130" * 500,
    "letters that grow in upper case": "\u00df\ufb03" * 250,
    "private use": "\uf8ff",
    "the newest emoji": "\U0001fae9",
    "what nobody has assigned": "\u0378\U0003fffd",
    "noncharacters": "a\ufffe\uffff\ufdd0\U0010ffff",
    "the replacement character": "\ufffd",
    "controls inside": "a\u0001\u001b[31m\u007f\u0085b",
    "line separators inside": "a\u2028b\u2029c\nd\r\ne",
    "zero-width spaces around": "\u200ba\u200b",
    "a byte-order mark before": "\ufeffa",
    "SQL": "'; DROP TABLE task; --",
    "a format string": "%s %n {0} ${x} {{x}} $1 :name",
    "markup": "<script>alert(1)</script>&amp;",
    "JSON": '{"a": "\\u0041 \\\\ \\""}',
    "like patterns": "100% _ \\",
}


@pytest.mark.parametrize("text", VERBATIM.values(), ids=list(VERBATIM))
@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "as it is"])
def test_odd_text_is_kept_verbatim_by_every_operation(user: User, text: str, escaped: bool):
    body = in_json({"title": text, "description": text}, escaped=escaped)
    created = user.post(user.path, content=body, headers=JSON).json()
    assert (created["title"], created["description"]) == (text, text)
    path = f"{user.path}/{created['id']}"
    assert user.get(path).json() == created
    for method in ("PUT", "PATCH"):
        user.request(method, path, json={"title": "another", "description": None})
        changed = user.request(method, path, content=body, headers=JSON).json()
        assert changed | {"updated_at": created["updated_at"]} == created
    for sort in ("created_at", "updated_at", "title"):
        assert changed in user.tasks(sort=sort, limit=200)


def test_a_description_of_5000_astral_characters_is_kept(user: User):
    text = "".join(chr(0x1F300 + n % 512) for n in range(5000))
    task = user.create(description=text)
    assert user.task(task["id"]).json()["description"] == text


@pytest.mark.parametrize("around", [" ", "\u00a0", "\u3000", "\t\r\n", "\u2028"])
def test_a_title_of_500_after_trimming_is_kept(user: User, around: str):
    assert user.create(around * 30 + "a" * 500 + around * 30)["title"] == "a" * 500


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


def test_white_space_and_escaped_names_are_json_too(user: User):
    body = b' \r\n\t{ "\\u0074itle" :\n"x" }\n '
    assert user.post(user.path, content=body, headers=JSON).json()["title"] == "x"


def distinct(length: int, seed: int) -> str:
    """Astral text that does not compress."""
    return "".join(chr(0x20000 + (n * 7919 + seed * 104_729) % 40_000) for n in range(length))


def test_the_longest_texts_of_the_longest_user_fit_every_index(new_user: Callable[..., User]):
    user = new_user(distinct(255, 1))
    user.path = "/api/me/tasks"
    made = [user.create(distinct(500, n), description=distinct(5000, n)) for n in range(3)]
    for sort in ("created_at", "updated_at", "title"):
        listed = []
        response = user.get(user.path, params={"sort": sort, "limit": 1})
        while "next" in response.links:
            listed += response.json()
            response = user.get(response.links["next"]["url"])
        listed += response.json()
        assert sorted(listed, key=lambda task: task["id"]) == made
    own_path = f"/api/{user.id}/tasks"
    assert user.get(own_path).json() == user.tasks()
    location = user.post(own_path, json={"title": "x"}).headers["location"]
    assert user.get(location).json()["title"] == "x"


def test_titles_that_tie_in_what_is_sorted_are_all_listed_once(user: User):
    titles = ["\U00020000" * 200 + tail for tail in "dbacfe"] + ["\U00020000" * 200] * 5
    made = {user.create(title)["id"] for title in titles}
    for order in ("asc", "desc"):
        listed = []
        response = user.get(user.path, params={"sort": "title", "order": order, "limit": 2})
        while True:
            listed += [task["id"] for task in response.json()]
            if "next" not in response.links:
                break
            response = user.get(response.links["next"]["url"])
        assert len(listed) == len(titles) + 1
        assert made < set(listed)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()))
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
TASKS = st.fixed_dictionaries(
    {"title": st.text(st.characters(exclude_categories=())) | ANYTHING},
    optional={"description": st.text() | ANYTHING, "completed": st.booleans() | ANYTHING},
)


@PROPERTY
@given(body=TASKS)
def test_any_task_is_either_kept_as_it_was_sent_or_refused(user: User, body: dict[str, Any]):
    response = user.post(user.path, content=in_json(body), headers=JSON)
    assert response.status_code in (201, 422)
    if response.status_code == 201:
        task = response.json()
        assert task["title"] in body["title"]
        assert task["description"] == (body.get("description") or None)
        assert task["completed"] is body.get("completed", False)
        assert user.task(task["id"]).json() == task


@PROPERTY
@given(body=st.binary(max_size=200) | st.text('{}[]":,0123456789eE.-+truefalsn\\u').map(str.encode))
def test_any_bytes_are_answered_without_an_error_of_the_servers(user: User, body: bytes):
    for method, path in writings(user, "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"):
        response = user.request(method, path, content=body, headers=JSON)
        assert response.status_code in (400, 404, 422)
