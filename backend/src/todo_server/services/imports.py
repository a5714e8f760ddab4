"""Taking in what an export has written: page by page, each in a transaction of its own.

A row whose id is there already is left as it is, so that a document may be sent again, whole, after
any failure. A document is not kept anywhere: what is wrong behind a page is met after that page.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError, to_json

from todo_server.database import Handle, TransactionHandle
from todo_server.domain.long_json import LongObject
from todo_server.errors import ValidationFailedError
from todo_server.models import (
    FORMAT,
    LATEST,
    WRONG_PARAMETERS,
    Import,
    Imported,
    ImportedChange,
    ImportedRow,
    ImportedSettings,
)
from todo_server.models.imported import instant_if_text
from todo_server.services.import_statements import BEGIN_PAGE, FIND, INSERT, SHAPES
from todo_server.services.limits import within_limit
from todo_server.services.settings import import_settings
from todo_server.services.tasks.refusals import explained

PAGE = 200
"""Rows: what one transaction takes in, while the user's other changes wait."""

_LEEWAY = timedelta(days=1)
"""How much later it may be where the document was made."""

WrongParameters: TypeAlias = Callable[[dict[str, str]], Sequence[tuple[str, str, str]]]
"""Gives the parameters of a saved query that are wrong, each with a code and a reason."""

_ARRAYS: dict[str, type[BaseModel]] = {**SHAPES, "changes": ImportedChange}


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


async def import_document(
    mine: Handle, chunks: AsyncIterator[bytes], wrong_parameters: WrongParameters
) -> Imported:
    """Take in the rows of a document that arrives in chunks.

    MalformedJsonError, ValidationFailedError or InvalidPartError where it is wrong,
    LimitReachedError where it has more of a noun than there may be; what came
    before is taken in already, and met as what is there when the document is sent again.
    """
    document, count = LongObject(chunks), _Count()
    context = {LATEST: mine.now + _LEEWAY, WRONG_PARAMETERS: wrong_parameters}
    if not await document.begins_with("{"):
        await document.value()
        raise ValidationFailedError("The body must be a JSON object.")
    has_format = False
    async for name in document.names():
        if name not in Import.model_fields:
            raise _wrong(name, "extra_forbidden", "Extra inputs are not permitted")
        if name in _ARRAYS:
            await _read_array(mine, document, name, count, context)
            continue
        value = await document.value()
        if name == "settings":
            await _take_settings(mine, value)
        if name == "exported_at":
            _require_instant(name, value)
        if name == "format":
            has_format = True
            if value != FORMAT:
                raise _wrong(name, "unknown_format", f"Send '{FORMAT}'")
    if not has_format:
        raise _wrong("format", "missing", "Field required")
    return Imported(created=count.created, left=count.left)


def _require_instant(name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    try:
        instant_if_text(value)
    except PydanticCustomError as error:
        raise _wrong(name, error.type, error.message()) from error


async def _take_settings(mine: Handle, value: Any) -> None:  # noqa: ANN401 - any JSON
    try:
        await import_settings(mine, ImportedSettings.model_validate(value))
    except ValidationError as error:
        raise InvalidPartError(("settings",), list(error.errors())) from error
    except ValidationFailedError as refusal:
        (wrong,) = refusal.details
        raise _wrong(wrong.field, wrong.code, wrong.message, "settings") from refusal


async def _read_array(
    mine: Handle, document: LongObject, name: str, count: _Count, context: dict[str, Any]
) -> None:
    if not await document.begins_with("["):
        await document.value()
        raise _wrong(name, "list_type", "Input should be a valid list")
    shape = _ARRAYS[name]
    page: list[Any] = []
    number = 0
    async for element in document.elements():
        try:
            page.append(shape.model_validate(element, context=context))
        except ValidationError as error:
            raise InvalidPartError((name, number), list(error.errors())) from error
        number += 1
        if number % PAGE == 0:
            await _take_in(mine, name, number - PAGE, page, count)
            page.clear()
            await asyncio.sleep(0)  # of what is not taken in, a page is no wait
    await _take_in(mine, name, number - len(page), page, count)


async def _take_in(
    mine: Handle, name: str, first: int, page: Sequence[ImportedRow], count: _Count
) -> None:
    if not page or name not in INSERT:
        return
    new = to_json(page).decode()

    async def steps(mine: TransactionHandle) -> int:
        await mine.run(BEGIN_PAGE, at=mine.now.isoformat())
        return await mine.run(INSERT[name], new=new)

    try:
        created = await explained(within_limit(mine.transaction(steps)))
    except ValidationFailedError as refusal:
        (wrong,) = refusal.details
        at = await _refused(mine, page, wrong.field, refusal.__cause__)
        raise _wrong(wrong.field, wrong.code, wrong.message, name, first + at) from refusal
    count.created += created
    count.left += len(page) - created


async def _refused(
    mine: Handle, page: Sequence[ImportedRow], field: str, cause: BaseException | None
) -> int:
    """Find which row names what there is not: the database may not tell of a foreign key."""
    ids = [row.id for row in page]
    detail = getattr(cause, "detail", None)  # as the rules of tasks tell it
    for at, its_id in enumerate(ids):
        if str(its_id) == detail:
            return at
    named = [getattr(row, field) for row in page]
    there = {None, *(await mine.run(FIND[field], ids=[each for each in named if each]) or ())}
    there |= set(ids) if field == "parent_id" else set()
    left = set(await mine.run(FIND["parent_id"], ids=ids) or ())
    wrong = (at for at, its_id in enumerate(ids) if not (named[at] in there or its_id in left))
    return next(wrong, 0)


def _wrong(field: str, code: str, message: str, *place: str | int) -> InvalidPartError:
    return InvalidPartError(place, [{"type": code, "loc": (field,), "msg": message}])
