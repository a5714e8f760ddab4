"""GET /api/{user_id}/tasks/{task_id}."""

from uuid import uuid4

from tests.server import User


def test_a_task_is_answered_as_it_was_created(user: User):
    task = user.create(description="Two litres")
    assert user.task(task["id"]).json() == task
    assert user.get(f"/api/me/tasks/{task['id'].upper()}").json() == task


def test_a_strangers_task_cannot_be_told_from_none(user: User, stranger: User):
    theirs = stranger.create()
    answers = [user.task(task_id) for task_id in (theirs["id"], str(uuid4()))]
    for answer in answers:
        assert answer.status_code == 404
    first, second = (
        {k: v for k, v in a.json().items() if k not in ("instance", "request_id")} for a in answers
    )
    assert first == second


def test_a_deleted_task_is_404(user: User):
    task = user.create()
    user.delete(f"{user.path}/{task['id']}")
    assert user.task(task["id"]).status_code == 404
