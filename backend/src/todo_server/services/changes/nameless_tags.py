"""Whether an undo has left a task with a tag that has no row of its own any more."""

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    DateTime,
    Select,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)

from todo_server.database import (
    Write,
    constant,
    is_owners,
    owner_view,
    trash_view,
    write_statement,
)
from todo_server.models import LoggedChange, Tag, Task

_tags = owner_view(Tag)
_TASKS = (owner_view(Task), trash_view(Task))


def _leaves_nameless() -> Write[bool]:
    """Look through the user's tasks, those in the trash too."""
    nameless = []
    for tasks in _TASKS:
        named = func.unnest(tasks.c.tag_keys).table_valued(column("key", Text), name="named")
        named = named.render_derived()
        its_tag = select(_tags.c.id).where(is_owners(_tags), _tags.c.name_key == named.c.key)
        found = select(tasks.c.id).select_from(tasks.join(named, true()))
        nameless.append(found.where(is_owners(tasks), not_(its_tag.exists())).exists())
    return write_statement(select(or_(*nameless)))


def _bring_back() -> Write[None]:
    """Take tags that were made from one number to another out of the trash, where tasks have them.

    What was made together with them is in the trash by now, and keeps its tags there.
    """
    tags, log = trash_view(Tag), owner_view(LoggedChange)
    first, last = (bindparam(name, type_=BigInteger) for name in ("first", "last"))
    made = select(log.c.row_id).where(
        is_owners(log),
        log.c.number.between(first, last),
        log.c.noun == constant("tag"),
        log.c.kind == constant("created"),
    )
    now = bindparam("now", type_=DateTime(timezone=True))
    later = func.greatest(now, tags.c.updated_at + literal_column("interval '1 microsecond'"))
    back = update(tags).where(is_owners(tags), tags.c.id.in_(made), tags.c.name_key.in_(_named()))
    return write_statement(back.values(deleted_at=null(), updated_at=later))


def _named() -> CompoundSelect[str]:
    keys: list[Select[str]] = [
        select(func.unnest(tasks.c.tag_keys, type_=Text)).where(is_owners(tasks))
        for tasks in _TASKS
    ]
    return union_all(*keys)


LEAVES_NAMELESS, BRING_BACK = _leaves_nameless(), _bring_back()
