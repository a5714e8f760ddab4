"""The document of everything that a person has."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.state_machine.answers import instant
from tests.state_machine.model import Change, Person
from tests.state_machine.nouns import Project, Row, SavedFilter, Tag, Task

KINDS: dict[str, type[Row]] = {
    "projects": Project,
    "tags": Tag,
    "filters": SavedFilter,
    "tasks": Task,
    "trash": Task,
}
"""What the arrays of the document are of."""


_NO_SERIES = dict.fromkeys(("occurrence", "occurs_on", "rule_start", "rule_first"))


def document(person: Person, now: datetime, unknown: Any) -> dict[str, Any]:
    """Write everything of a person; `unknown` stands for instants of the database's own clock."""
    tasks = sorted(person.live(), key=lambda task: (task.parent_id is not None, task.id))
    trash = sorted(
        person.trash(), key=lambda task: (task.parent_id is not None, task.deleted_at, task.id)
    )
    return {
        "format": "todo-server/1",
        "exported_at": instant(now),
        "number": person.number,
        "account": None,
        "settings": person.settings,
        **{member: _all_of(person, KINDS[member]) for member in ("projects", "tags", "filters")},
        "tasks": [task.shown() | _NO_SERIES for task in tasks],
        "trash": [
            task.shown() | _NO_SERIES | {"deleted_at": instant(task.deleted_at)}
            for task in trash
            if task.deleted_at is not None
        ],
        "changes": [_exported(change, unknown) for change in person.log],
    }


def _all_of(person: Person, kind: type[Row]) -> list[dict[str, Any]]:
    return [row.shown() for row in sorted(person.live_of(kind), key=lambda row: row.id)]


def _exported(change: Change, unknown: Any) -> dict[str, Any]:
    before = change.before
    if before is not None:
        before = {name: _in_log(value) for name, value in before.items()}
    return vars(change) | {
        "at": unknown if change.at is None else instant(change.at),
        "row_id": str(change.row_id),
        "before": before,
    }


def _in_log(value: Any) -> Any:
    """As PostgreSQL writes it into JSON."""
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, datetime):
        return value
    whole, dot, fraction = value.isoformat().removesuffix("+00:00").partition(".")
    return f"{whole}{dot}{fraction.rstrip('0')}+00:00"
