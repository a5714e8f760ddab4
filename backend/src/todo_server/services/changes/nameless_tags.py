"""Whether an undo has left a task with a tag that has no row of its own any more."""

from sqlalchemy import Text, column, func, not_, or_, select, true

from todo_server.database import Write, is_owners, owner_view, trash_view, write_statement
from todo_server.models import Tag, Task

_tags = owner_view(Tag)


def _leaves_nameless() -> Write[bool]:
    """Look through the user's tasks, those in the trash too."""
    nameless = []
    for tasks in (owner_view(Task), trash_view(Task)):
        named = func.unnest(tasks.c.tag_keys).table_valued(column("key", Text), name="named")
        named = named.render_derived()
        its_tag = select(_tags.c.id).where(is_owners(_tags), _tags.c.name_key == named.c.key)
        found = select(tasks.c.id).select_from(tasks.join(named, true()))
        nameless.append(found.where(is_owners(tasks), not_(its_tag.exists())).exists())
    return write_statement(select(or_(*nameless)))


LEAVES_NAMELESS = _leaves_nameless()
