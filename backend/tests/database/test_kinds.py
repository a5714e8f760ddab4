"""A statement's kind says how it runs, and `mypy --strict` holds it (`make check`).

Each `type: ignore` below stands where mypy must complain: one that it does not need is an error.
"""

import pytest

from todo_server.database import Change, Read, Write, execution
from todo_server.database.connection import Connection
from todo_server.database.statement import RepeatableChange

READ: Read[bytes] = Read("SELECT 1", ())
CHANGE: Change[bytes] = Change("SELECT 1", ())
WRITE: Write[bytes] = Write("SELECT 1", ())


async def what_mypy_refuses(connection: Connection) -> None:
    await execution.read(connection, READ, {})
    await execution.read(connection, CHANGE, {})  # type: ignore[arg-type]
    await execution.read(connection, WRITE, {})  # type: ignore[arg-type]
    await execution.change(connection, READ, {})  # type: ignore[arg-type]
    await execution.change(connection, WRITE, {})  # type: ignore[arg-type]
    await execution.write(connection, READ, {})  # type: ignore[arg-type]
    await execution.write(connection, CHANGE, {})  # type: ignore[arg-type]
    await execution.fetch(connection, READ, {})  # type: ignore[arg-type]
    number: int = await execution.read(connection, READ, {})  # type: ignore[arg-type]
    assert number


@pytest.mark.parametrize("kind", [Read, Change, RepeatableChange, Write])
def test_a_missing_value_is_an_error(kind):
    statement = kind("SELECT $1", ("title",))
    assert statement.arguments({"title": "x", "more": 1}) == ["x"]
    with pytest.raises(KeyError):
        statement.arguments({})
