"""Where rows stand, as the model knows it: their order, and not what the server writes for it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.state_machine.model import Person
from tests.state_machine.nouns import Row
from todo_server.domain.position import between
from todo_server.services.places import place_of_new


def wrong_place(
    person: Person, kind: type[Row], row_id: UUID, move: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Give what is wrong with a place: to stand beside itself, or what there is not."""
    ((where, beside),) = move.items()
    if beside is not True and (beside == row_id or not person.is_live(beside, kind)):
        yield f"move.{where}", "not_found"
        yield where, "not_found"  # as the command `move` has it


def check_place(person: Person, row: Row, move: dict[str, Any], found: str | None) -> str:
    """Give the place that a row is moved to: the position that the server found for it.

    AssertionError where another row stands between; there are no others whose positions change.
    Without a position, as what is undone again is not told, it is the one that the server finds.
    """
    ((where, beside),) = move.items()
    taken = sorted(each.position for each in person.live_of(type(row)) if each.id != row.id)
    place = "" if beside is True else person.rows[beside].position
    in_front, behind = {
        "after": (place, _first(each for each in taken if each > place)),
        "before": (_last(each for each in taken if each < place), place),
        "first": (None, _first(taken)),
        "last": (_last(taken), None),
    }[where]
    if found is None:
        return between(in_front, behind)
    assert in_front is None or in_front < found, f"{found!r} is not behind {in_front!r}"
    assert behind is None or found < behind, f"{found!r} is not in front of {behind!r}"
    return found


def check_new_place(person: Person, row: Row, found: str | None) -> None:
    """Put a new row behind all others, if none of them is from the future, as a clock may say."""
    if found is None:
        row.position = place_of_new(row.id)
        return
    others = [each for each in person.of(type(row)) if each.id != row.id]
    if all(each.created_at <= row.created_at for each in others):
        last = _last(sorted(each.position for each in others if each.is_live))
        assert last is None or last < found, f"{found!r} is not behind {last!r}"
    row.position = found


def _first(positions: Any) -> str | None:
    return next(iter(positions), None)


def _last(positions: Any) -> str | None:
    return max(positions, default=None)
