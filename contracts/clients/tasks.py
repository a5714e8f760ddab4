"""The six operations by a client of openapi-python-client: python tasks.py URL."""

import sys
from uuid import uuid4

from todo_server_client import AuthenticatedClient, Client
from todo_server_client.api.accounts import sign_up
from todo_server_client.api.tasks import (
    complete_task,
    create_task,
    delete_task,
    get_task,
    list_tasks,
    update_task_by_patch,
    update_task_by_put,
)
from todo_server_client.models import (
    ChangedTaskRead,
    Completion,
    ListTasksStatus,
    Problem,
    SignUp,
    TaskCreate,
    TaskRead,
    TaskUpdate,
    Tokens,
)


def main(url: str) -> None:
    account = SignUp(email=f"{uuid4()}@example.com", name="Ada", password="correct horse battery")
    tokens = sign_up.sync(client=Client(url), body=account)
    assert isinstance(tokens, Tokens)
    client = AuthenticatedClient(url, tokens.access_token)

    task = create_task.sync("me", client=client, body=TaskCreate(title="Buy milk"))
    assert isinstance(task, TaskRead)
    assert task.description is None
    assert not task.completed
    listed = list_tasks.sync("me", client=client, status=ListTasksStatus.PENDING, limit=20)
    assert listed == list_tasks.sync("me", client=client) == [task]
    assert get_task.sync("me", task.id, client=client) == task

    change = TaskUpdate(title="Buy oat milk")
    changed = update_task_by_put.sync("me", task.id, client=client, body=change)
    assert isinstance(changed, ChangedTaskRead)
    assert changed.title == "Buy oat milk"
    assert changed.updated_at > task.updated_at
    change = TaskUpdate(description="Two litres")
    changed = update_task_by_patch.sync("me", task.id, client=client, body=change)
    assert isinstance(changed, ChangedTaskRead)
    assert (changed.title, changed.description) == ("Buy oat milk", "Two litres")

    for body, completed in ((None, True), (Completion(), False), (Completion(completed=True), True)):
        done = (
            complete_task.sync("me", task.id, client=client, body=body)
            if body
            else complete_task.sync("me", task.id, client=client)
        )
        assert isinstance(done, ChangedTaskRead)
        assert done.completed is completed

    assert delete_task.sync_detailed("me", task.id, client=client).status_code == 204
    gone = get_task.sync("me", task.id, client=client)
    assert isinstance(gone, Problem)
    assert (gone.error, gone.details) == ("task_not_found", [])
    print("The client in Python: all six operations.")


if __name__ == "__main__":
    main(sys.argv[1])
