"""How log lines are written: for a person at a console, or one JSON object per line."""

import json
import logging
import logging.config
import sys
from datetime import UTC, datetime
from typing import Any

import orjson


class JSONFormatter(logging.Formatter):
    """One JSON object per line, with the members of `extra={"fields": …}` beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; what JSON cannot hold is written as Python shows it."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=repr).decode()
        except TypeError:  # a lone surrogate, from an exception's text
            return json.dumps(line, default=str)


class ConsoleFormatter(logging.Formatter):
    """A line for people: time, level, message, and the fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, with control and direction characters escaped."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        fields = getattr(record, "fields", {})
        text = " ".join(
            [
                record.getMessage(),
                *(f"{k}={_printable(v)}" for k, v in fields.items() if v is not None),
            ]
        )
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return f"{at} {record.levelname:<7} {text}"


def _printable(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text else ascii(text)


def configure(level: str, form: str) -> None:
    """Send all log lines of this process to standard error."""
    # What no line shows, each record would still ask for (Python's logging how-to, Optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - as documented there
    if sys.version_info >= (3, 12):
        logging.logAsyncioTasks = False
    formatter = JSONFormatter if form == "json" else ConsoleFormatter
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": {
                name: {"level": "WARNING"} for name in ("asyncio", "alembic", "httpx", "httpcore")
            },
        }
    )
