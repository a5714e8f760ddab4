"""The log shows who did what, and neither secrets nor content."""

import json
import re

import httpx
import pytest

from tests.databases import new_database
from tests.processes import Process
from tests.server import token_for
from tests.waiting import PATIENCE

TITLE, IN_QUERY = "title-5e0c3a9f7b", "query-5e0c3a9f7b"
SECRET, PASSWORD = "secret-5e0c3a9f7b-of-32-bytes-or-more", "password-5e0c3a9f7b"
FIELDS = {"method", "route", "status", "duration_ms", "user_id", "request_id"}


def spoken_to(server: Process) -> list[httpx.Response]:
    """Send all kinds of things and stop."""
    client, path = server.client, server.path
    client.headers["Authorization"] = f"Bearer {token_for(server.user_id, SECRET)}"
    bad = {"Authorization": f"Bearer {TITLE}.{TITLE}.{TITLE}"}
    created = client.post(path, json={"title": TITLE, "description": TITLE})
    own = f"{path}/{created.json()['id']}"
    answers = [
        created,
        client.get(own),
        client.put(own, json={"title": f"{TITLE} 2"}, headers={"X-Request-ID": "its.own-1"}),
        client.patch(f"{own}/complete"),
        client.get(f"{path}?token={IN_QUERY}&status=pending"),
        client.get(f"{path}?cursor={IN_QUERY}"),
        client.get(f"{path}?limit={IN_QUERY}"),
        client.get(path, headers=bad),
        client.get(f"/api/somebody-else/tasks?{IN_QUERY}"),
        client.post(path, content=f'{{"title": "{TITLE}"'),
        client.post(path, content=TITLE, headers={"Content-Type": "application/json"}),
        client.post(path, json={"title": [TITLE], TITLE: TITLE}),
        client.get(f"/nowhere?{IN_QUERY}"),
        client.request("DELETE", path, content=TITLE),
        client.get("/livez"),
        client.delete(own),
        client.post("/api/me/calendar"),
    ]
    calendar = answers[-1].json()["path"]
    answers += [client.get(each) for each in (calendar, calendar[:-4], f"{calendar}x")]
    assert server.stop() == 0
    return answers


@pytest.mark.parametrize("form", ["json", "console"])
def test_the_log_shows_who_did_what_and_no_secret_and_no_content(form, serve):
    server = serve(
        DATABASE_URL=new_database().replace("postgres@", f"postgres:{PASSWORD}@"),
        AUTH_MODE="shared_secret",
        BETTER_AUTH_SECRET=SECRET,
        LOG_FORMAT=form,
        LOG_LEVEL="DEBUG",
    )
    answers = spoken_to(server)
    log = server.log.read_text()
    assert {answer.status_code for answer in answers} >= {200, 201, 204, 400, 401, 403, 404, 405}
    token = server.client.headers["Authorization"].partition(" ")[2]
    in_path = answers[-3].request.url.path.partition(".")[2].removesuffix(".ics")
    assert len(in_path) == 43
    for secret in (TITLE, IN_QUERY, SECRET, PASSWORD, in_path, *token.split(".")):
        assert secret not in log
    assert server.user_id in log
    if form == "json":
        is_one_line_each(server, answers)


def is_one_line_each(server: Process, answers: list[httpx.Response]) -> None:
    records = [json.loads(line) for line in server.log.read_text().splitlines()]
    requests = [r for r in records if r["logger"] == "todo_server.request"]
    requests = [r for r in requests if r["route"] != "/readyz"]
    assert len(requests) == len(answers)
    template = "/api/{user_id}/tasks"
    for record, answer in zip(requests, answers, strict=True):
        assert record.keys() == FIELDS | {"time", "level", "logger", "message"}
        assert record["method"] == answer.request.method
        assert record["status"] == answer.status_code
        assert record["request_id"] == answer.headers["x-request-id"]
        assert 0 <= record["duration_ms"] < PATIENCE * 1000
        assert record["message"] == "request"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)", record["time"])
        its_own = answer.request.url.path.startswith(server.path)
        if its_own and answer.status_code not in {401, 405}:
            assert record["user_id"] == server.user_id
            assert record["route"].startswith(template)
    assert requests[2]["request_id"] == "its.own-1"
    assert requests[3]["route"] == template + "/{task_id}/complete"
    assert requests[12]["route"] == "/nowhere"
    assert requests[7]["user_id"] is requests[12]["user_id"] is None
