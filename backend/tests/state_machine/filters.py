"""The rules of saved filters: what they are; what one finds stands in `listing.py`."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.state_machine import noun_bodies
from tests.state_machine.answers import Answer
from tests.state_machine.base import askers, keys, people
from tests.state_machine.conditions import if_match, if_none_match
from tests.state_machine.model import Person
from tests.state_machine.nouns import SavedFilter
from tests.state_machine.placed import Listed, Placed, methods, which_row

_new, _changed = noun_bodies.new_bodies(SavedFilter), noun_bodies.changes_of(SavedFilter)


class Filters(Placed):
    """Questions that are kept."""

    operations = frozenset(
        {
            *("list_filters", "create_filter", "get_filter", "delete_filter"),
            *("update_filter_by_put", "update_filter_by_patch"),
        }
    )

    @rule(owner=people, asker=askers, conditional=st.booleans())
    def list_filters(self, owner, asker, conditional):
        self.whole("list_filters", owner, asker, Listed(SavedFilter), conditional=conditional)

    @rule(owner=people, asker=askers, body=_new, key=keys)
    def create_filter(self, owner, asker, body, key):
        self.create_row(SavedFilter, self.asking(owner, asker), body, key)

    @rule(owner=people, asker=askers, which=which_row, condition=if_none_match)
    def get_filter(self, owner, asker, which, condition):
        self.get_row(self.asked(SavedFilter, self.asking(owner, asker), which, condition))

    @rule(
        method=methods,
        body=_changed,
        owner=people,
        asker=askers,
        which=which_row,
        condition=if_match,
        key=keys,
    )
    def update_filter(self, *, method, body, owner, asker, which, condition, key):
        asked = self.asked(SavedFilter, self.asking(owner, asker), which, condition, key)
        self.update_row(method, asked, body)

    @rule(owner=people, asker=askers, which=which_row, condition=if_match, key=keys)
    def delete_filter(self, *, owner, asker, which, condition, key):
        def act(person: Person, row: SavedFilter, answered: Any) -> Answer:
            person.change(row, {"deleted_at": person.now})
            return Answer(204)

        asked = self.asked(SavedFilter, self.asking(owner, asker), which, condition, key)
        self.ask_to_change("delete_filter", asked, act)
