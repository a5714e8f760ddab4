"""How log lines are written: for a person at a console, or one JSON object per line."""

import json
import logging
import logging.config
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

from todo_server.domain.text import is_blank
from todo_server.tracebacks import message_of, traceback_of

CUT_OFF = "ASGI callable returned without completing response."
"""What uvicorn says of an answer whose connection is ended on purpose."""

_NOT_PLAIN_ASCII = re.compile(r"[^ -~]")


class JSONFormatter(logging.Formatter):
    """One JSON object per line, with the members of `extra={"fields": …}` beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record in ASCII; what JSON cannot hold is written as Python shows it."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = _exception(record.exc_info)
        try:
            text = orjson.dumps(line, default=repr).decode()
        except TypeError:  # a lone surrogate, from an exception's text
            text = json.dumps(line, default=_shown)
        if text.isascii() and "\x7f" not in text:
            return text
        # What separates lines or turns their direction around shows something else than it is.
        return _NOT_PLAIN_ASCII.sub(_in_json, text)


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error, which Python flushes at the end of each line, and so once."""

    def flush(self) -> None:
        """Do nothing more."""


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else repr(value)


def _in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


class ConsoleFormatter(logging.Formatter):
    """A line for people: time, level, message, and the fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; what does not plainly print is escaped, and more lines are indented."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = getattr(record, "fields", {})
        text = " ".join(
            [
                message_of(record),
                *(f"{k}={_word(v)}" for k, v in fields.items() if v is not None),
            ]
        )
        if record.exc_info:
            text += "\n" + _exception(record.exc_info)
        text = escaped(text).replace("\n", "\n    ")
        return f"{at} {record.levelname:<7} {text}"


def escaped(text: str) -> str:
    """Write as escapes what is a control, turns direction or is not seen; line feeds stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in " \n" or _is_plain(c) else ascii(c)[1:-1] for c in text)


def _unforeseen(kind: type[BaseException], error: BaseException, stack: Any) -> None:  # noqa: ANN401
    """Log what ends the process."""
    if issubclass(kind, Exception):
        logging.getLogger("todo_server").critical("unforeseen error", exc_info=error)
    else:
        sys.__excepthook__(kind, error, stack)


def is_no_cut(record: logging.LogRecord) -> bool:
    """Tell whether a record is anything else than uvicorn's about an answer that was cut off."""
    return record.msg != CUT_OFF


def _exception(about: Any) -> str:  # noqa: ANN401 - the triple of sys.exc_info
    return "NoneType: None" if about[1] is None else traceback_of(about[1])


def _word(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text else ascii(text)


def _is_plain(character: str) -> bool:
    return character.isprintable() and not is_blank(character)


def configure(level: str, form: str) -> None:
    """Send all log lines of this process to standard error."""
    # What no line shows, each record would still ask for (Python's logging how-to, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - as documented there
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    sys.excepthook = _unforeseen
    # Whoever cuts an answer off has said why; uvicorn would make an error of it.
    logging.getLogger("uvicorn.error").addFilter(is_no_cut)
    formatter = JSONFormatter if form == "json" else ConsoleFormatter
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "handlers": {"stderr": {"()": LineHandler, "formatter": "line"}},
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": {
                name: {"level": "WARNING"} for name in ("asyncio", "alembic", "httpx", "httpcore")
            },
        }
    )
