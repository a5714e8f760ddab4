"""Keys of requests: a key is kept with what was done under it, in the same statement.

The second request with a key violates the primary key of `idempotency_key`, so that nothing of
what it does remains; then what the first was answered is looked up (`once.py`). The row is written
with the change, so that there is never one without the other, whoever is killed in between.
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Insert,
    Integer,
    LargeBinary,
    Select,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
)

from todo_server.database.owned import OWNER_ID, owner_view
from todo_server.models import IdempotencyKey

CONSTRAINT = "idempotency_key_pkey"
"""What the second request with a key violates."""

KEYS = owner_view(IdempotencyKey)
KEY = bindparam("idempotency_key", type_=Text)
RESULT: ColumnElement[Any] = bindparam("result", type_=ARRAY[Any](LargeBinary))

_FINGERPRINT = bindparam("fingerprint", type_=LargeBinary)
_NOW = bindparam("kept_at", type_=DateTime(timezone=True))
_PARTS_OF_A_ROW = literal_column("3", Integer)


class Key(NamedTuple):
    """What a client has named its request, and the checksum of what it asks for."""

    text: str
    fingerprint: bytes


def keep(result: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Insert:
    """Keep what is answered under the key of the request, if the conditions are met."""
    row = select(OWNER_ID, KEY, _FINGERPRINT, result, _NOW).where(*conditions)
    return insert(KEYS).from_select(["user_id", "key", "fingerprint", "result", "created_at"], row)


def keeping(answering: Select[Any]) -> Select[Any]:
    """Let a statement that answers a `Row` keep it, unless it is None, or has a further word."""
    answer = answering.cte("answer")
    (result,) = answer.c
    kept = keep(result, func.cardinality(result) == _PARTS_OF_A_ROW).cte("kept")
    return select(result).select_from(answer).add_cte(kept)
