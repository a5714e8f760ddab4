"""What the database sees to itself, as the model does it: families of tasks, and rows of tags.

Of a statement that changes several rows, the rules come when all of them are as it leaves them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.state_machine.answers import invalid
from tests.state_machine.nouns import Project, Row, Tag, Task

if TYPE_CHECKING:
    from tests.state_machine.model import Person

_MICROSECOND = timedelta(microseconds=1)


def later(row: Row, at: datetime) -> datetime:
    """Give when a change of a row was made: never before the last one."""
    return max(at, row.updated_at + _MICROSECOND)


def wrong_references(
    person: "Person", task_id: UUID, before: dict[str, Any], values: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Give what is wrong with a task that would name these rows, and not those before."""
    project_id, parent_id = values.get("project_id"), values.get("parent_id")
    is_new = project_id is not None and project_id != before.get("project_id")
    if is_new and not person.is_live(project_id, Project):
        yield "project_id", "not_found"
    if parent_id not in (None, before.get("parent_id")):
        yield from (("parent_id", code) for code in wrong_parent(person, task_id, parent_id))


def wrong_parent(person: "Person", task_id: UUID, parent_id: UUID) -> Iterator[str]:
    """Give why a live task cannot be a part of another."""
    parent = person.rows.get(parent_id)
    if parent_id == task_id:
        yield "inconsistent"
    elif not isinstance(parent, Task) or not parent.is_live:
        yield "not_found"
    elif parent.parent_id is not None or live_parts(person, task_id):
        yield "too_deep"


def live_parts(person: "Person", task_id: UUID) -> list[Task]:
    return [task for task in person.live() if task.parent_id == task_id]


def after_insert(person: "Person", row: Row) -> None:
    if not isinstance(row, Task):
        return
    if row.parent_id is not None:
        if row.is_live:
            wrong = [*wrong_parent(person, row.id, row.parent_id)]
            if wrong:
                raise invalid(*(("parent_id", code) for code in wrong))
            _count(person, row.parent_id, row.updated_at)
        else:
            _count_in_trash(person, row.parent_id)
    _make_tags(person, row)


def after_update(person: "Person", row: Row, before: dict[str, Any]) -> None:
    if not isinstance(row, Task):
        return
    was_deleted = before.get("deleted_at", row.deleted_at)
    moved = (was_deleted is None) != row.is_live
    its_parent = row.parent_id is not None
    if (
        "parent_id" in before
        or (its_parent and "completed" in before)
        or (moved and (its_parent or row.subtasks_total))
    ):
        _keep_family(person, row, before, was_deleted)
    if "tags" in before:
        _make_tags(person, row)


def _keep_family(
    person: "Person", task: Task, before: dict[str, Any], was_deleted: datetime | None
) -> None:
    parent_id, at = task.parent_id, task.updated_at
    if parent_id is not None and task.is_live:
        wrong = [*wrong_parent(person, task.id, parent_id)]
        if wrong and "parent_id" in before:
            raise invalid(*(("parent_id", code) for code in wrong))
        if wrong:
            person.change_by_rule(task, {"parent_id": None}, task.updated_at)
    if was_deleted is None and not task.is_live:
        parts = live_parts(person, task.id)
        _put(person, parts, at, task.deleted_at)
        _count_in_trash(person, task.id)
    elif was_deleted is not None and task.is_live:
        trashed = [part for part in person.trash() if part.parent_id == task.id]
        _put(person, [part for part in trashed if part.deleted_at == was_deleted], at, None)
    _count(person, parent_id, at)
    if "parent_id" in before:
        _count(person, before["parent_id"], at)
        _count_in_trash(person, before["parent_id"])


def _put(person: "Person", parts: list[Task], at: datetime, deleted_at: datetime | None) -> None:
    person.change_several_by_rule([(p, {"deleted_at": deleted_at}, later(p, at)) for p in parts])


def after_delete(person: "Person", row: Row) -> None:
    if isinstance(row, Task) and row.parent_id is not None:
        _count_in_trash(person, row.parent_id)


def _count(person: "Person", parent_id: UUID | None, at: datetime) -> None:
    parent = None if parent_id is None else person.rows.get(parent_id)
    if isinstance(parent, Task) and parent.is_live:
        parts = live_parts(person, parent.id)
        # An import keeps the instants that it has brought.
        updated_at = later(parent, at) if person.at is None else parent.updated_at
        _set_counts(person, parent, parts, updated_at)


def _count_in_trash(person: "Person", parent_id: UUID | None) -> None:
    parent = None if parent_id is None else person.rows.get(parent_id)
    if isinstance(parent, Task) and not parent.is_live:
        parts = [part for part in person.trash() if part.parent_id == parent_id]
        together = [part for part in parts if part.deleted_at == parent.deleted_at]
        _set_counts(person, parent, together, parent.updated_at)


def _set_counts(person: "Person", parent: Task, parts: list[Task], updated_at: datetime) -> None:
    counts = {
        "subtasks_total": len(parts),
        "subtasks_completed": sum(part.completed for part in parts),
    }
    person.change_by_rule(parent, counts, updated_at)


def _make_tags(person: "Person", task: Task) -> None:
    for name in task.tags:
        if person.tag(name) is None:
            at = task.updated_at
            person.add(Tag(user_id=person.id, id=uuid4(), created_at=at, updated_at=at, name=name))
