"""How exceptions are shown: as Python does, but never with what people have stored.

The database repeats values in its errors: whole rows, keys, arguments. So of its errors, and of
those that SQLAlchemy makes from them, class, code and names are shown, wherever they stand in a
chain, and the message where it can only be about the database itself.
"""

import logging
import traceback
from collections.abc import Iterator
from typing import TypeGuard

# Connections, transactions, rights, names and syntax, resources, limits, states, the operator,
# the system and PostgreSQL itself. Among the others are data (22) and constraints (23).
_WITHOUT_VALUES = {"08", "25", "28", "3D", "40", "42", "53", "54", "55", "57", "58", "XX"}
_NAMES = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")

_CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
_DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"


def described(error: BaseException) -> str:
    """Say in one line what an error is: of one of the database, without what it repeats."""
    if not _may_repeat_values(error):
        return "".join(traceback.format_exception_only(error)).rstrip()
    kind = type(error)
    names = [f"{name}={value}" for name in _NAMES if (value := getattr(error, name, None))]
    code = getattr(error, "sqlstate", None)
    has_no_values = code is None or code[:2] in _WITHOUT_VALUES
    if has_no_values and error.args and kind.__module__.startswith("asyncpg"):
        names.insert(0, str(error.args[0]))
    return f"{kind.__module__}.{kind.__qualname__}: {' '.join(names)}".rstrip(": ")


def traceback_of(error: BaseException) -> str:
    """Show an error with its stack, after those that it came from."""
    return "".join(_lines(error, set())).rstrip("\n")


def message_of(record: logging.LogRecord) -> str:
    """Give the message of a log record, with errors of the database `described`."""
    if record.args and isinstance(record.args, tuple) and any(map(_may_repeat_values, record.args)):
        shown = tuple(described(a) if _may_repeat_values(a) else a for a in record.args)
        return str(record.msg) % shown
    return record.getMessage()


def _may_repeat_values(thing: object) -> TypeGuard[BaseException]:
    if not isinstance(thing, BaseException):
        return False
    library = type(thing).__module__.partition(".")[0]
    of_a_statement = hasattr(thing, "params") or hasattr(thing, "sqlstate")
    return library == "asyncpg" or (library == "sqlalchemy" and of_a_statement)


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__
    before = cause or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines(before, seen)
        yield _CAUSED if cause else _DURING
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield described(error) + "\n"
    for number, part in enumerate(getattr(error, "exceptions", ()), 1):
        yield f"\nOf which number {number} is:\n\n"
        yield from _lines(part, seen)
