"""The log of changes as somebody sees it who sees all, and what has to stand in it."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg

from tests.databases import run

NOT_MEMBERS = {
    *("user_id", "id", "version", "created_at", "updated_at"),
    *("live", "live_id", "title_key", "name_key", "tag_keys", "search_text"),  # generated
    *("subtasks_total", "subtasks_completed"),  # counted
}

Row = dict[str, Any]


def log_of(url: str, user_id: str) -> list[Row]:
    """All that a user's log has, the first change first."""
    found = run(url, "SELECT * FROM change WHERE user_id = $1 ORDER BY number", user_id)
    return [entry_of(each) for each in found]


def entry_of(record: asyncpg.Record) -> Row:
    before = record["before"]
    return {**record, "before": None if before is None else json.loads(before)}


async def rows_and_log(
    connection: asyncpg.Connection, user_id: str, table: str = "task"
) -> tuple[dict[Any, Row], list[Row]]:
    """What is a user's, by its id, and the log of it."""
    rows = await connection.fetch(f"SELECT * FROM {table} WHERE user_id = $1", user_id)
    log = await connection.fetch("SELECT * FROM change WHERE user_id = $1 ORDER BY number", user_id)
    return {row["id"]: dict(row) for row in rows}, [entry_of(each) for each in log]


def expected_of(before: Mapping[Any, Row], after: Mapping[Any, Row]) -> dict[Any, Row]:
    """What one statement must have logged, by the rows as they were and as they are."""
    return {
        key: _expected(before.get(key), after.get(key))
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    }


def _expected(was: Row | None, now: Row | None) -> Row:
    if was is None:
        assert now is not None
        return {"kind": "created", "before": None, "at": now["updated_at"]}
    if now is None:
        return {"kind": "purged", "before": None}
    assert now["version"] == was["version"] + 1
    changed = {name: _in_json(was[name]) for name in was if was[name] != now[name]}
    members = {name: value for name, value in changed.items() if name not in NOT_MEMBERS}
    kind = "updated"
    if "deleted_at" in members:
        kind = "restored" if now["deleted_at"] is None else "deleted"
    return {"kind": kind, "before": members, "at": now["updated_at"]}


def _in_json(value: Any) -> Any:
    """As PostgreSQL writes a member into JSON."""
    return (
        value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)
    )
