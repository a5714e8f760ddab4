"""A connection that keeps the statements which are seldom run apart from all others.

asyncpg keeps the last `KEPT` statements that it prepared. Those of the services, with and without a
key, and of the usual first pages fit in there together, for good; the many that are made by the
shape of a question would push them out.
"""

from collections import OrderedDict
from typing import Any

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

KEPT = 320
"""How many statements asyncpg keeps on a connection; by itself it would keep 100."""

KEPT_BYTES = 32 * 1024
"""How long one of them may be; by itself it would keep none of over 15 KiB, as those of an undo."""

RARE_KEPT = 32
"""How many of the seldom ones a connection keeps: PostgreSQL has 130 to 540 KiB for each."""


class Connection(asyncpg.Connection):
    """One of asyncpg's, with a small cache beside its own."""

    __slots__ = ("_rare",)

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - asyncpg's own
        super().__init__(*arguments, **options)
        self._rare: OrderedDict[str, PreparedStatement] = OrderedDict()

    async def fetchrow_seldom(self, sql: str, *arguments: object) -> asyncpg.Record | None:
        """Do as `fetchrow`, with as many round trips, and touch nothing that it keeps."""
        statement = self._rare.pop(sql, None)
        if statement is None:
            if len(self._rare) >= RARE_KEPT:
                self._rare.popitem(last=False)  # asyncpg closes it, now that nobody has it
            statement = await self.prepare(sql)
        row = await statement.fetchrow(*arguments)
        if statement.get_name():  # without one it is not kept: behind poolers that forget
            self._rare[sql] = statement  # as the newest, and only if all went well
        return row
