"""`If-Match` and `If-None-Match`, right and wrong, and how the model reads them."""

from typing import NamedTuple

from hypothesis import strategies as st

from tests.state_machine.drawing import weighted
from tests.state_machine.model import INVALID, RefusedError, Task, refuse_if

# `{v}` stands for the present version, `{o}` for one that the task had before or will have.
_IF_MATCH: dict[str | None, bool | None] = {
    None: True,
    "*": True,
    '"{v}"': True,
    '"{o}"': False,
    '"{v}-overdue"': True,
    '"{o}" , "{v}"': True,
    '"x", "{o}",, "y"': False,
    'W/"{v}"': False,
    '"{v}x!"': False,
    "{v}": None,
    "": None,
    '"{v}': None,
}
_IF_NONE_MATCH: dict[str | None, bool | None] = {
    None: False,
    '"{v}"': True,
    'W/"{v}"': True,
    '"{o}", "{v}"': True,
    "*": True,
    '"{o}"': False,
    '"{v}-overdue"': False,
    "{v}": None,
}


class Condition(NamedTuple):
    """A header about a task: its form, and how far the version `{o}` is from the present one."""

    form: str | None
    other: int

    def headers(self, name: str, task: Task | None) -> dict[str, str]:
        """Write it for a task that whoever asks may have or not."""
        if self.form is None:
            return {}
        version = 1 if task is None else task.version
        return {name: self.form.format(v=version, o=max(version + self.other, 0))}

    def check(self, task: Task) -> None:
        """Raise a RefusedError where the task is none of those that `If-Match` names."""
        refuse_if(RefusedError(412, "version_conflict", task), not _IF_MATCH[self.form])

    def read(self) -> None:
        """Raise INVALID where it is no list of tags; that is seen before the task is."""
        forms = _IF_NONE_MATCH if self.form in _IF_NONE_MATCH else _IF_MATCH
        refuse_if(INVALID, forms[self.form] is None)

    def is_known(self) -> bool:
        """Tell whether the client has what `If-None-Match` says."""
        return bool(_IF_NONE_MATCH[self.form])


_others = st.sampled_from([-1, 1, -2, 1000])
if_match = st.builds(
    Condition, weighted(dict.fromkeys(_IF_MATCH, 1) | {None: 12, '"{v}"': 6}), _others
)
if_none_match = st.builds(
    Condition, weighted(dict.fromkeys(_IF_NONE_MATCH, 1) | {None: 6}), _others
)
