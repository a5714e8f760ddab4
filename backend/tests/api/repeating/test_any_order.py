"""Repeating tasks in the hands of two clients at once, who do anything in any order.

There are never two live tasks of one occurrence, no date goes back but by an undo; COUNT and UNTIL
are exact.
"""

from datetime import date, timedelta
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.server import token_for
from tests.state_machine.application import ABSENT, Application

_DOUBLES = """
SELECT series_id, occurrence FROM task
WHERE user_id = $1 AND deleted_at IS NULL AND series_id IS NOT NULL
GROUP BY series_id, occurrence HAVING count(*) > 1
"""
_SERIES = """
SELECT series_id, max(occurrence) AS most FROM task
WHERE user_id = $1 AND series_id IS NOT NULL GROUP BY series_id
"""
_LAST = date(2027, 3, 31)
_COUNT = 3
_RULES = [
    *("FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;BYMONTHDAY=31"),
    f"FREQ=DAILY;COUNT={_COUNT}",
    f"FREQ=MONTHLY;UNTIL={_LAST:%Y%m%d}",
]
_DUE = [None, "2026-11-30", "2027-01-31T09:00:00", "2026-12-24T22:00:00Z"]
_WHICH = st.integers(0, 40)

_CHANGES: dict[str, tuple[str, str, Any]] = {
    "complete": ("PATCH", "/complete", {"completed": True}),
    "reopen": ("PATCH", "/complete", {"completed": False}),
    "flip": ("PATCH", "/complete", ABSENT),
    "status": ("PATCH", "", {"status": "done", "description": "so"}),
    "skip": ("POST", "/skip", ABSENT),
    "title": ("PATCH", "", {"title": "Other"}),
    "earlier": ("PATCH", "", {"due_date": "2026-10-01"}),
    "later": ("PATCH", "", {"due_date": "2027-01-05T10:00:00"}),
    "no date": ("PATCH", "", {"due_date": None}),
    "delete": ("DELETE", "", ABSENT),
}
_RESTORE = "restore"


class Machine(RuleBasedStateMachine):
    """One user's tasks, two clients, and a clock that moves."""

    number = 0

    def __init__(self, application: Application) -> None:
        super().__init__()
        type(self).number += 1
        self.application = application
        application.clock.set()
        self.user = f"{id(self)}-{self.number}"
        self.headers = {"Authorization": f"Bearer {token_for(self.user)}"}
        self.ids: list[str] = []
        self.limits: dict[str, str] = {}

    def _path(self, rest: str) -> str:
        return f"/api/{self.user}/{rest}"

    def _send(self, *requests: tuple[str, str, Any]) -> list[httpx.Response]:
        self.application.clock.move(timedelta(microseconds=1))
        whole = [(method, self._path(path), self.headers, body) for method, path, body in requests]
        responses = self.application.together(*whole)
        for response in responses:
            assert response.status_code in (200, 201, 204, 404, 409, 410), response.text
        return responses

    @initialize(rules=st.lists(st.sampled_from(_RULES), min_size=1, max_size=2), due=st.data())
    def begin(self, rules, due):
        for each in rules:
            basis = due.draw(st.sampled_from(["due", "completed"]))
            day = due.draw(st.sampled_from(_DUE))
            self._create({"recurrence": each, "recurrence_basis": basis, "due_date": day})

    def _create(self, members: dict[str, Any]) -> None:
        (made,) = self._send(("POST", "tasks", {"title": "T", **members}))
        its = made.json()
        self.limits[its["series_id"]] = members["recurrence"]
        self._send(("POST", "tasks", {"title": "part", "parent_id": its["id"]}))
        self.ids.append(its["id"])

    def _changing(self, which: int, name: str) -> tuple[str, str, Any]:
        task = self.ids[which % len(self.ids)]
        if name == _RESTORE:
            return "POST", f"trash/{task}/restore", ABSENT
        method, rest, body = _CHANGES[name]
        return method, f"tasks/{task}{rest}", body

    def _today(self) -> str:
        # The day after is reached by no zone of these, which is UTC.
        return str(self.application.clock.now.date())

    def _check(self, name: str, before: dict[str, Any] | None, answer: httpx.Response) -> None:
        if not answer.is_success or not answer.content:
            return
        after = answer.json()
        following = after.get("next_task")
        if following is not None and following["id"] not in self.ids:
            self.ids.append(following["id"])
            # Seen for the first time, so that nobody can have moved it.
            assert following["due_date"][:10] > self._today()
            if after["recurrence_basis"] == "due" and after["due_date"] is not None:
                assert following["due_date"] > after["due_date"][:10]
            if after["recurrence"].endswith(f"{_LAST:%Y%m%d}"):
                assert following["due_date"][:10] <= str(_LAST)
        if name == "skip" and before is not None:
            assert after["due_date"][:10] > max(before["due_date"] or "", self._today())[:10]

    @rule(which=_WHICH, name=st.sampled_from([*_CHANGES, _RESTORE]))
    def change(self, which, name):
        request = self._changing(which, name)
        (found,) = self._send(("GET", f"tasks/{self.ids[which % len(self.ids)]}", ABSENT))
        before = found.json() if found.is_success else None
        (answer,) = self._send(request)
        self._check(name, before, answer)

    @rule(
        which=_WHICH, other=_WHICH, names=st.tuples(*[st.sampled_from([*_CHANGES, _RESTORE])] * 2)
    )
    def change_at_once(self, which, other, names):
        first, second = self._changing(which, names[0]), self._changing(other, names[1])
        for name, answer in zip(names, self._send(first, second), strict=True):
            if name not in ("skip", "earlier", "later", "no date"):
                self._check("", None, answer)

    @rule(which=_WHICH, times=st.integers(2, 4))
    def complete_at_once(self, which, times):
        answers = self._send(*[self._changing(which, "complete")] * times)
        made = {(a.json().get("next_task") or {}).get("id") for a in answers if a.is_success}
        assert len(made) <= 1
        for answer in answers:
            self._check("complete", None, answer)

    @rule(which=_WHICH)
    def complete_some(self, which):
        ids = sorted({self.ids[at % len(self.ids)] for at in (which, which + 1)})
        (answer,) = self._send(
            ("POST", "tasks/bulk", {"task_ids": ids, "action": "complete", "atomic": False})
        )
        for each in answer.json()["results"]:
            its = (each.get("task") or {}).get("next_task")
            if its is not None and its["id"] not in self.ids:
                self.ids.append(its["id"])

    @rule(back=st.integers(0, 6))
    def undo(self, back):
        (changes,) = self._send(("GET", "changes", ABSENT))
        number = max(1, changes.json()["number"] - back)
        self._send(("POST", f"changes/{number}/undo", ABSENT))

    @rule(which=_WHICH)
    def preview(self, which):
        path = f"tasks/{self.ids[which % len(self.ids)]}/occurrences"
        (coming,) = self._send(("GET", path, ABSENT))
        if coming.is_success:
            days = [each["due_date"] for each in coming.json()]
            assert days == sorted(set(days))

    @rule(days=st.sampled_from([1, 3, 40]))
    def time_passes(self, days):
        self.application.clock.move(timedelta(days=days))

    @invariant()
    def there_is_one_live_task_of_an_occurrence(self):
        assert not self.application.rows(_DOUBLES, self.user)

    @invariant()
    def no_series_has_more_tasks_than_its_rule_counts(self):
        for series_id, most in self.application.rows(_SERIES, self.user):
            if self.limits[str(series_id)].endswith(f"COUNT={_COUNT}"):
                assert most <= _COUNT + self._recounted(str(series_id))

    def _recounted(self, series_id: str) -> int:
        """Another kind of date has the rule counted anew: from the occurrence that got it."""
        rows = self.application.rows(
            "SELECT max(rule_first) - 1 FROM task WHERE user_id = $1 AND series_id::text = $2",
            self.user,
            series_id,
        )
        return int(rows[0][0] or 0)


@pytest.mark.timeout(300)
def test_two_clients_in_any_order_never_make_two_of_one(database_url: str):
    with Application(database_url) as application:
        run_state_machine_as_test(
            cast("Any", lambda: Machine(application)),
            settings=settings(
                max_examples=15,
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
