"""Other names of a rule, and which of them counts where they disagree: no echo flattens a rule."""

from typing import Any

import pytest

from tests.api.repeating.tasks import now, path_of
from tests.server import User

_WEEKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        ({"recurrence": "RRULE:FREQ=DAILY"}, "FREQ=DAILY"),
        ({"recurrence": "weekdays"}, _WEEKDAYS),
        ({"recurrence": "none"}, None),
        ({"recurrence": ""}, None),
        (
            {"recurrence": {"frequency": "monthly", "day_of_month": 31}},
            "FREQ=MONTHLY;BYMONTHDAY=31",
        ),
        ({"recurrence_rule": "FREQ=DAILY;INTERVAL=2"}, "FREQ=DAILY;INTERVAL=2"),
        ({"recurring_rule": "daily"}, "FREQ=DAILY"),
        ({"recurrence_pattern": "weekly"}, "FREQ=WEEKLY"),
        ({"recurrence_pattern": "custom"}, None),
        ({"recurrence_pattern": None}, None),
        ({"recurrence_pattern": ""}, None),
        ({"is_recurring": True, "recurrence_pattern": "daily"}, "FREQ=DAILY"),
        ({"is_recurring": False, "recurrence_pattern": "daily"}, None),
        ({"is_recurring": True}, None),
        ({"recurrence_pattern": "weekly", "recurrence_interval": 2}, "FREQ=WEEKLY;INTERVAL=2"),
        (
            {"recurrence_pattern": "daily", "recurrence_end_date": "2027-01-31"},
            "FREQ=DAILY;UNTIL=20270131",
        ),
        (
            {"recurrence": "FREQ=WEEKLY;BYDAY=MO", "recurrence_pattern": "weekly"},
            "FREQ=WEEKLY;BYDAY=MO",
        ),
        (
            {"recurrence": "FREQ=DAILY;INTERVAL=2", "recurrence_interval": 1},
            "FREQ=DAILY;INTERVAL=2",
        ),
        ({"recurrence": None, "recurrence_pattern": "daily"}, "FREQ=DAILY"),
        ({"recurrence_interval": 3}, None),
    ],
)
def test_a_rule_has_other_names(user: User, sent: dict[str, Any], rule: str | None):
    assert user.create(**sent)["recurrence"] == rule
    plain = user.create()
    changed = user.patch(path_of(user, plain), json=sent)
    assert changed.status_code == 200, changed.text
    if sent.get("is_recurring") is not False:
        assert changed.json()["recurrence"] == rule


@pytest.mark.parametrize(
    "rule", [None, "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", _WEEKDAYS, "FREQ=WEEKLY;INTERVAL=2"]
)
def test_what_comes_back_as_it_was_answered_changes_nothing(user: User, rule: str | None):
    task = user.create(recurrence=rule)
    path = path_of(user, task)
    word, flag = task["recurrence_pattern"], task["is_recurring"]
    echoes = (
        task,
        {"recurrence_pattern": word},
        {"recurrence_pattern": "custom"},
        {"is_recurring": flag},
        {"is_recurring": flag, "recurrence_pattern": word},
        {"recurrence_rule": None, "recurrence_pattern": None, "recurrence_end_date": None},
        {"recurrence_pattern": "custom", "recurrence_interval": 1},
    )
    for echo in echoes:
        assert user.put(path, json={"title": task["title"], **echo}).status_code == 200
        assert now(user, task) == task, echo


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        ({"recurrence": "FREQ=WEEKLY;INTERVAL=2", "recurrence_pattern": "daily"}, "FREQ=DAILY"),
        ({"recurrence": "FREQ=DAILY", "recurrence_pattern": "custom"}, "FREQ=DAILY"),
        ({"recurrence": "FREQ=DAILY", "recurrence_rule": "FREQ=WEEKLY;INTERVAL=2"}, "FREQ=DAILY"),
        ({"recurrence": "FREQ=DAILY", "is_recurring": True}, "FREQ=DAILY"),
        ({"recurrence_interval": 3}, "FREQ=WEEKLY;INTERVAL=3"),
        ({"recurrence_end_date": "2027-01-31"}, "FREQ=WEEKLY;INTERVAL=2;UNTIL=20270131"),
        ({"recurrence_pattern": "weekly", "recurrence_interval": 2}, "FREQ=WEEKLY;INTERVAL=2"),
        ({"recurrence_pattern": "monthly"}, "FREQ=MONTHLY"),
        ({"is_recurring": False}, None),
        ({"is_recurring": False, "recurrence_pattern": "custom"}, None),
        ({"is_recurring": False, "recurrence": "FREQ=WEEKLY;INTERVAL=2"}, None),
        ({"recurrence_pattern": "none"}, None),
    ],
)
def test_the_name_that_differs_from_the_task_counts(
    user: User, sent: dict[str, Any], rule: str | None
):
    task = user.create(recurrence="FREQ=WEEKLY;INTERVAL=2")
    changed = user.patch(path_of(user, task), json=sent)
    assert changed.status_code == 200, changed.text
    assert changed.json()["recurrence"] == rule


@pytest.mark.parametrize(
    "sent",
    [
        {"recurrence": "FREQ=DAILY", "recurrence_rule": "FREQ=MONTHLY"},
        {"recurrence": "FREQ=DAILY", "recurrence_pattern": "monthly"},
        {"is_recurring": False, "recurrence_pattern": "monthly"},
        {"recurrence_pattern": "sometimes"},
        {"recurrence_interval": 0},
        {"recurrence_interval": "2"},
        {"recurrence_end_date": "never"},
        {"is_recurring": "no"},
        {"recurrence": "custom"},
        {"recurrence": "FREQ=SECONDLY"},
        {"recurrence": {"frequency": "weekly", "days_of_week": [1]}},
    ],
)
def test_two_that_both_differ_or_are_no_rules_are_refused_and_change_nothing(
    user: User, sent: dict[str, Any]
):
    task = user.create(recurrence="FREQ=WEEKLY;INTERVAL=2")
    refused = user.patch(path_of(user, task), json={"title": "Other", **sent})
    assert refused.status_code == 422, refused.text
    assert now(user, task) == task
    bulk = {"op": "update", "id": task["id"], "title": "Other", **sent}
    assert user.post(f"{user.path}/bulk", json={"commands": [bulk]}).status_code == 422
    assert now(user, task) == task


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("FREQ=WEEKLY;BYDAY=MO", "weekly"),
        ("FREQ=WEEKLY;BYDAY=MO,TU", "custom"),
        ("FREQ=MONTHLY;COUNT=3", "monthly"),
        ("FREQ=YEARLY;INTERVAL=2", "custom"),
        ("FREQ=DAILY;UNTIL=20271231;WKST=SU", "daily"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "monthly"),
    ],
)
def test_the_word_of_a_rule_is_the_same_in_lists_and_alone(user: User, rule: str, word: str):
    task = user.create(recurrence=rule)
    assert (task["recurrence_pattern"], task["is_recurring"]) == (word, True)
    assert user.tasks() == [task]
