"""Whether an undo would leave a task with a tag that has no row of its own any more."""

from sqlalchemy import Text, and_, column, func, not_, or_, select, true

from todo_server.database import (
    Write,
    constant,
    is_owners,
    owner_view,
    trash_view,
    write_statement,
)
from todo_server.models import LoggedChange, Tag, Task
from todo_server.services.changes.undo_statements import is_undone

_log, _tags = owner_view(LoggedChange), owner_view(Tag)


def _leaves_nameless() -> Write[bool]:
    """Look through the user's tasks, if what was undone is about a tag."""
    of_tags = (is_owners(_log), is_undone(_log), _log.c.noun == constant("tag"))
    about_tags = select(_log.c.number).where(*of_tags).exists()
    nameless = []
    for tasks in (owner_view(Task), trash_view(Task)):
        named = func.unnest(tasks.c.tag_keys).table_valued(column("key", Text), name="named")
        named = named.render_derived()
        its_tag = select(_tags.c.id).where(is_owners(_tags), _tags.c.name_key == named.c.key)
        found = select(tasks.c.id).select_from(tasks.join(named, true()))
        nameless.append(found.where(is_owners(tasks), not_(its_tag.exists())).exists())
    return write_statement(select(and_(about_tags, or_(*nameless))))


LEAVES_NAMELESS = _leaves_nameless()
