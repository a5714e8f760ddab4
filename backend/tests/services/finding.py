"""Tasks to find, and what a question finds among them, told in Python."""

# ruff: noqa: RUF001 - letters that look alike are the point

import itertools
import json
import unicodedata
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.databases import seed
from todo_server.database import Handle
from todo_server.domain.filter_values import NONE
from todo_server.domain.identity import Identity
from todo_server.domain.priority import Priority
from todo_server.domain.sorting import Order, Sort
from todo_server.domain.task_filters import Due, Status, TagMatch, TaskFilters
from todo_server.domain.task_query import TaskQuery
from todo_server.services import tasks

Row = dict[str, Any]

TITLES = ["Buy milk", "buy MILK", "Straße", "Zoë", "100%", "a_b", "買い牛乳", "حَلِيب", "Σίσυφος"]
DESCRIPTIONS = [None, "milk and bread", "İstanbul, ılık", "zoe", "\\ \" '", "牛乳を買う"]
TAGS = [[], [], ["home"], ["Büro", "home"], ["STRASSE"], ["x,y".partition(",")[0], "Milch"]]
CATEGORIES = [None, "errands", "Errands"]
PROJECTS = [None, *(uuid.UUID(int=number) for number in (1, 2))]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ZONE, WEEK_START = "Asia/Kathmandu", "sunday"
NOW = datetime(2026, 1, 1, 20, tzinfo=UTC)
"""When everything is asked: Thursday in UTC, and Friday where the user is."""
WORDS = ["milk", "MILCH", "buy", "strasse", "STRAẞE", "zoé", "Zoe\u0308", "%", "_", "\\", '"a_b"']
WORDS += ["istanbul", "ILIK", "牛乳", "乳", "حليب", "σισυφοσ", "i", "bread", '"milk and"', "q", "'"]

_INSERT = """
INSERT INTO task (user_id, id, title, description, completed, completed_at, priority, tags,
                  category, project_id, parent_id, position, created_at, updated_at, deleted_at,
                  due_date, due_at, recurrence)
SELECT $1, * FROM json_to_recordset($2) AS it(id uuid, title text, description text,
    completed boolean, completed_at timestamptz, priority text, tags text[], category text,
    project_id uuid, parent_id uuid, position text, created_at timestamptz,
    updated_at timestamptz, deleted_at timestamptz, due_date text, due_at timestamptz,
    recurrence text)
"""
_SETTINGS = """
INSERT INTO settings (user_id, time_zone, week_start, updated_at) VALUES ($1, $2, $3, now())
"""


def fold(text: str) -> str:
    """Do as the database does with these texts, which is less than it does with all."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return bare.replace("ı", "i").casefold()


def some_tasks(url: str, count: int = 60) -> Identity:
    """Give somebody tasks of all kinds, with few values for each member; some in the trash."""
    owner = Identity(f"finder {uuid.uuid4().hex}")
    kinds = [itertools.cycle(each) for each in (TITLES, DESCRIPTIONS, TAGS, CATEGORIES, PROJECTS)]
    first = uuid.uuid4().int >> 64 << 64
    made = []
    for number in range(count):
        title, description, tags, category, project = (next(kind) for kind in kinds)
        moment = (EPOCH + timedelta(hours=number * 7 % 5)).isoformat()
        made.append(
            {
                "id": str(uuid.UUID(int=first + number)),
                "title": title,
                "description": description,
                "tags": tags,
                "category": category,
                "project_id": project and str(project),
                "completed": number * 3 % 7 < 3,
                "completed_at": moment if number * 3 % 7 < 3 else None,
                "priority": [*Priority][number * 11 % 5],
                "parent_id": str(uuid.UUID(int=first)) if number % 6 == 5 else None,
                "position": f"m{number * 17 % 9}",
                "created_at": moment,
                "updated_at": moment,
                "deleted_at": moment if number % 10 == 9 else None,
                **_due(number * 13 % 23),
                "recurrence": "FREQ=DAILY" if number % 4 == 1 else None,
            }
        )
    seed(url, _INSERT, owner.user_id, json.dumps(made))
    seed(url, _SETTINGS, owner.user_id, ZONE, WEEK_START)
    return owner


def _due(number: int) -> dict[str, str | None]:
    """Give a due date around now, by the day or by the hour; none to some."""
    if number > 16:
        return {"due_date": None, "due_at": None}
    if number % 2:
        date = (NOW + timedelta(days=number // 2 - 4)).date().isoformat()
        return {"due_date": date, "due_at": _bound(date, is_end=True).isoformat()}
    moment = (NOW + timedelta(hours=number * 6 - 60)).isoformat()
    return {"due_date": moment.replace("+00:00", "Z"), "due_at": moment}


def _bound(text: str, *, is_end: bool) -> datetime:
    """Tell which instant a date or a time is for the user."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(ZONE))
    day = timedelta(days=1, microseconds=-1) if is_end and len(text) == 10 else timedelta()
    return (moment + day).astimezone(UTC)


def _since(number: int) -> str:
    return (EPOCH + timedelta(hours=number)).isoformat().replace("+00:00", "Z")


def some_of(values: list[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most).map(",".join)


BOUNDS = [f"2026-01-0{day}{time}" for day in (1, 2, 3) for time in ("", "T05:45:00", "T20:00:00Z")]
FILTERS: dict[str, st.SearchStrategy[str]] = {
    "status": st.sampled_from(["pending", "done", "all", "", "false", "overdue"]),
    "search": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    "priority": some_of([*Priority, "HIGH"], 3),
    "tags": some_of(["home", "HOME", "büro", "Strasse", "milch", "none such"], 3),
    "tag_match": st.sampled_from([*TagMatch]),
    "category": st.sampled_from(["errands", "Errands", " errands ", "none"]),
    "project_id": st.sampled_from(["none", *map(str, PROJECTS[1:]), str(uuid.UUID(int=9))]),
    "parent_id": st.sampled_from(["none", str(uuid.UUID(int=9))]),
    "series_id": st.just(str(uuid.UUID(int=9))),
    "updated_since": st.integers(-1, 6).map(_since),
    "completed_since": st.integers(-1, 6).map(_since),
    "due_after": st.sampled_from(BOUNDS),
    "due_before": st.sampled_from(BOUNDS),
    "due": st.sampled_from([*Due, "", "TODAY"]),
    "has_due_date": st.sampled_from(["true", "false", "", "False"]),
    "is_recurring": st.sampled_from(["true", "false", "all"]),
}
SORTS = st.lists(
    st.tuples(st.sampled_from(["", "-", "+"]), st.sampled_from([*Sort])).map("".join),
    min_size=1,
    max_size=4,
).map(",".join)
QUESTIONS = st.fixed_dictionaries(
    {}, optional={**FILTERS, "sort": SORTS, "order": st.sampled_from([*Order])}
)
"""Questions as clients write them."""


def found_among(rows: list[Row], query: TaskQuery) -> list[Row]:
    """Give what a question finds, in the order that was asked for."""
    found = [row for row in rows if matches(row, query)]
    for column, order in reversed(query.keys):
        key = _KEYS[column](query)
        with_key = [row for row in found if key(row) is not None]
        with_key.sort(key=key, reverse=order is Order.DESCENDING)
        found = with_key + [row for row in found if key(row) is None]
    return found


def _title_hit(query: TaskQuery) -> Callable[[Row], Any]:
    return lambda row: all(fold(word) in fold(row["title"]) for word in query.search or ())


_KEYS: dict[str, Callable[[TaskQuery], Callable[[Row], Any]]] = {
    "id": lambda _: lambda row: row["id"],
    "updated_at": lambda _: lambda row: row["updated_at"],
    "due_at": lambda _: lambda row: row["due_at"],
    "title_key": lambda _: lambda row: row["title"].lower(),
    "priority": lambda _: lambda row: [*Priority].index(row["priority"]),
    "position": lambda _: lambda row: row["position"],
    "completed_at": lambda _: lambda row: row["completed_at"],
    "relevance": _title_hit,
}


def matches(row: Row, query: TaskFilters) -> bool:
    """Tell whether a task is one of those that are asked for."""
    return all(test(row, query) for test in _TESTS)


def _is_row(asked: object, value: str | None) -> bool:
    return asked is None or (value is None if asked is NONE else value == str(asked))


def _is_since(asked: datetime | None, value: str | None) -> bool:
    return asked is None or (value is not None and datetime.fromisoformat(value) >= asked)


def _due_at(row: Row) -> datetime:
    return datetime.fromisoformat(row["due_at"])


def _is_due(row: Row, due: Due) -> bool:
    if row["due_at"] is None or due in (Due.NONE, Due.ANY):
        return (row["due_at"] is None) is (due is Due.NONE)
    if due is Due.OVERDUE:
        return not row["completed"] and _due_at(row) < NOW
    today = NOW.astimezone(ZoneInfo(ZONE)).date()
    days = (_due_at(row).astimezone(ZoneInfo(ZONE)).date() - today).days
    last = {Due.TODAY: 0, Due.TOMORROW: 1, Due.WEEK: (5 - today.weekday()) % 7}[due]
    return (1 if due is Due.TOMORROW else 0) <= days <= last


def _has_words(row: Row, query: TaskFilters) -> bool:
    text = "\x1f".join([row["title"], row["description"] or "", *row["tags"]])
    return all(fold(word) in fold(text) for word in query.search or ())


def _has_tags(row: Row, query: TaskFilters) -> bool:
    its = {tag.casefold() for tag in row["tags"]}
    some = any if query.tag_match is TagMatch.ANY else all
    return query.tags is None or some(tag.casefold() in its for tag in query.tags)


_TESTS: list[Callable[[Row, TaskFilters], bool]] = [
    lambda row, query: query.state in (Status.ALL, row["status"]),
    lambda row, query: query.status is not Status.OVERDUE or _is_due(row, Due.OVERDUE),
    lambda row, query: query.due is None or _is_due(row, query.due),
    lambda row, query: (
        query.due_after is None
        or (row["due_at"] is not None and _due_at(row) >= _bound(query.due_after, is_end=False))
    ),
    lambda row, query: (
        query.due_before is None
        or (row["due_at"] is not None and _due_at(row) <= _bound(query.due_before, is_end=True))
    ),
    lambda row, query: query.has_due_date in (None, str(row["due_at"] is not None).lower()),
    lambda row, query: query.is_recurring in (None, str(row["is_recurring"]).lower()),
    _has_words,
    _has_tags,
    lambda row, query: query.priority is None or row["priority"] in query.priority,
    lambda row, query: query.category in (None, row["category"]),
    lambda row, query: _is_row(query.project_id, row["project_id"]),
    lambda row, query: _is_row(query.parent_id, row["parent_id"]),
    lambda row, query: _is_row(query.series_id, row["series_id"]),
    lambda row, query: _is_since(query.updated_since, row["updated_at"]),
    lambda row, query: _is_since(query.completed_since, row["completed_at"]),
]


async def everything(mine: Handle) -> list[Row]:
    rows: list[Row] = json.loads((await tasks.list_tasks(mine, TaskQuery())).body)
    return rows


async def pages(mine: Handle, query: TaskQuery) -> AsyncIterator[list[Row]]:
    """Follow the cursors to the end."""
    while True:
        page = await tasks.list_tasks(mine, query)
        yield json.loads(page.body)
        if page.next_cursor is None:
            return
        query = query.model_copy(update={"cursor": page.next_cursor})
