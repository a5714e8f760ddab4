"""Roles and databases as hosts give them, and whether they serve and isolate."""

import asyncio
from urllib.parse import quote

import asyncpg
import pytest

from tests.databases import run, url_of
from tests.server import RunningServer, User, settings

NEON = "CREATEROLE CREATEDB BYPASSRLS"
KINDS = {
    "a superuser": "SUPERUSER",
    "one of Neon's kind": NEON,
    "one that may create roles": "CREATEROLE",
    "one that may do nothing special": "",
}


def database_named(name: str, owner: str, **options: str) -> str:
    """Create a database with any name; gives the URL that its owner would be told."""
    quoted = name.replace('"', '""')
    run(url_of("postgres"), f'CREATE DATABASE "{quoted}" OWNER "{owner}"')
    url = url_of("postgres", owner).replace("/postgres?", f"/{quote(name, safe='')}?")
    return url + "".join(f"&{key}={value}" for key, value in options.items())


def keeper_of(url: str) -> str:
    name: str = run(url, "SELECT 'todo_rows_' || current_database() AS name")[0]["name"]
    return name


def serves_and_isolates(url: str) -> None:
    """Use it as two users would, then as somebody who can run SQL as the role of the URL."""
    with RunningServer(settings(url)) as server, User(server) as user, User(server) as stranger:
        assert user.get("/readyz").status_code == 200
        task = user.create()
        assert user.put(f"{user.path}/{task['id']}", json={"title": "two"}).status_code == 200
        assert user.patch(f"{user.path}/{task['id']}/complete").status_code == 200
        assert stranger.task(task["id"]).status_code == 404
        assert stranger.tasks() == []
        kept = stranger.create()
        _use_families(user)
        asyncio.run(_look_around(url, user.id, stranger.id))
        _use_the_log(user, f"/api/{user.id}", task["id"])
        assert [user.tasks(), stranger.tasks()] == [[], [kept]]


def _use_families(user: User) -> None:
    """Do what makes the database write other rows: tags, and the counts of a parent."""
    parent = user.create(tags=["home"])
    part = user.create(parent_id=parent["id"], tags=["HOME", "Straße"])
    assert user.task(parent["id"]).json()["subtasks"] == {"total": 1, "completed": 0}
    assert len(user.get(f"/api/{user.id}/export").json()["tags"]) == 2
    assert user.delete(f"{user.path}/{parent['id']}").status_code == 204
    assert user.task(part["id"]).status_code == 404
    assert user.delete(f"/api/{user.id}/trash/{parent['id']}").status_code == 204
    assert user.get(f"/api/{user.id}/trash").json() == []


def _use_the_log(user: User, path: str, task_id: str) -> None:
    """Do what needs further tables: the trash, the log, keys of requests; it ends with no task."""
    for _ in range(2):
        key = {"Idempotency-Key": task_id}
        assert user.post(user.path, json={"title": "once"}, headers=key).status_code == 201
    deleting = {"action": "delete", "task_ids": [task["id"] for task in user.tasks()]}
    assert user.post(f"{user.path}/bulk", json=deleting).status_code == 200
    assert user.tasks() == []
    assert user.post(f"{path}/trash/{task_id}/restore").status_code == 200
    newest = user.get(f"{user.path}/{task_id}/history").json()[0]["number"]
    assert user.post(f"{path}/changes/{newest}/undo").status_code == 200
    assert len(user.get(f"{path}/changes").json()["removed"]) <= 2
    assert len(user.get(f"{path}/export").json()["trash"]) == 2
    assert user.delete(f"{path}/trash/{task_id}").status_code == 204
    assert user.delete(f"{path}/trash").status_code == 204
    assert user.get(f"{path}/trash").json() == []


async def _look_around(url: str, user_id: str, stranger_id: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        everybody = "SELECT user_id FROM my_task"
        assert await connection.fetch(everybody) == []
        for asking, other in ((user_id, stranger_id), (stranger_id, user_id)):
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.user_id', $1, true)", asking)
                assert [row[0] for row in await connection.fetch(everybody)] == [asking]
                for change in ("UPDATE my_task SET title = 'x'", "DELETE FROM my_task"):
                    nested = connection.transaction()
                    await nested.start()
                    assert (await connection.execute(change)).endswith(" 1")
                    await nested.rollback()
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute("UPDATE my_task SET user_id = $1", other)
    finally:
        await connection.close()
