"""Bodies that are not JSON, or no object."""

import pytest

from tests.api.requests.bodies.sending import JSON, check_refused
from tests.server import User

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


@pytest.mark.parametrize(("method", "suffix"), [("POST", ""), ("PUT", "/{}"), ("PATCH", "/{}")])
def test_no_body_at_all_is_422_where_one_is_needed(user: User, method: str, suffix: str):
    path = user.path + suffix.format(user.create()["id"])
    for headers in ({}, JSON, {"Content-Type": "text/plain"}):
        assert user.request(method, path, headers=headers).status_code == 422


def test_white_space_and_escaped_names_are_json_too(user: User):
    body = b' \r\n\t{ "\\u0074itle" :\n"x" }\n '
    assert user.post(user.path, content=body, headers=JSON).json()["title"] == "x"
