"""What a user can do with their tags. Answers are JSON in bytes, as PostgreSQL wrote it.

Tasks have their tags as names, so that what renames one, merges it into another or deletes it
changes them, too: all in one transaction and one batch of the log.
"""

import json
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    Text,
    any_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql

from todo_server.database import (
    Handle,
    Read,
    Row,
    TransactionHandle,
    Write,
    as_row,
    is_owners,
    json_columns,
    owner_view,
    read_statement,
    select_owned,
    sent_members,
    trash_view,
    write_statement,
)
from todo_server.errors import (
    FieldError,
    TagExistsError,
    TagNotFoundError,
    ValidationFailedError,
)
from todo_server.models import Tag, TagCreate, TagRead, TagUpdate, Task
from todo_server.services.batches import BEGIN_BATCH
from todo_server.services.one_row import Versioned, Versions, answered, ids_of, run_change, touched
from todo_server.services.placed import create_placed, creating, deleting, update_placed, updating
from todo_server.services.placed_lists import counting, counts, listing

STEP = 2_000
"""Tasks that one statement changes, so that none takes too long, however many there are."""

_NO_OTHER = "You have no tag of this name"

_tags = owner_view(Tag)
_old: ColumnElement[str] = bindparam("old_name", type_=Text)
_new: ColumnElement[str] = bindparam("new_name", type_=Text)


async def list_tags(mine: Handle) -> bytes:
    """List the user's tags in their order, with how many tasks have each."""
    return await mine.run(_LIST)


async def create_tag(mine: Handle, tag: TagCreate) -> Versioned:
    """Create a tag; TagExistsError where there is one of this name, in whichever case.

    LimitReachedError where there are as many as there may be, ValidationFailedError where it is to
    stand beside what there is not.
    """

    async def steps(mine: TransactionHandle) -> Row:
        _refuse_another(await mine.run(_GET, name=tag.name))
        return (await create_placed(mine, Tag, _CREATE, **vars(tag))).row

    return Versioned(await mine.transaction(steps))


async def get_tag(mine: Handle, name: str) -> Versioned:
    """Give one tag; TagNotFoundError if the user has none of this name, in whichever case."""
    return answered(await mine.run(_GET, name=name), TagNotFoundError)


async def update_tag(
    mine: Handle, name: str, change: TagUpdate, versions: Versions = None
) -> Versioned:
    """Change a tag, and its name in all tasks that have it, those in the trash too.

    TagNotFoundError as above, VersionConflictError if it has none of these versions, TagExistsError
    if another one has the new name, ValidationFailedError as `create_tag`.
    """

    async def steps(mine: TransactionHandle) -> Row:
        tag = await _find(mine, name)
        renamed = change.name not in (None, _name_of(tag))
        if renamed:
            _refuse_another(await mine.run(_GET, name=change.name), but=tag)
            await mine.run(BEGIN_BATCH)
        values = sent_members(change, Tag)
        row = await update_placed(
            mine, Tag, _UPDATE, tag.id, move=change.move, versions=versions, **values
        )
        changed = answered(row, TagNotFoundError)
        if renamed:
            await _rename_in_tasks(mine, name, change.name)
        return changed.row

    return Versioned(await mine.transaction(steps))


async def merge_tag(mine: Handle, name: str, into: str, versions: Versions = None) -> Versioned:
    """Delete a tag, and give its tasks another one instead; gives the other one.

    Raises as `update_tag`; ValidationFailedError where there is no other one of that name.
    """

    async def steps(mine: TransactionHandle) -> Row:
        tag, other = await _find(mine, name), await mine.run(_GET, name=into)
        if other is None:
            raise ValidationFailedError.of(FieldError("into", "not_found", _NO_OTHER))
        if Versioned(other).id == tag.id:
            raise ValidationFailedError.of(FieldError("into", "invalid", "It is the same tag"))
        await mine.run(BEGIN_BATCH)
        await _rename_in_tasks(mine, name, _name_of(Versioned(other)))
        await _delete(mine, tag.id, versions)
        return other

    return Versioned(await mine.transaction(steps))


async def delete_tag(mine: Handle, name: str, versions: Versions = None) -> None:
    """Delete a tag, and take it off all tasks that have it; raises as `update_tag`."""

    async def steps(mine: TransactionHandle) -> Row:
        tag = await _find(mine, name)
        await mine.run(BEGIN_BATCH)
        await _rename_in_tasks(mine, name, None)
        return (await _delete(mine, tag.id, versions)).row

    await mine.transaction(steps)


async def _find(mine: Handle, name: str) -> Versioned:
    return answered(await mine.run(_GET, name=name), TagNotFoundError)


def _name_of(tag: Versioned) -> str:
    name: str = json.loads(tag.body)["name"]
    return name


def _refuse_another(found: Row | None, *, but: Versioned | None = None) -> None:
    """Raise TagExistsError where a tag was found, unless it is the one that may be."""
    other = None if found is None else Versioned(found)
    if other is not None and (but is None or other.id != but.id):
        raise TagExistsError(other.body)


async def _delete(mine: Handle, tag_id: UUID, versions: Versions) -> Versioned:
    row = await run_change(mine, _DELETE, versions, row_id=tag_id, now=mine.now)
    return answered(row, TagNotFoundError)


async def _rename_in_tasks(mine: Handle, old: str, new: str | None) -> None:
    """Give a tag another name in all tasks that have it, or take it off them."""
    for statement in (_RENAME, _RENAME_IN_TRASH):
        while await mine.run(statement, old_name=old, new_name=new, now=mine.now) == STEP:
            pass


def _list() -> Read[bytes]:
    tasks = owner_view(Task)
    each = func.unnest(tasks.c.tag_keys).table_valued(column("key", Text), name="each")
    each = each.render_derived()
    counted = counting(each.c.key).select_from(tasks.join(each, true())).subquery("counted")
    columns = (*json_columns(_tags, TagRead), counts(counted))
    return listing(Tag, columns, _tags.outerjoin(counted, counted.c.key == _tags.c.name_key))


def _get() -> Read[Row | None]:
    key = func.lower_key(bindparam("name", type_=Text))
    one = select_owned(Tag, *json_columns(_tags, TagRead)).where(_tags.c.name_key == key)
    return read_statement(as_row(one.subquery("one")))


def _renaming(rows: Table) -> Write[int]:
    """Rename a tag in some of the tasks that have it, or take it off them; give how many."""
    # Each worked out once, and not for every row.
    old_key, new_key = (select(func.lower_key(each)).scalar_subquery() for each in (_old, _new))
    other_name = or_(_new.is_(None), old_key != new_key, not_(_new == any_(rows.c.tags)))
    some = select(rows.c.id).where(is_owners(rows), old_key == any_(rows.c.tag_keys), other_name)
    some = some.limit(literal_column(str(STEP), Integer))
    renamed = (
        update(rows)
        .where(is_owners(rows), rows.c.id == any_(ids_of(some)))
        .values(tags=_renamed(rows, old_key, new_key), updated_at=touched(rows))
        .returning(rows.c.id)
        .cte("renamed")
    )
    return write_statement(select(func.count()).select_from(renamed))


def _renamed(
    rows: Table, old_key: ColumnElement[str], new_key: ColumnElement[str]
) -> ColumnElement[list[str]]:
    """Give the tags of a task with the new name in the place of the old one, each tag once."""
    names = func.unnest(rows.c.tags, rows.c.tag_keys)
    columns = (column("name", Text), column("key", Text))
    each = names.table_valued(*columns, with_ordinality="place", name="each").render_derived()
    is_old = each.c.key == old_key
    named = (
        select(
            case((is_old, _new), else_=each.c.name).label("name"),
            case((is_old, new_key), else_=each.c.key).label("key"),
            each.c.place,
        )
        .where(or_(_new.is_not(None), not_(is_old)))
        .subquery("named")
    )
    first = select(named.c.name, named.c.place).ext(postgresql.distinct_on(named.c.key))
    once = first.order_by(named.c.key, named.c.place).subquery("once")
    in_order = func.array_agg(postgresql.aggregate_order_by(once.c.name, once.c.place))
    none: ColumnElement[list[str]] = literal_column("'{}'::text[]")
    return select(func.coalesce(in_order, none)).scalar_subquery()


_LIST, _GET = _list(), _get()
_CREATE = creating(Tag, TagCreate, TagRead)
_UPDATE = updating(Tag, TagUpdate, TagRead)
_DELETE = deleting(Tag, TagRead)
_RENAME, _RENAME_IN_TRASH = _renaming(owner_view(Task)), _renaming(trash_view(Task))
