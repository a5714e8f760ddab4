"""The database: its client, the handle of a request, and the statements on rows with an owner."""

from asyncpg import IntegrityConstraintViolationError, UniqueViolationError

from todo_server.database.as_json import Row, as_row, json_columns, json_row, json_text, utf8
from todo_server.database.client import Database
from todo_server.database.handle import Handle, RequestHandle, TransactionHandle
from todo_server.database.idempotency import Key
from todo_server.database.one_trip import (
    AS_IT_IS,
    AT_SETTING,
    BATCH_SETTING,
    IF_VERSION,
    UNDOES_SETTING,
    ChangeOne,
    change_one,
    insert_owned,
    insert_statement,
    read_statement,
    select_owned,
)
from todo_server.database.owned import (
    OWNER_ID,
    delete_owned,
    every_owner_view,
    is_owners,
    owner_view,
    trash_view,
    unowned_statement,
    unowned_table,
    update_owned,
    write_statement,
)
from todo_server.database.reasons import explain
from todo_server.database.shapes import assignments, parameters, sent_members
from todo_server.database.statement import Change, Read, Statement, Unowned, Write, constant

__all__ = [
    "AS_IT_IS",
    "AT_SETTING",
    "BATCH_SETTING",
    "IF_VERSION",
    "OWNER_ID",
    "UNDOES_SETTING",
    "Change",
    "ChangeOne",
    "Database",
    "Handle",
    "IntegrityConstraintViolationError",
    "Key",
    "Read",
    "RequestHandle",
    "Row",
    "Statement",
    "TransactionHandle",
    "UniqueViolationError",
    "Unowned",
    "Write",
    "as_row",
    "assignments",
    "change_one",
    "constant",
    "delete_owned",
    "every_owner_view",
    "explain",
    "insert_owned",
    "insert_statement",
    "is_owners",
    "json_columns",
    "json_row",
    "json_text",
    "owner_view",
    "parameters",
    "read_statement",
    "select_owned",
    "sent_members",
    "trash_view",
    "unowned_statement",
    "unowned_table",
    "update_owned",
    "utf8",
    "write_statement",
]
