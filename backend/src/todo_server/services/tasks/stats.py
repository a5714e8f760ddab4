"""What a user's tasks come to: one statement groups them, in every way at once."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    func,
    literal_column,
    select,
    tuple_,
)

from todo_server.database import (
    Handle,
    Read,
    owner_view,
    read_statement,
    select_owned,
    utf8,
)
from todo_server.domain.priority import Priority
from todo_server.models import Counts, Project, Stats, Tag, Task
from todo_server.models.stats import DayCount, ProjectCounts, StatusCounts, TagCounts
from todo_server.models.task.derived import is_overdue
from todo_server.services.one_row import NOW
from todo_server.services.tasks.days import local_date

DAYS = 30

AnyCounts = TypeVar("AnyCounts", TagCounts, ProjectCounts)

_tasks, _projects, _tags = owner_view(Task), owner_view(Project), owner_view(Tag)
_TOTAL = func.count().label("total")
_DONE = func.count().filter(_tasks.c.completed).label("done")
_OVERDUE = func.count().filter(is_overdue(_tasks)).label("overdue")


def _groups() -> Subquery:
    """Count by priority, by project and by day, reading each task once."""
    day = local_date(_tasks.c.completed_at)
    ways = [_tasks.c.priority, _tasks.c.project_id, day]
    left_out = [func.grouping(way).label(f"no_{n}") for n, way in enumerate(ways)]
    counted = select_owned(Task, *ways[:2], day.label("day"), *left_out, _TOTAL, _DONE, _OVERDUE)
    return counted.group_by(func.grouping_sets(*(tuple_(way) for way in ways))).subquery("groups")


def _by_tag() -> ScalarSelect[Any]:
    keys = func.unnest(_tasks.c.tag_keys).label("key")
    named = select_owned(Task, keys, _tasks.c.completed).subquery("named")
    done = func.count().filter(named.c.completed).label("done")
    counted = select(named.c.key, func.count().label("total"), done).group_by(named.c.key)
    rows = counted.subquery("tagged")
    name = select_owned(Tag, _tags.c.name).where(_tags.c.name_key == rows.c.key)
    its_name = func.coalesce(name.correlate_except(_tags).scalar_subquery(), rows.c.key)
    listed = func.json_build_array(its_name, rows.c.total, rows.c.done)
    return select(func.json_agg(listed)).select_from(rows).scalar_subquery()


def _statement() -> Read[bytes]:
    groups = _groups()
    name = select_owned(Project, _projects.c.name).where(_projects.c.id == groups.c.project_id)
    by: list[tuple[str, ColumnElement[Any]]] = [
        (
            "no_0",
            func.json_build_array(
                groups.c.priority, groups.c.total, groups.c.done, groups.c.overdue
            ),
        ),
        (
            "no_1",
            func.json_build_array(
                groups.c.project_id,
                name.correlate_except(_projects).scalar_subquery(),
                groups.c.total,
                groups.c.done,
            ),
        ),
        ("no_2", func.json_build_array(groups.c.day, groups.c.done)),
    ]
    zero: ColumnElement[int] = literal_column("0")
    lists = [func.json_agg(row).filter(groups.c[left_out] == zero) for left_out, row in by]
    answer: Select[Any] = select(
        utf8(func.json_build_array(*lists, _by_tag(), local_date(NOW)))
    ).select_from(groups)
    return read_statement(answer)


STATS = _statement()


async def get_stats(mine: Handle) -> Stats:
    """Tell what the user's tasks come to."""
    found: bytes = await mine.run(STATS)
    priorities, projects, days, tags, its_today = json.loads(found)
    today = date.fromisoformat(its_today)
    done = {date.fromisoformat(day): count for day, count in days or () if day is not None}
    counts = dict.fromkeys(Priority, Counts(total=0, completed=0))
    counts |= {Priority(word): Counts(total=n, completed=c) for word, n, c, _ in priorities or ()}
    total = sum(each.total for each in counts.values())
    completed = sum(each.completed for each in counts.values())
    last = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    return Stats(
        total=total,
        by_status=StatusCounts(pending=total - completed, completed=completed),
        overdue=sum(late for *_, late in priorities or ()),
        by_priority=counts,
        by_tag=_most_first(TagCounts(name=name, total=n, completed=c) for name, n, c in tags or ()),
        by_project=_most_first(
            ProjectCounts(project_id=project_id, name=name, total=n, completed=c)
            for project_id, name, n, c in projects or ()
        ),
        done_per_day=[DayCount(day=day, completed=done.get(day, 0)) for day in last],
        streak=_streak(done, today),
    )


def _most_first(counts: Iterable[AnyCounts]) -> list[AnyCounts]:
    return sorted(counts, key=lambda its: (-its.total, its.name or ""))


def _streak(done: dict[date, int], today: date) -> int:
    """Count the days in a row up to today, or to yesterday where nothing is done today yet."""
    day = today if today in done else today - timedelta(days=1)
    first = day
    while day in done:
        day -= timedelta(days=1)
    return (first - day).days
