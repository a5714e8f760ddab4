"""Undo, as the model does it."""

from copy import deepcopy
from typing import Any
from uuid import UUID

from tests.state_machine.answers import RefusedError, refuse_if
from tests.state_machine.model import Change, Person
from tests.state_machine.nouns import Project, Tag, Task, same_name

_AGAIN = RefusedError(409, "already_changed")


def undo(person: Person, number: int) -> None:
    """Put back what a change, or its batch, touched; nothing where a RefusedError is raised."""
    refuse_if(RefusedError(404, "change_not_found"), number > person.number)
    (asked,) = (change for change in person.log if change.number == number)
    undone = [c for c in person.log if asked.batch is not None and c.batch == asked.batch]
    undone = undone or [asked]
    purges = {c.row_id: c.number for c in person.log if c.kind == "purged"}
    purged = any(purges.get(c.row_id, 0) >= c.number for c in undone)
    refuse_if(RefusedError(409, "already_purged"), purged)
    wanted: dict[UUID, dict[str, Any]] = {}
    for change in reversed(undone):
        wanted[change.row_id] = wanted.get(change.row_id, {}) | _before(person, change)
    for row_id, values in wanted.items():
        _refuse_what_was_changed_again(person, row_id, values, undone[-1].number)
    before = deepcopy(vars(person))
    person.undoes = undone[0].number
    person.batch = None if asked.batch is None else person.number + 1
    try:
        person.change_several([(person.rows[row_id], wanted[row_id]) for row_id in wanted])
        if asked.batch is not None:
            _keep_tags(person, undone)
        _refuse_what_does_not_go(person, about_tags=any(c.noun == "tag" for c in undone))
    except RefusedError as refusal:
        vars(person).update(before)
        raise _AGAIN.with_traceback(None) from refusal
    person.undoes = person.batch = None


def _keep_tags(person: Person, undone: list[Change]) -> None:
    """Take tags that were made in the batch out of the trash again, where one would be missing."""
    named = {same_name(name) for task in person.of(Task) for name in task.tags}
    if all(person.tag(name) for name in named):
        return
    made = (person.rows[c.row_id] for c in undone if c.noun == "tag" and c.kind == "created")
    tags = [tag for tag in made if isinstance(tag, Tag) and not tag.is_live]
    kept = [tag for tag in tags if same_name(tag.name) in named]
    person.change_several([(tag, {"deleted_at": None}) for tag in kept])


def _before(person: Person, change: Change) -> dict[str, Any]:
    """Give the values that come back: what was made, or restored, goes to the trash."""
    if change.kind in ("created", "restored"):
        return (change.before or {}) | {"deleted_at": person.now}
    return change.before or {}


def _refuse_what_was_changed_again(
    person: Person, row_id: UUID, values: dict[str, Any], last: int
) -> None:
    for name in values:
        later = [
            change.before[name]
            for change in person.log
            if change.number > last and change.row_id == row_id
            if change.before is not None and name in change.before
        ]
        # As the change left it is as the next one found it; since when it is in the trash, does not
        # matter.
        now = getattr(person.rows[row_id], name)
        again = bool(later) and later[0] != now
        if name == "deleted_at":
            again = bool(later) and (later[0] is None) != (now is None)
        refuse_if(_AGAIN, again)


def _refuse_what_does_not_go(person: Person, *, about_tags: bool) -> None:
    """Refuse what other rows have made impossible since, as it was never so."""
    for task in person.of(Task):
        of_project = task.project_id is not None and not person.is_live(task.project_id, Project)
        refuse_if(_AGAIN, of_project)
        refuse_if(_AGAIN, task.parent_id is not None and task.parent_id not in person.rows)
        if about_tags:
            refuse_if(_AGAIN, any(person.tag(name) is None for name in task.tags))
    names = [same_name(tag.name) for tag in person.live_of(Tag)]
    refuse_if(_AGAIN, len(names) > len(set(names)))
