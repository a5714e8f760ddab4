"""DELETE /api/{user_id}/tasks/{task_id}."""

from tests.server import User


def test_a_deleted_task_is_gone(user: User):
    kept, gone = user.create("Keep"), user.create("Lose")
    response = user.delete(
        f"{user.path}/{gone['id']}", headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers
    assert user.tasks() == [kept]
    assert user.delete(f"{user.path}/{gone['id']}").status_code == 404


def test_deleting_a_strangers_task_is_404_and_deletes_nothing(user: User, stranger: User):
    theirs = stranger.create()
    assert user.delete(f"{user.path}/{theirs['id']}").status_code == 404
    assert stranger.tasks() == [theirs]
