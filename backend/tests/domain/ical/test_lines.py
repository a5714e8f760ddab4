"""No text of a task breaks out of its line, and every line has the length that it may have."""

import re

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.domain.ical.tasks import calendar_of, component, read
from todo_server.domain.ical.lines import LINE_LENGTH, folded, text, written

# Any text that is stored: PostgreSQL has neither U+0000 nor lone surrogates.
STORED = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]


def as_read(value: str) -> str:
    """What is left of a text: its breaks are all alike, and of controls it has tabs alone."""
    for each in ("\r\n", *BREAKS):
        value = value.replace(each, "\n")
    return re.sub("[\x00-\x08\x0e-\x1f\x7f]", "", value)


@given(STORED, STORED, STORED)
@example("BEGIN:VALARM", "a\r\nEND:VTODO\r\nEND:VCALENDAR", ",;:\\\"'\\n\\N")
@example("\\", "\\\\n", "\n \n\t")
@example("😀" * 5000, "é" * 37, "x" * 75)
def test_a_text_is_read_as_it_was_written(title, description, tag):
    todo = component(title=title, description=description, tags=[tag, "home"], category="x,y")
    assert str(todo["summary"]) == as_read(title).replace("\n", " ")
    assert str(todo["description"]) == as_read(description)
    assert [str(each) for each in todo["categories"].cats] == [as_read(tag), "home", "x,y"]


@given(STORED)
@example("😀" * 5000)
def test_a_calendar_with_any_text_has_the_lines_of_one_with_another(title):
    whole = calendar_of({"title": title, "description": title, "tags": [title]})
    lines = whole.split("\r\n")
    assert all(len(line.encode()) <= LINE_LENGTH for line in lines)
    assert len(whole.splitlines()) == len(lines) - 1, "whatever a reader takes for a line's end"
    logical = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    plain = calendar_of({"title": "x", "description": "x", "tags": ["x"]}).split("\r\n")
    assert logical == [line.partition(":")[0] for line in plain if not line.startswith(" ")]


@pytest.mark.parametrize("separator", BREAKS)
def test_every_break_is_one_that_is_escaped(separator):
    assert text(f"a{separator}b") == "a\\nb"


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])))
@example("é" * 100)
@example("x" + "é" * 100)
@example("x" * 150)
def test_a_folded_line_is_unfolded_to_what_it_was(line):
    assert folded(line).replace("\r\n ", "") == line


def test_lines_end_as_they_have_to():
    assert written(["BEGIN:VTODO", "END:VTODO"]) == "BEGIN:VTODO\r\nEND:VTODO\r\n"


def test_a_calendar_without_tasks_has_the_one_component_that_it_needs():
    found = read(calendar_of())
    assert isinstance(found, icalendar.Calendar)
    assert [each.name for each in found.subcomponents] == ["VTIMEZONE"]
    assert (str(found["version"]), str(found["name"])) == ("2.0", "Tasks")
