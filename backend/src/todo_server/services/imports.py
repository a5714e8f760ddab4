"""Taking in what an export has written: page by page, each in a transaction of its own.

A row whose id is there already is left as it is, so that a document may be sent again, whole, after
any failure. A document is not kept anywhere: what is wrong behind a page is met after that page.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Text,
    Uuid,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from todo_server.database import (
    AT_SETTING,
    OWNER_ID,
    Handle,
    TransactionHandle,
    Write,
    constant,
    is_owners,
    owner_view,
    write_statement,
)
from todo_server.domain.long_json import LongObject
from todo_server.errors import ValidationFailedError
from todo_server.models import (
    FORMAT,
    LATEST,
    Import,
    Imported,
    ImportedChange,
    ImportedTask,
    ImportedTrash,
    LoggedChange,
    Task,
)
from todo_server.services.batches import beginning_batch

PAGE = 200
"""Rows: what one transaction takes in, while the user's other changes wait."""

_LEEWAY = timedelta(days=1)
"""How much later it may be where the document was made."""

_ARRAYS: dict[str, type[BaseModel]] = {
    "tasks": ImportedTask,
    "trash": ImportedTrash,
    "changes": ImportedChange,
}
_COLUMNS: dict[str, TypeEngine[Any]] = {
    "id": Uuid(),
    "title": Text(),
    "description": Text(),
    "completed": Boolean(),
    "created_at": DateTime(timezone=True),
    "updated_at": DateTime(timezone=True),
    "deleted_at": DateTime(timezone=True),
}
_tasks, _changes = owner_view(Task), owner_view(LoggedChange)

# The log tells when it was taken in, and what was so together.
_BEGIN_PAGE = beginning_batch(
    func.set_config(constant(AT_SETTING), bindparam("at", type_=Text), true())
)
_rows = (
    func.unnest(*(bindparam(name, type_=ARRAY(kind)) for name, kind in _COLUMNS.items()))
    .table_valued(*_COLUMNS, name="rows")
    .render_derived()
)
# An id that was purged goes on with its versions, so that no condition meets what was before.
_changes_before = (
    select(func.count())
    .select_from(_changes)
    .where(is_owners(_changes), _changes.c.row_id == _rows.c.id)
    .correlate(_rows)
    .scalar_subquery()
)
_version = _changes_before + literal_column("1", BigInteger)
_created = (
    postgresql.insert(_tasks)
    .from_select(["user_id", "version", *_COLUMNS], select(OWNER_ID, _version, *_rows.c))
    .on_conflict_do_nothing(index_elements=["user_id", "id"])
    .returning(_tasks.c.id)
    .cte("created")
)
_INSERT: Write[int] = write_statement(select(func.count()).select_from(_created))


class InvalidPartError(Exception):
    """A part of a document breaks a rule: where it is, and what pydantic found in there."""

    def __init__(self, place: tuple[str | int, ...], found: list[Any]) -> None:
        self.place = place
        self.found = found
        super().__init__()


@dataclass(slots=True)
class _Count:
    created: int = 0
    left: int = 0


async def import_document(mine: Handle, chunks: AsyncIterator[bytes]) -> Imported:
    """Take in the tasks and the trash of a document that arrives in chunks.

    MalformedJsonError, ValidationFailedError or InvalidPartError where it is wrong; what came
    before is taken in already, and met as what is there when the document is sent again.
    """
    document, count = LongObject(chunks), _Count()
    if not await document.begins_with("{"):
        await document.value()
        raise ValidationFailedError("The body must be a JSON object.")
    has_format = False
    async for name in document.names():
        if name not in Import.model_fields:
            raise _wrong(name, "extra_forbidden", "Extra inputs are not permitted")
        if name in _ARRAYS:
            await _read_array(mine, document, name, count)
            continue
        value = await document.value()
        if name == "format":
            has_format = True
            if value != FORMAT:
                raise _wrong(name, "unknown_format", f"Send '{FORMAT}'")
    if not has_format:
        raise _wrong("format", "missing", "Field required")
    return Imported(created=count.created, left=count.left)


async def _read_array(mine: Handle, document: LongObject, name: str, count: _Count) -> None:
    if not await document.begins_with("["):
        await document.value()
        raise _wrong(name, "list_type", "Input should be a valid list")
    shape, context = _ARRAYS[name], {LATEST: mine.now + _LEEWAY}
    page: list[ImportedTask] = []
    number = 0
    async for element in document.elements():
        try:
            row = shape.model_validate(element, context=context)
        except ValidationError as error:
            raise InvalidPartError((name, number), list(error.errors())) from error
        number += 1
        if isinstance(row, ImportedTask):
            page.append(row)
        if number % PAGE == 0:
            await _take_in(mine, page, count)
            page.clear()
            await asyncio.sleep(0)  # of what is not taken in, a page is no wait
    await _take_in(mine, page, count)


async def _take_in(mine: Handle, page: list[ImportedTask], count: _Count) -> None:
    if not page:
        return
    columns = {name: [getattr(row, name, None) for row in page] for name in _COLUMNS}

    async def steps(mine: TransactionHandle) -> int:
        await mine.run(_BEGIN_PAGE, at=mine.now.isoformat())
        return await mine.run(_INSERT, **columns)

    created = await mine.transaction(steps)
    count.created += created
    count.left += len(page) - created


def _wrong(field: str, code: str, message: str) -> InvalidPartError:
    return InvalidPartError((), [{"type": code, "loc": (field,), "msg": message}])
