"""Log lines: one per record, and nothing in them that shows something else than it is."""

import inspect
import json
import logging
import unicodedata
from typing import Any

import pytest
from click.testing import CliRunner
from uvicorn.protocols.http import httptools_impl

from todo_server import cli, logs
from todo_server.errors import ConfigurationError
from todo_server.logs import ConsoleFormatter, JSONFormatter

ODD = {
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "next line": "\u0085",
    "a control of C1": "\u009b",
    "delete": "\u007f",
    "escape": "\u001b",
    "carriage return": "\r",
    "NUL": "\0",
    "override": "\u202e",
    "embedding": "\u202a",
    "isolate": "\u2066",
    "end of isolate": "\u2069",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "byte-order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "no-break space": "\u00a0",
    "Hangul filler": "\u3164",
    "variation selector": "\ufe0f",
    "tag": "\U000e0062",
    "lone surrogate": "\ud800",
    "private use": "\U0010fffd",
}
FORMATTERS = {"json": JSONFormatter(), "console": ConsoleFormatter()}


def record_of(message: str = "request", /, **fields: Any) -> logging.LogRecord:
    record = logging.LogRecord("test", logging.INFO, __file__, 0, message, (), None)
    record.fields = fields
    return record


def with_exception(text: str) -> logging.LogRecord:
    record, error = record_of(), ValueError(text)
    record.exc_info = (ValueError, error, None)
    return record


@pytest.fixture(params=FORMATTERS)
def formatter(request: pytest.FixtureRequest) -> logging.Formatter:
    return FORMATTERS[request.param]


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_nothing_unseen_stands_raw_in_a_log_line_wherever_it_was(
    formatter: logging.Formatter, odd: str
):
    for record in (
        record_of(f"a{odd}b"),
        record_of(value=f"a{odd}b"),
        record_of(value=[f"a{odd}b", {"a": odd}]),
        record_of("request", **{f"a{odd}b": 1}),
        with_exception(f"a{odd}b"),
    ):
        assert odd not in formatter.format(record)


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
def test_a_json_line_is_ascii_and_says_what_was_logged(odd: str):
    text = f'\u00e9{odd}\U0001f642"\\'
    line = JSONFormatter().format(record_of(text, **{text: text}))
    read = json.loads(line)
    assert line.isascii()
    assert line.isprintable()
    assert (read["message"], read[text]) == (text, text)
    assert text in json.loads(JSONFormatter().format(with_exception(text)))["exception"]


def test_no_character_at_all_begins_a_line_or_turns_it_around():
    everything = "".join(map(chr, reversed(range(0x110000))))  # so that no surrogates pair
    line = JSONFormatter().format(record_of(everything))
    assert line.isascii()
    assert json.loads(line)["message"] == everything
    shown = ConsoleFormatter().format(record_of(everything)).replace("\n    ", "")
    assert {unicodedata.category(c) for c in shown}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


def test_a_line_of_what_json_cannot_hold_has_the_same_form_as_others():
    record = record_of()
    plain = json.loads(JSONFormatter().format(record))
    record.fields = {"value": "\ud800", "set": {1}}
    odd = json.loads(JSONFormatter().format(record))
    assert odd == {**plain, "value": "\ud800", "set": "{1}"}


@pytest.mark.parametrize("text", ["a\n22:00:00.000 INFO    forged", "a\n\nb", "\n"])
def test_only_the_first_line_of_a_record_begins_at_the_margin(text: str):
    for record in (record_of(text), with_exception(text), record_of(value=text)):
        first, *others = ConsoleFormatter().format(record).split("\n")
        assert not first.startswith(" ")
        assert all(line.startswith("    ") for line in others)


def test_letters_of_all_scripts_stay_readable_at_a_console():
    for text in ("Zo\u00eb", "\u0411\u043e\u0440\u0438\u0441", "\u5c71\u7530", "\U0001f642"):
        assert f" {text} name={text}" in ConsoleFormatter().format(record_of(text, name=text))


def test_the_command_line_escapes_what_a_setting_holds(monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:
        raise ConfigurationError("HOST: 'a\u202eb\x1b[31m' is no address.\nPORT: it is not set.")

    monkeypatch.setattr(cli, "read_settings", refuse)
    result = CliRunner().invoke(cli.main, ["migrate"])
    assert r"HOST: 'a\u202eb\x1b[31m' is no address." in result.output
    assert "\nPORT" in result.output


def test_an_answer_that_is_cut_off_is_no_error_of_the_server():
    """Whoever cuts it off says why; uvicorn calls it an error of the application."""
    source = inspect.getsource(httptools_impl)
    assert logs.CUT_OFF in source, "uvicorn words it in another way now"
    assert not logs.is_no_cut(logging.makeLogRecord({"msg": logs.CUT_OFF}))
    assert logs.is_no_cut(logging.makeLogRecord({"msg": "anything else"}))
