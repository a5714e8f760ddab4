"""What is asked of a list of tasks, in the words of the query, and what it finds in the model."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cmp_to_key
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.state_machine.answers import INVALID, refuse_if
from tests.state_machine.bodies import Some
from tests.state_machine.drawing import weighted
from tests.state_machine.model import Person
from tests.state_machine.nouns import Task, instant_of, same_name

_STATUSES: dict[str | None, tuple[bool, ...]] = {
    **dict.fromkeys((None, "all", ""), (False, True)),
    **dict.fromkeys(("pending", "incomplete", "false", "overdue"), (False,)),
    **dict.fromkeys(("completed", "done", "true"), (True,)),
}
PRIORITIES = ["none", "low", "medium", "high", "urgent"]


def _number_of_words(task: Task) -> int:
    return PRIORITIES.index(task.priority)


class _Sort(NamedTuple):
    value: Callable[[Task], Any]
    descends: bool


_BY_ID = _Sort(lambda task: task.id, descends=True)
_SORTS = {
    **dict.fromkeys(("created", "created_at", "relevance"), _BY_ID),
    **dict.fromkeys(("updated", "updated_at"), _Sort(lambda task: task.updated_at, descends=True)),
    "title": _Sort(lambda task: task.title.lower()[:200], descends=False),
    "priority": _Sort(_number_of_words, descends=True),
    "position": _Sort(lambda task: task.position, descends=False),
    "due_date": _Sort(lambda task: task.due_at, descends=False),
    "completed_at": _Sort(lambda task: task.completed_at, descends=True),
}
_ORDERS = {None: None, "asc": False, "desc": True}
_WRONG_SORTS = ("colour", "title,,id")

Key = list[tuple[Any, bool]]
"""What a task is compared by: values, and whether each goes down."""


def _is_behind(key: Key, other: Key) -> bool:
    for (value, descends), (there, _) in zip(key, other, strict=True):
        if value != there:
            if value is None or there is None:  # what has none comes last in both directions
                return value is None
            return bool(value < there if descends else value > there)
    return False


class Question(NamedTuple):
    """What is asked of a list."""

    status: str | None = None
    sort: str | None = None
    order: str | None = None
    filters: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, asked: dict[str, str]) -> "Question":
        """Read the parameters of a saved filter, by whichever names."""
        names = {"q": "search", "completed": "status"}
        asked = {names.get(name, name): value for name, value in asked.items()}
        own = {name: asked.pop(name, None) for name in ("status", "sort", "order")}
        return cls(**own, filters=tuple(asked.items()))

    def filled(self, fill: Callable[[Any], Any]) -> "Question":
        """Put ids where rows are named."""
        return self._replace(filters=tuple((name, fill(value)) for name, value in self.filters))

    def asked(self) -> dict[str, str]:
        """Give the parameters."""
        words = {"status": self.status, "sort": self.sort, "order": self.order, **self.named}
        return {name: value for name, value in words.items() if value is not None}

    def query(self, **more: object) -> str:
        return "?" + urlencode({**self.asked(), **{n: v for n, v in more.items() if v is not None}})

    @property
    def named(self) -> dict[str, str]:
        return dict(self.filters)

    @property
    def is_wrong(self) -> bool:
        wrong = self.status not in _STATUSES or self.order not in _ORDERS
        return wrong or self.sort in _WRONG_SORTS or any(v in _WRONG for v in self.named.values())

    @property
    def meaning(self) -> tuple[object, ...]:
        """What is asked, whichever words are used; values of filters as they are read."""
        sorts = tuple(self._sorts())
        filters = {name: value for name, value in self.filters if value != "all"}
        status = self.status if self.status == "overdue" else _STATUSES[self.status]
        return (status, sorts, frozenset(filters.items()))

    def key(self, task: Task) -> Key:
        keys = [(sort.value(task), descends) for sort, descends in self._sorts()]
        return [*keys, (task.id, keys[-1][1])]

    def _sorts(self) -> Iterable[tuple[_Sort, bool]]:
        found: dict[str, tuple[_Sort, bool]] = {}
        order = _ORDERS[self.order]
        for part in (self.sort or "created").split(","):
            sort = _SORTS[part.lstrip("-+")]
            descends = sort.descends if order is None else order
            own = {"-": True, "+": False}.get(part[0], descends)
            found.setdefault(part.lstrip("-+"), (sort, own))
            if sort is _BY_ID:
                break
        return found.values()

    def rows(self, person: Person, after: Key | None = None) -> list[Task]:
        """Give the tasks that this asks for, in order; those after a position."""
        keyed = {task.id: self.key(task) for task in person.live() if self.wants(task)}

        def compare(one: UUID, other: UUID) -> int:
            return 1 if _is_behind(keyed[one], keyed[other]) else -1

        ids = sorted(keyed, key=cmp_to_key(compare))
        rows = person.tasks
        return [rows[each] for each in ids if after is None or _is_behind(keyed[each], after)]

    def wants(self, task: Task) -> bool:
        """Tell whether a task is one of these."""
        named = self.named
        if self.status == "overdue" and not task.is_overdue:
            return False
        return task.completed in _STATUSES[self.status] and all(
            _FILTERS[name](task, value, named)
            for name, value in named.items()
            if value not in ("", "all")
        )

    def answer(self, person: Person) -> list[dict[str, Any]]:
        """Give the whole list; a RefusedError where the question is wrong."""
        refuse_if(INVALID, self.is_wrong)
        return self.shown(self.rows(person))

    @staticmethod
    def shown(rows: list[Task]) -> list[dict[str, Any]]:
        return [task.shown() for task in rows]


def _has_tags(task: Task, value: str, named: dict[str, str]) -> bool:
    wanted = {same_name(name.strip()) for name in value.split(",")}
    has = {same_name(name) for name in task.tags}
    return bool(wanted & has) if named.get("tag_match") == "any" else wanted <= has


def _is_in(name: str) -> Callable[[Task, str, Any], bool]:
    def check(task: Task, value: str, named: Any) -> bool:
        its = getattr(task, name)
        return its is None if value == "none" else str(its) == value

    return check


def _is_due(task: Task, value: str) -> bool:
    if value in ("none", "any"):
        return (task.due_at is None) is (value == "none")
    if value == "overdue":
        return task.is_overdue
    zone = ZoneInfo(task.zones.get(task.user_id, "UTC"))
    today = task.now.astimezone(zone).date() + timedelta(days=value == "tomorrow")
    return task.due_at is not None and task.due_at.astimezone(zone).date() == today


def _has_words(task: Task, value: str, named: Any) -> bool:
    # Of what is in the machine's titles, case is all that is folded.
    texts = [task.title, task.description or "", *task.tags]
    return all(any(word in text.casefold() for text in texts) for word in value.lower().split())


_FILTERS: dict[str, Callable[[Task, str, dict[str, str]], bool]] = {
    "priority": lambda task, value, named: task.priority in value.lower().split(","),
    "tags": _has_tags,
    "tag_match": lambda task, value, named: True,
    "category": lambda task, value, named: task.category == value,
    "project_id": _is_in("project_id"),
    "parent_id": _is_in("parent_id"),
    "search": _has_words,
    "due": lambda task, value, named: _is_due(task, value),
    "has_due_date": lambda task, value, named: (value == "true") is (task.due_at is not None),
    "due_after": lambda task, value, named: (
        task.due_at is not None and task.due_at >= datetime.fromisoformat(value)
    ),
    "due_before": lambda task, value, named: (
        task.due_at is not None
        and task.due_at <= instant_of(value, task.zones.get(task.user_id, "UTC"))
    ),
    "is_recurring": lambda task, value, named: (value == "true") is (task.recurrence is not None),
}
_WRONG = ("loud", "no id", "someday", "2026-02-30", "perhaps")
_VALUES: dict[str, list[Any]] = {
    "priority": ["high", "none,LOW", "medium,urgent", "all", "loud"],
    "tags": ["home", "HOME,work", "STRASSE", "n0,n1", "all"],
    "tag_match": ["any", "all"],
    "category": ["errands", "Errands", "all"],
    "project_id": ["none", *(Some("project", which) for which in range(-2, 4)), "no id"],
    "parent_id": ["none", *(Some("task", which) for which in range(-2, 4)), "no id"],
    "due": ["today", "tomorrow", "overdue", "none", "any", "", "someday"],
    "has_due_date": ["true", "false", "all", "perhaps"],
    "due_after": ["2020-02-29T09:00:00Z", "2500-01-01T00:00:00Z", "2026-02-30"],
    "due_before": ["2020-02-29", "2020-02-28", "2999-12-31T23:59:59", "2026-02-30"],
    "is_recurring": ["true", "false"],
    "search": ["milk", "BUY milk", "x", "日本", "home", "0"],
}
_filters = st.lists(st.sampled_from([*_VALUES]), max_size=2, unique=True).flatmap(
    lambda names: st.tuples(*(st.tuples(st.just(n), st.sampled_from(_VALUES[n])) for n in names))
)
_sorts: list[str | None] = [
    *(None, *_SORTS, "priority,-title", "-priority,+position", "completed_at,title", *_WRONG_SORTS),
]
questions = st.builds(
    Question,
    weighted({**dict.fromkeys(_STATUSES, 3), "done?": 1}),
    st.sampled_from(_sorts),
    weighted({None: 8, "asc": 8, "desc": 8, "up": 1}),
    st.one_of(st.just(()), _filters),
)
