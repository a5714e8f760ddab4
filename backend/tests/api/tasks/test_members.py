"""Members that organise: what they take, and by which other names."""

from typing import Any
from uuid import uuid4

import pytest

from tests.server import User
from tests.tasks import after

MISSING = str(uuid4())


def wrong(user: User, **members: Any) -> list[tuple[str, str]]:
    """Give fields and codes of what is refused, on creation and on change alike."""
    others = user.tasks()
    task = user.create()
    answers = [
        user.post(user.path, json={"title": "Buy milk", **members}),
        user.patch(f"{user.path}/{task['id']}", json=members),
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    created, changed = (
        [(each["field"], each["code"]) for each in answer.json()["details"]] for answer in answers
    )
    assert created == changed
    assert user.tasks() == [task, *others]
    return created


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("none", "none"),
        ("Low", "low"),
        ("MEDIUM", "medium"),
        ("high", "high"),
        ("uRGENT", "urgent"),
        (None, "none"),
    ],
)
def test_a_priority_is_one_of_five_words_in_any_case(user: User, sent: Any, kept: str):
    assert user.create(priority=sent)["priority"] == kept
    task = user.create()
    assert task["priority"] == "medium"
    assert (
        user.patch(f"{user.path}/{task['id']}", json={"priority": sent}).json()["priority"] == kept
    )


@pytest.mark.parametrize("sent", ["", "normal", "p1", 1, True, ["high"]])
def test_another_priority_is_never_taken_for_its_neighbour(user: User, sent: Any):
    assert wrong(user, priority=sent) == [("priority", "invalid")]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["Home", "errands"], ["Home", "errands"]),
        ([" Home ", "HOME", "home", "café", "CAFÉ"], ["Home", "café"]),
        ("Home, errands,,home", ["Home", "errands"]),
        ("", []),
        (None, []),
        ([], []),
        ([f"tag {number}" for number in range(20)], [f"tag {number}" for number in range(20)]),
        (["x" * 50, "家事", "🧹"], ["x" * 50, "家事", "🧹"]),
        (["i", "I", "\u0130", "\u0131", "Straße", "STRASSE", "ẞ"], ["i", "Straße", "ẞ"]),
    ],
)
def test_tags_keep_order_and_spelling_and_are_unique_in_any_case(user: User, sent: Any, kept: Any):
    task = user.create(tags=sent)
    assert task["tags"] == kept
    assert user.task(task["id"]).json() == task
    other = user.create(tags=["before"])
    assert user.patch(f"{user.path}/{other['id']}", json={"tags": sent}).json()["tags"] == kept


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([""], "string_too_short"),
        (["\u200b"], "blank"),
        (["a,b"], "invalid"),
        (["a\nb"], "invalid"),
        (["a\x1fb"], "invalid"),
        (["a\x00b"], "invalid"),
        (["x" * 51], "string_too_long"),
        ([f"tag {number}" for number in range(21)], "too_long"),
        ("a," * 200 + "b", "too_long"),
        ([5], "list_type"),
        ({"a": 1}, "list_type"),
        (5, "list_type"),
    ],
)
def test_what_is_no_list_of_tags_is_refused(user: User, sent: Any, code: str):
    assert wrong(user, tags=sent) in ([("tags", code)], [("tags", "blank")])


def test_a_category_is_a_label_and_an_empty_one_is_null(user: User):
    assert user.create(category=" errands ")["category"] == "errands"
    assert user.create(category="")["category"] is None
    assert wrong(user, category="x" * 51) == [("category", "string_too_long")]
    assert wrong(user, category="a\x00") == [("category", "nul_character")]


NO_IDS: list[Any] = ["5", 5, MISSING.replace("-", ""), f"{{{MISSING}}}", []]


@pytest.mark.parametrize("name", ["project_id", "parent_id"])
def test_an_id_of_what_there_is_not_is_refused(user: User, stranger: User, name: str):
    theirs = stranger.create()["id"]
    for missing in (MISSING, theirs, str(uuid4()).upper()):
        assert wrong(user, **{name: missing}) == [(name, "not_found")]
    for bad in NO_IDS:
        assert wrong(user, **{name: bad}) == [(name, "uuid_parsing")]
    for none in ("", None):
        nothing: dict[str, Any] = {name: none}
        assert user.create(**nothing)[name] is None


WORDS = {"pending": False, "todo": False, "open": False, "incomplete": False}
WORDS |= {"completed": True, "complete": True, "Done": True}


@pytest.mark.parametrize(
    ("sent", "completed"),
    [
        *(({"status": word}, done) for word, done in WORDS.items()),
        *(
            ({name: done}, done)
            for name in ("is_completed", "is_complete")
            for done in (True, False)
        ),
        ({"status": "done", "completed": True, "is_completed": True}, True),
        ({"status": None, "is_complete": None, "completed": True}, True),
    ],
)
def test_other_names_of_completed(user: User, sent: dict[str, Any], completed: bool):
    task = user.create(**sent)
    assert (task["completed"], task["status"] == "completed") == (completed, completed)
    for before in (True, False):
        other = user.create(completed=before)
        path = f"{user.path}/{other['id']}"
        assert user.patch(path, json=sent).json()["completed"] is completed
        done = user.patch(f"{path}/complete", json=sent).json()["completed"]
        assert done is completed


@pytest.mark.parametrize(
    "sent", [{"status": "pending", "completed": True}, {"is_completed": True, "status": "open"}]
)
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", ["", "/complete"])
def test_of_names_that_disagree_the_one_that_differs_counts(
    user: User, sent: dict[str, Any], before: bool, at: str
):
    """A form has changed one, and echoes the other as it was answered."""
    task = user.create(completed=before, title="Call")
    changed = user.patch(f"{user.path}/{task['id']}{at}", json=sent).json()
    assert changed == after(task, changed, completed=not before)
    assert user.create(**sent)["completed"] is True


@pytest.mark.parametrize(
    "sent", [{"status": "finished"}, {"status": 1}, {"is_completed": "true"}, {"is_complete": 1}]
)
def test_another_name_is_called_as_it_was_sent_where_it_is_wrong(user: User, sent: dict[str, Any]):
    ((name, _),) = sent.items()
    assert wrong(user, **sent) == [(name, "invalid")]


@pytest.mark.parametrize("sent", [None, "yes", 1])
def test_a_value_that_is_wrong_stays_so_beside_another_name(user: User, sent: Any):
    assert wrong(user, completed=sent, status="done") == [("completed", "bool_type")]


def test_what_a_form_echoes_changes_nothing(user: User):
    parent = user.create("Party", tags=["Home"], priority="high", category="fun")
    task = user.create("Cake", parent_id=parent["id"], completed=True)
    for each in (user.task(parent["id"]).json(), task):
        for method in ("PUT", "PATCH"):
            answer = user.request(method, f"{user.path}/{each['id']}", json=each)
            assert answer.json() == each


def test_when_it_was_completed_is_told(user: User):
    task = user.create()
    assert (task["status"], task["completed_at"]) == ("pending", None)
    done = user.patch(f"{user.path}/{task['id']}", json={"completed": True}).json()
    assert (done["status"], done["completed_at"]) == ("completed", done["updated_at"])
    renamed = user.patch(f"{user.path}/{task['id']}", json={"title": "x", "completed": True}).json()
    assert renamed["completed_at"] == done["completed_at"]
    reopened = user.patch(f"{user.path}/{task['id']}/complete").json()
    assert (reopened["status"], reopened["completed_at"]) == ("pending", None)
    assert user.create(completed=True)["completed_at"] is not None
