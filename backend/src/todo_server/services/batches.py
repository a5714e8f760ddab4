"""Changes that are made together: the log says of each, which was the first of them."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, cast, func, literal_column, select, true

from todo_server.database import (
    BATCH_SETTING,
    Write,
    constant,
    is_owners,
    owner_view,
    write_statement,
)
from todo_server.models import LoggedChange


def beginning_batch(*also: ColumnElement[Any]) -> Write[str]:
    """Make the statement that makes a batch of all later changes of its transaction.

    It selects what is given `also`. A transaction has its user's turn, so that the next number of
    their log is this batch's.
    """
    log = owner_view(LoggedChange)
    one = literal_column("1", Integer)
    newest = select(log.c.number).where(is_owners(log)).order_by(log.c.number.desc()).limit(one)
    first = one + func.coalesce(newest.scalar_subquery(), literal_column("0"))
    setting = func.set_config(constant(BATCH_SETTING), cast(first, Text), true())
    return write_statement(select(setting, *also))


BEGIN_BATCH = beginning_batch()
