"""JSON on which all parsers agree."""

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from todo_server.domain import strict_json

PROPERTY = settings(derandomize=True, database=None, deadline=None, max_examples=300)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def nested(opening: str, inner: str, closing: str, depth: int) -> bytes:
    return (opening * depth + inner + closing * depth).encode()


REFUSED = {
    "nothing": b"",
    "spaces alone": b" \n",
    "trailing bytes": b"{} x",
    "two values": b"{}{}",
    "two lines": b"{}\n{}",
    "a trailing NUL": b"{}\0",
    "a trailing comma in an object": b'{"a":1,}',
    "a trailing comma in an array": b"[1,]",
    "single quotes": b"{'a':1}",
    "a bare name": b"{a:1}",
    "a block comment": b"/* */{}",
    "a line comment": b"{}// x",
    "NaN": b"NaN",
    "Infinity": b"[Infinity]",
    "minus Infinity": b'{"a":-Infinity}',
    "nan": b"nan",
    "Python's True": b"True",
    "undefined": b"undefined",
    "a name twice": b'{"a":1,"a":2}',
    "a name twice, inside": b'[{"a":{"b":1,"b":1}}]',
    "a name twice, once escaped": rb'{"a":1,"\u0061":2}',
    "the empty name twice": b'{"":1,"":2}',
    "a byte-order mark": b"\xef\xbb\xbf{}",
    "UTF-16 with a mark": "{}".encode("utf-16"),
    "UTF-16, little end first": "{}".encode("utf-16-le"),
    "UTF-16, big end first": "{}".encode("utf-16-be"),
    "UTF-32": "{}".encode("utf-32"),
    "Latin-1": b'"\xe9"',
    "an overlong slash": b'"\xc0\xaf"',
    "an overlong NUL": b'"\xc0\x80"',
    "an encoded surrogate": b'"\xed\xa0\x80"',
    "a pair of encoded surrogates": b'"\xed\xa0\xbd\xed\xb8\x80"',
    "beyond Unicode": b'"\xf4\x90\x80\x80"',
    "a cut sequence": b'"\xe2\x82"',
    "a lone continuation": b'"\x80"',
    "FF": b'"\xff"',
    "a raw line feed in a string": b'"\n"',
    "a raw tab in a string": b'"\t"',
    "a raw NUL in a string": b'"\0"',
    "a hex escape": rb'"\x41"',
    "a short escape": rb'"\u12"',
    "an escape of no digits": rb'"\uZZZZ"',
    "an escaped apostrophe": rb'"\'"',
    "an open string": b'"a',
    "an open object": b'{"a":1',
    "a leading zero": b"01",
    "a leading plus": b"+1",
    "a leading point": b".5",
    "a trailing point": b"1.",
    "an empty exponent": b"1e",
    "hexadecimal": b"0x10",
    "an underscore": b"1_000",
    "a lone minus": b"-",
    "digits of another script": "[\u0661]".encode(),
    "a vertical tab": b"\v{}",
    "a no-break space": "\u00a0{}".encode(),
    "5,000 digits": b"9" * 5000,
    "401 digits": b"[-1" + b"0" * 400 + b"]",
    "401 digits after the point": b"[1." + b"3" * 400 + b"]",
    "33 arrays": nested("[", "", "]", 33),
    "33 objects": nested('{"a":', "1", "}", 33),
    "a hundred thousand arrays": nested("[", "", "]", 100_000),
    "a hundred thousand arrays that do not end": b"[" * 100_000,
    "a hundred thousand objects": nested('{"a":', "1", "}", 100_000),
    "1,001 elements": b"[" + b"1," * 1000 + b"1]",
    "1,001 members": b"{" + b",".join(b'"%d":1' % n for n in range(1001)) + b"}",
    "1,001 elements here and there": b"[" + b",".join([b'{"a":[1,2]}'] * 250) + b",1]",
    "1,000 empty objects in an array": b"[" + b"{}," * 999 + b"{}]",
    "1,001 elements beside many commas": b'["' + b"," * 5000 + b'"' + b",1" * 1000 + b"]",
    "350,000 empty objects": b"[" + b"{}," * 349_999 + b"{}]",
    "500,000 quotes": b'"' * 500_000,
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=list(REFUSED))
def test_anything_doubtful_is_refused_in_a_sentence(data: bytes):
    with pytest.raises(ValueError, match=r"^[^\n]{5,100}$") as refusal:
        strict_json.loads(data)
    assert " at at " not in str(refusal.value)


ACCEPTED = {
    "32 arrays": (nested("[", "", "]", 32), json.loads("[" * 32 + "]" * 32)),
    "400 digits": (b"1" * 400, int("1" * 400)),
    "JSON's white space": (b" \t\r\n[ ]\n", []),
    "an escaped name": (rb'{"\u0061":1}', {"a": 1}),
    "an escaped pair of surrogates": (rb'"\ud83d\ude00"', "\U0001f600"),
    "a lone surrogate, which no field accepts": (rb'["\ud800"]', ["\ud800"]),
    "an escaped NUL, which no field accepts": (rb'"\u0000"', "\0"),
    "noncharacters": ('"\ufffe\U0010ffff"'.encode(), "\ufffe\U0010ffff"),
    "a number too great for a float": (b"1e400", math.inf),
    "1,000 elements": (b"[" + b"1," * 999 + b"1]", [1] * 1000),
    "1,000 members and elements": (
        b"[" + b",".join([b'{"a":[1,2]}'] * 250) + b"]",
        [{"a": [1, 2]}] * 250,
    ),
    "what would be 5,000 elements if it were not text": (
        rb'{"a":"' + b",[{" * 2000 + rb'\\\",","b\\":["\"' + b"," * 3000 + b'"]}',
        {"a": ",[{" * 2000 + '\\",', "b\\": ['"' + "," * 3000]},
    ),
    "names that mean something elsewhere": (
        b'{"__proto__":1,"constructor":2}',
        {"__proto__": 1, "constructor": 2},
    ),
}


@pytest.mark.parametrize(("data", "value"), ACCEPTED.values(), ids=list(ACCEPTED))
def test_what_is_odd_but_clear_is_read(data: bytes, value: Any):
    assert strict_json.loads(data) == value


def test_too_many_members_are_refused_before_any_is_parsed():
    for data in (b"[nothing" + b",1" * 1000, b'{"a":1,"a":1' + b',"b":[]' * 1000, b"{" * 1001):
        with pytest.raises(ValueError, match="more than 1,000 members and elements"):
            strict_json.loads(data)


def number_of(value: Any) -> int:
    """How many members and elements there are; what is empty counts as if it had one."""
    if not isinstance(value, (dict, list)):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return max(1, len(value)) + sum(map(number_of, inner))


@PROPERTY
@given(
    st.recursive(
        st.text('a,[]{}":\\'),
        lambda inner: st.lists(inner) | st.dictionaries(st.text('a,[{"\\'), inner),
        max_leaves=20,
    )
)
def test_members_and_elements_are_counted_exactly(value: Any):
    data, number = json.dumps(value).encode(), number_of(value)
    assert strict_json.loads(data, number) == value
    if number:
        with pytest.raises(ValueError, match="members and elements"):
            strict_json.loads(data, number - 1)


def test_minus_zero_keeps_its_sign_as_a_float():
    assert strict_json.loads(b"-0") == 0
    assert math.copysign(1, strict_json.loads(b"-0.0")) == -1


@PROPERTY
@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_whatever_was_written_is_read_back(value: Any, indent: int | None, ascii_only: bool):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert strict_json.loads(text.encode()) == value


@PROPERTY
@given(st.binary(max_size=60) | st.text('[]{}",:0123456789.eE+-truefalsn\\u \n').map(str.encode))
@example(b'{"a":1,"a":2}')
@example(b"1e400")
def test_what_it_reads_a_strict_parser_reads_the_same(data: bytes):
    try:
        value = strict_json.loads(data)
    except ValueError:
        return
    if value not in (math.inf, -math.inf):  # orjson refuses what no float can hold
        assert orjson.loads(data) == pytest.approx(value) or orjson.loads(data) == value
