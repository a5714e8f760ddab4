"""Proves, before any figure is taken, that every server does the whole work."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from statistics import median_low
from typing import TypeAlias

from servers import Running
from trips import Proxy
from work import Task, ask, make_token

FIELDS = {"id", "user_id", "title", "description", "completed", "created_at", "updated_at"}
Operation: TypeAlias = Callable[[str], object]  # takes the id of a task made for it
PREPARING, COUNTED = 25, 25  # requests; a pool may go round all of its connections


def status_of(port: int, method: str, path: str, token: str | None, body: object = None) -> int:
    client = HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    client.request(method, path, None if body is None else json.dumps(body), headers)
    status = client.getresponse().status
    client.close()
    return status


def prove(running: Running, mine: Task, theirs: Task) -> None:
    """Raise unless tokens are verified, owners kept apart, bodies checked and tasks whole."""
    base, token = f"/api/{mine.user_id}/tasks", make_token(mine.user_id)
    head, payload, signature = token.split(".")
    blank = {"title": ""}
    expected: list[tuple[str, str, str | None, object, set[int]]] = [
        ("GET", base, None, None, {401}),
        ("GET", base, f"{head}.{payload}.{signature[::-1]}", None, {401}),
        ("GET", base, make_token(mine.user_id, expires=int(time.time()) - 3600), None, {401}),
        ("GET", base, make_token(theirs.user_id), None, {403}),
        ("GET", f"{base}/{theirs.id}", token, None, {404}),
        ("PUT", f"{base}/{theirs.id}", token, {"title": "Mine"}, {404}),
        ("PATCH", f"{base}/{theirs.id}/complete", token, {"completed": True}, {404}),
        ("DELETE", f"{base}/{theirs.id}", token, None, {404}),
        ("POST", base, token, blank, {400, 422}),
    ]
    for method, path, bearer, body, statuses in expected:
        status = status_of(running.port, method, path, bearer, body)
        if status not in statuses:
            raise RuntimeError(f"{running.server.label}: {method} {path} {body}: {status}")
    _, content = ask(
        HTTPConnection("127.0.0.1", running.port, timeout=10), "GET", f"{base}?limit=20", token
    )
    tasks = json.loads(content)
    if len(tasks) != 20 or not set(tasks[0]) >= FIELDS:
        raise RuntimeError(f"{running.server.label}: not a list of 20 tasks: {content[:300]!r}")
    ids = [task["id"] for task in tasks]
    if ids != sorted(ids, reverse=True):
        raise RuntimeError(f"{running.server.label}: not newest first")


def trips_per_request(running: Running, proxy: Proxy, task: Task) -> dict[str, int]:
    """How many round trips each operation took, once its statements were prepared.

    As most of them did: now and then a server looks whether something is due meanwhile.
    """
    base, token = f"/api/{task.user_id}/tasks", make_token(task.user_id)
    client = HTTPConnection("127.0.0.1", running.port, timeout=10)

    def call(method: str, path: str, body: object = None) -> bytes:
        content = None if body is None else json.dumps(body).encode()
        response, answer = ask(client, method, path, token, content)
        if not 200 <= response.status < 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]!r}")
        return answer

    def create() -> str:
        return str(json.loads(call("POST", base, {"title": "Buy milk 0"}))["id"])

    operations: dict[str, Operation] = {
        "list": lambda _: call("GET", f"{base}?limit=20"),
        "get": lambda _: call("GET", f"{base}/{task.id}"),
        "create": lambda _: create(),
        "update": lambda _: call("PUT", f"{base}/{task.id}", {"title": "Call home"}),
        "complete": lambda _: call("PATCH", f"{base}/{task.id}/complete", {"completed": True}),
        "delete": lambda new_id: call("DELETE", f"{base}/{new_id}"),
    }
    found = {}
    for name, operation in operations.items():
        counts = []
        for _ in range(PREPARING + COUNTED):
            new_id = create() if name == "delete" else ""
            before = proxy.trips
            operation(new_id)
            time.sleep(0.005)  # what a server does after its answer counts as well
            counts.append(proxy.trips - before)
        found[name] = median_low(counts[PREPARING:])
    client.close()
    return found
