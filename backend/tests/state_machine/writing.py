"""What a request sets of a task, done in the model."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.state_machine import rules
from tests.state_machine.answers import invalid
from tests.state_machine.model import Person
from tests.state_machine.nouns import Task
from tests.state_machine.places import check_new_place, check_place, wrong_place
from tests.state_machine.reading import FLIP, with_ids

Find = Callable[[str, str], UUID]
"""Gives the id of the row that a text names in a field."""


def by_id(text: str, field: str) -> UUID:
    return UUID(text)


def create_task(
    person: Person,
    task_id: UUID,
    values: dict[str, Any],
    answered: dict[str, Any],
    find: Find = by_id,
) -> Task:
    """Make a task of what `answered` tells the position."""
    values = with_ids(values, find)
    if values.get("completed") is FLIP:
        values["completed"] = True
    move = values.pop("move", None)
    _refuse_wrong(person, task_id, {}, values, move)
    task = Task(
        user_id=person.id, id=task_id, created_at=person.now, updated_at=person.now, title=""
    )
    if move is None:
        check_new_place(person, task, answered.get("position"))
    else:
        task.position = check_place(person, task, move, answered.get("position"))
    for name, value in values.items():
        setattr(task, name, value)
    task.completed_at = person.now if task.completed else None
    return person.add(task)


def change_task(
    person: Person,
    task: Task,
    values: dict[str, Any],
    answered: dict[str, Any],
    find: Find = by_id,
) -> Task:
    """Change a live task as a request says; `answered` tells where it was put."""
    values = with_ids(values, find)
    if values.get("completed") is FLIP:
        values["completed"] = not task.completed
    move = values.pop("move", None)
    _refuse_wrong(person, task.id, vars(task), values, move)
    if move is not None:
        values["position"] = check_place(person, task, move, answered.get("position"))
    return person.change(task, values)


def _refuse_wrong(
    person: Person,
    task_id: UUID,
    before: dict[str, Any],
    values: dict[str, Any],
    move: dict[str, Any] | None,
) -> None:
    """Raise what is wrong with the rows that a task would name."""
    wrong = [*rules.wrong_references(person, task_id, before, values)]
    if move is not None:
        wrong += wrong_place(person, Task, task_id, move)
    if wrong:
        raise invalid(*wrong)


def restore_task(person: Person, task: Task) -> Task:
    """Take a task out of the trash; without its parent, if that is none any more."""
    values: dict[str, Any] = {"deleted_at": None}
    if task.parent_id and any(rules.wrong_parent(person, task.id, task.parent_id)):
        values["parent_id"] = None
    return person.change(task, values)
