"""Entity tags, and the lists of them that conditions are (RFC 9110, sections 8.8.3 and 13.1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from todo_server.domain.etags import etag, etag_of_content, is_condition, is_known, versions_of

PROPERTY = settings(derandomize=True, database=None, deadline=None, max_examples=300)

VERSIONS = st.integers(1, 10**18 - 1)
# What a tag may have between its quotes, as it stands in a header that was read as Latin-1.
OPAQUE = st.text(st.sampled_from([chr(n) for n in (0x21, *range(0x23, 0x7F), *range(0x80, 0x100))]))
TAGS = st.builds('{}"{}"'.format, st.sampled_from(["", "W/"]), OPAQUE)
BETWEEN = st.sampled_from([",", ", ", " , ", "\t,\t", ",,", ", ,", " ,, , "])
AROUND = st.sampled_from(["", " ", "\t", ",", " , ", ",,"])


@st.composite
def lists(draw: st.DrawFn, tags: st.SearchStrategy[str] = TAGS) -> tuple[str, list[str]]:
    """A header, and the tags that stand in it."""
    drawn = draw(st.lists(tags, min_size=1, max_size=6))
    header = draw(AROUND) + drawn[0]
    for tag in drawn[1:]:
        header += draw(BETWEEN) + tag
    return header + draw(AROUND), drawn


@PROPERTY
@given(VERSIONS)
def test_the_tag_of_a_version_names_it_and_no_other(version: int):
    tag = etag(str(version))
    assert versions_of(tag) == [version]
    assert versions_of(f"W/{tag}") == []  # the strong comparison (section 13.1.1)
    assert is_known(tag, tag)
    assert is_known(tag, f"W/{tag}")  # the weak one (section 13.1.2)
    assert not is_known(tag, etag(str(version + 1)))


@PROPERTY
@given(st.lists(VERSIONS, min_size=1), VERSIONS)
def test_a_list_names_each_of_its_versions(versions: list[int], other: int):
    header = ", ".join(etag(str(version)) for version in versions)
    assert versions_of(header) == list(dict.fromkeys(versions))  # each of them once
    assert is_known(etag(str(other)), header) is (other in versions)


@PROPERTY
@given(lists())
def test_whatever_list_of_tags_is_taken_apart_as_it_was_put_together(header):
    text, tags = header
    known = {tag.removeprefix("W/") for tag in tags}
    assert is_condition(text)
    assert all(is_known(tag, text) for tag in known)
    assert not is_known('"none of these, as it has a space"', text)


@PROPERTY
@given(st.text(st.characters(max_codepoint=0xFF)) | lists().map(lambda header: header[0] + '"'))
def test_whatever_is_sent_is_read(header: str):
    named = versions_of(header)
    assert named is None or all(0 < version < 10**18 for version in named)
    assert is_condition(header) or not is_known('"a tag that has spaces"', header)


@pytest.mark.parametrize(
    "header",
    [
        *("", " ", ",", "1", "'1'", '"1', '1"', '"', '"""', 'w/"1"', 'W"1"', 'W/ "1"', "W/1"),
        *(
            '"1""2"',
            '"1" "2"',
            '"1";"2"',
            '"a b"',
            '"a\tb"',
            '"a"b',
            '*, "1"',
            '"1", *',
            "**",
            "*,*",
        ),
        *('"\x7f"', '"\0"', '"\n"', '"1"\n', "null"),
    ],
    ids=repr,
)
def test_what_is_no_list_of_tags_is_no_condition(header: str):
    assert not is_condition(header)


@pytest.mark.parametrize(
    "tag",
    [
        *('""', '"0"', '"01"', '"007"', '"-1"', '"+1"', '"1.0"', '"1e3"', '"0x1"'),
        *(
            '"1,2"',
            '"1-"',
            '"1-Overdue"',
            '"overdue-1"',
            '"\xb9"',
            '"\xe9"',
            f'"{10**18}"',
            f'"{"9" * 5000}"',
        ),
        *('W/"1"', '"9f86d081884c7d659a2feaa0c55ad015"', '"W/1"'),
    ],
    ids=lambda tag: repr(tag[:40]),
)
def test_the_tag_of_something_else_names_no_version(tag: str):
    assert versions_of(tag) == []


def test_a_word_behind_the_version_is_no_part_of_it():
    assert versions_of('"7-overdue"') == [7]


@pytest.mark.parametrize("header", [None, "*", " * ", "\t*"])
def test_without_a_condition_any_version_is_meant(header: str | None):
    assert header is None or is_condition(header)
    assert versions_of(header) is None
    assert is_known('"1"', header) is (header is not None)


@PROPERTY
@given(st.binary(), st.binary(), st.binary(min_size=1))
def test_the_tag_of_an_answer_is_a_tag_and_another_for_another(
    body: bytes, head: bytes, more: bytes
):
    tag = etag_of_content(body, head)
    assert is_known(tag, tag)
    assert versions_of(tag) == []
    assert tag == etag_of_content(body, head)
    assert tag not in {etag_of_content(body, head + more), etag_of_content(body + more, head)}


def test_the_parts_of_an_answer_do_not_run_into_each_other():
    assert etag_of_content(b"[1]", b"2") != etag_of_content(b"[1]2", b"")


@pytest.mark.parametrize("piece", ['"', '"a', '"a",', ", ", ",\t", 'W/"', '"a" '])
def test_what_is_long_and_wrong_is_refused_without_much_work(piece: str):
    """As long as a head may be; what takes its square of steps would not come back here."""
    assert not is_condition(piece * (32_768 // len(piece)) + "!")
