"""`If-Match` and `If-None-Match`, right and wrong, and how the model reads them."""

from typing import NamedTuple

from hypothesis import strategies as st

from tests.state_machine.answers import INVALID, refuse_if
from tests.state_machine.drawing import weighted
from tests.state_machine.nouns import Row

# `{v}` stands for the present version, `{o}` for one that the task had before or will have.
# Beside each form, the versions that it names; None where it is no list of tags.
_ANY = "any"
_IF_MATCH: dict[str | None, str | None] = {
    None: _ANY,
    "*": _ANY,
    '"{v}"': "v",
    '"{o}"': "o",
    '"{v}-overdue"': "v",
    '"{o}" , "{v}"': "ov",
    '"x", "{o}",, "y"': "o",
    'W/"{v}"': "",
    '"{v}x!"': "",
    "{v}": None,
    "": None,
    '"{v}': None,
}
_IF_NONE_MATCH: dict[str | None, bool] = {
    **dict.fromkeys((None, '"{v}"', 'W/"{v}"', '"{o}", "{v}"', "*"), True),
    **dict.fromkeys(('"{o}"', '"{v}-overdue"'), True),
    "{v}": False,
}
"""Forms, and whether they are lists of tags."""


class Condition(NamedTuple):
    """A header about a task: its form, and how far the version `{o}` is from the present one."""

    form: str | None
    other: int

    def headers(self, name: str, task: Row | None) -> dict[str, str]:
        """Write it for a task that whoever asks may have or not."""
        if self.form is None:
            return {}
        return {name: self.form.format(**self._versions(task))}

    def named(self, task: Row | None) -> set[int] | None:
        """Give the versions that `If-Match` names, as it is written for a task; None for any."""
        named = _IF_MATCH[self.form]
        if named == _ANY:
            return None
        return {self._versions(task)[each] for each in named or ""}

    def _versions(self, task: Row | None) -> dict[str, int]:
        version = 1 if task is None else task.version
        return {"v": version, "o": max(version + self.other, 0)}

    def read(self) -> None:
        """Raise INVALID where it is no list of tags; that is seen before the task is."""
        form = self.form
        is_list = _IF_NONE_MATCH.get(form, True) and _IF_MATCH.get(form, "") is not None
        refuse_if(INVALID, not is_list)

    def is_known(self, row: Row) -> bool:
        """Tell whether the client has what `If-None-Match` says."""
        if self.form is None:
            return False
        tags = self.form.format(**self._versions(row)).replace("W/", "").split(", ")
        return row.etag in tags or self.form == "*"


_others = st.sampled_from([-1, 1, -2, 1000])
if_match = st.builds(
    Condition, weighted(dict.fromkeys(_IF_MATCH, 1) | {None: 12, '"{v}"': 6}), _others
)
if_none_match = st.builds(
    Condition, weighted(dict.fromkeys(_IF_NONE_MATCH, 1) | {None: 6}), _others
)
