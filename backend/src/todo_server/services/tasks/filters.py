"""The filters of a listing: what each adds to the condition.

The values are parameters. None has an index of its own but the project, the parent and the due
date: the others look through the user's own rows (docs/decisions/0027).
"""

from enum import Enum

from sqlalchemy import ARRAY, ColumnElement, DateTime, Text, any_, bindparam, case, func, select

from todo_server.database import constant, owner_view
from todo_server.domain.query import Asked
from todo_server.models import Task
from todo_server.models.task.derived import is_overdue
from todo_server.services.tasks import days
from todo_server.services.tasks.searching import has_every_word

_tasks = owner_view(Task)


def equals(name: str) -> ColumnElement[bool]:
    """Make the filter that asks for one value of a column of the same name."""
    return _tasks.c[name] == bindparam(name, type_=_tasks.c[name].type)


def _is_one_of(name: str) -> ColumnElement[bool]:
    return _tasks.c[name] == any_(bindparam(name, type_=ARRAY(Text)))


def _is_since(name: str, column: str) -> ColumnElement[bool]:
    return _tasks.c[column] >= bindparam(name, type_=DateTime(timezone=True))


def _has_tags() -> ColumnElement[bool]:
    # In a subquery, so that the names are folded once, and not for each row.
    names = bindparam("tags", type_=ARRAY(Text))
    wanted = select(func.lower_keys(names, type_=ARRAY(Text))).scalar_subquery()
    match = bindparam("tag_match", type_=Text)
    any_of_them, all_of_them = (_tasks.c.tag_keys.bool_op(sign)(wanted) for sign in ("&&", "@>"))
    return case((match == constant("any"), any_of_them), else_=all_of_them)


FILTERS: dict[str, ColumnElement[bool]] = {
    "status:overdue": is_overdue(_tasks),
    "search": has_every_word(_tasks),
    "priority": _is_one_of("priority"),
    "tags": _has_tags(),
    "category": equals("category"),
    "project_id": equals("project_id"),
    "project_id:none": _tasks.c.project_id.is_(None),
    "parent_id": equals("parent_id"),
    "parent_id:none": _tasks.c.parent_id.is_(None),
    "series_id": equals("series_id"),
    "updated_since": _is_since("updated_since", "updated_at"),
    "completed_since": _is_since("completed_since", "completed_at"),
    "due_after": _tasks.c.due_at >= days.bound("due_after", is_end=False),
    "due_before": _tasks.c.due_at <= days.bound("due_before", is_end=True),
    "due:today": days.is_within(_tasks.c.due_at, days.TODAY, days.TODAY),
    "due:tomorrow": days.is_within(_tasks.c.due_at, days.TOMORROW, days.TOMORROW),
    "due:week": days.is_within(_tasks.c.due_at, days.TODAY, days.END_OF_WEEK),
    "due:overdue": is_overdue(_tasks),
    "due:none": _tasks.c.due_at.is_(None),
    "due:any": _tasks.c.due_at.is_not(None),
    "has_due_date:true": _tasks.c.due_at.is_not(None),
    "has_due_date:false": _tasks.c.due_at.is_(None),
    "is_recurring:true": _tasks.c.recurrence.is_not(None),
    "is_recurring:false": _tasks.c.recurrence.is_(None),
}
"""The table of filters, one to a line: the member of the query, which is its parameter's name as
well, and the condition. Words that ask for something else than others have a line of their own. The
other statuses are none of them: every index begins with these."""


def filters_of(listing: Asked) -> dict[str, object]:
    """Give the lines of the table that a question needs, with its values."""
    asked: dict[str, object] = {}
    for line in FILTERS:
        name, _, word = line.partition(":")
        value = getattr(listing, name, None)
        if value is not None and word == _word(name, value):
            asked[line] = value
    return asked


def _word(name: str, value: object) -> str:
    """Give the word by which a value has a line of its own; an empty one for all others."""
    word = str(value.value) if isinstance(value, Enum) else ""
    return word if f"{name}:{word}" in FILTERS else ""


def filter_values(listing: Asked, asked: dict[str, object]) -> dict[str, object]:
    """Give the parameters of those lines."""
    values = {line: value for line, value in asked.items() if ":" not in line}
    if "tags" in values:
        values["tag_match"] = getattr(listing, "tag_match", "all")
    return values
