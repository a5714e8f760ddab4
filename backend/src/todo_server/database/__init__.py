"""The database: the only doors to it, and the one doorway to rows that somebody owns."""

from asyncpg import UniqueViolationError

from todo_server.database.as_json import json_columns, json_row, utf8
from todo_server.database.doors import Database
from todo_server.database.execution import Transaction
from todo_server.database.reasons import explain
from todo_server.database.rows import (
    changing,
    delete_mine,
    finding,
    insert_mine,
    is_mine,
    json_of_changed,
    mine,
    reading,
    select_mine,
    unowned,
    update_mine,
)
from todo_server.database.statement import Statement, compiled

__all__ = [
    "Database",
    "Statement",
    "Transaction",
    "UniqueViolationError",
    "changing",
    "compiled",
    "delete_mine",
    "explain",
    "finding",
    "insert_mine",
    "is_mine",
    "json_columns",
    "json_of_changed",
    "json_row",
    "mine",
    "reading",
    "select_mine",
    "unowned",
    "update_mine",
    "utf8",
]
