"""The database: the only doors to it, and the one doorway to rows that somebody owns."""

from todo_server.database.doors import Database, Transaction
from todo_server.database.rows import (
    Statement,
    compiled,
    delete_mine,
    finding,
    insert_mine,
    json_columns,
    json_of_changed,
    json_row,
    mine,
    reading,
    select_mine,
    update_mine,
    utf8,
)

__all__ = [
    "Database",
    "Statement",
    "Transaction",
    "compiled",
    "delete_mine",
    "finding",
    "insert_mine",
    "json_columns",
    "json_of_changed",
    "json_row",
    "mine",
    "reading",
    "select_mine",
    "update_mine",
    "utf8",
]
