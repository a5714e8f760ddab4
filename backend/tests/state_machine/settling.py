"""What the server alone decides, taken over by the model: ids of tags, and the order of the log.

In which order one request writes its entries is not said, but for those of one row; neither is
which id a tag gets that a task names for the first time.
"""

from typing import Any

from tests.state_machine.application import Application
from tests.state_machine.comparison import read_before
from tests.state_machine.model import Change, Person
from tests.state_machine.nouns import Tag, same_name
from tests.state_machine.places import check_new_place

_NEW = "SELECT * FROM change WHERE user_id = $1 AND number > $2 ORDER BY number"
_TAGS = "SELECT id, name, position FROM tag WHERE user_id = $1 AND id = ANY($2) ORDER BY id"


def settle(application: Application, person: Person) -> None:
    """Take over what the server has decided since the last time."""
    new = person.log[person.settled :]
    if not new:
        return
    found = [dict(row) for row in application.rows(_NEW, person.id, person.settled)]
    _take_ids(application, person, found)
    ordered = [_taken(new, row) for row in found]
    if None not in ordered and not new:
        person.log[person.settled :] = [change for change in ordered if change is not None]
        for number, change in enumerate(person.log[person.settled :], person.settled + 1):
            change.number = number
        person.settled = len(person.log)


def _taken(new: list[Change], row: dict[str, Any]) -> Change | None:
    """Take an entry that is like the server's from those that are left, or give None."""
    before = read_before(row["before"])
    for change in new:
        if (change.row_id, change.kind, change.before) == (row["row_id"], row["kind"], before):
            new.remove(change)
            return change
    return None


def _take_ids(application: Application, person: Person, found: list[dict[str, Any]]) -> None:
    ids = [row["row_id"] for row in found if (row["noun"], row["kind"]) == ("tag", "created")]
    ids = [each for each in ids if each not in person.rows]
    for row in application.rows(_TAGS, person.id, ids) if ids else ():
        for tag in [each for each in person.of(Tag) if each.id.version == 4]:
            if same_name(tag.name) == same_name(row["name"]):
                _rename(person, tag, row)


def _rename(person: Person, tag: Tag, row: Any) -> None:
    del person.rows[tag.id]
    for change in person.log:
        if change.row_id == tag.id:
            change.row_id = row["id"]
    tag.id = row["id"]
    person.rows[tag.id] = tag
    check_new_place(person, tag, row["position"])
