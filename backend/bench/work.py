"""The work: what is asked of each server, as bytes made beforehand, the same for all of them."""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

SECRET = "a-secret-of-the-benchmark-that-guards-nothing"  # 32 characters or more
REQUESTS = 10_000
OPERATIONS = ["list", "page", "get", "create", "complete", "update", "mix"]
MIX = {"list": 70, "get": 15, "complete": 5, "update": 5, "create": 5}


@dataclass(frozen=True)
class Task:
    user_id: str
    id: str


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(user_id: str, *, expires: int | None = None) -> str:
    """An HS256 token, good for a day unless said otherwise."""
    head = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    now = int(time.time())
    claims = {"sub": user_id, "iat": now, "exp": expires or now + 86_400}
    payload = _base64(json.dumps(claims).encode())
    signature = hmac.digest(SECRET.encode(), f"{head}.{payload}".encode(), hashlib.sha256)
    return f"{head}.{payload}.{_base64(signature)}"


def make_request(
    method: str, path: str, token: str, body: Mapping[str, object] | None = None
) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: bench",
        "Accept: application/json",
        f"Authorization: Bearer {token}",
    ]
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


class Workload:
    """Requests of every operation on tasks and users drawn at random, always in the same order."""

    def __init__(self, tasks: list[Task]) -> None:
        self.random = random.Random(4)
        self.tasks = tasks
        self.tokens = {task.user_id: make_token(task.user_id) for task in tasks}
        self.requests = {
            name: [self.request(name) for _ in range(REQUESTS)]
            for name in OPERATIONS
            if name not in {"page", "mix"}
        }
        self.requests["mix"] = [
            self.random.choice(self.requests[name])
            for name in self.random.choices(list(MIX), list(MIX.values()), k=REQUESTS)
        ]

    def request(self, name: str) -> bytes:
        task = self.random.choice(self.tasks)
        token, base = self.tokens[task.user_id], f"/api/{task.user_id}/tasks"
        number = self.random.randrange(1_000_000)
        match name:
            case "list":
                return make_request("GET", f"{base}?limit=20", token)
            case "get":
                return make_request("GET", f"{base}/{task.id}", token)
            case "create":
                body = {"title": f"Buy milk {number}", "description": "Two bottles, before noon"}
                return make_request("POST", base, token, body)
            case "complete":
                state = {"completed": number % 2 == 0}
                return make_request("PATCH", f"{base}/{task.id}/complete", token, state)
            case "update":
                return make_request("PUT", f"{base}/{task.id}", token, {"title": f"Call {number}"})
        raise ValueError(name)

    def add_pages(self, port: int, users: int) -> None:
        """Requests of second pages, by the cursors that this server hands out."""
        pages = []
        client = HTTPConnection("127.0.0.1", port, timeout=10)
        for user_id in list(self.tokens)[:users]:
            token = self.tokens[user_id]
            answer, _ = ask(client, "GET", f"/api/{user_id}/tasks?limit=20", token)
            target = urlsplit(answer.headers["Link"].partition("<")[2].partition(">")[0])
            pages.append(make_request("GET", f"{target.path}?{target.query}", token))
        client.close()
        self.requests["page"] = pages


def ask(
    client: HTTPConnection, method: str, path: str, token: str, body: bytes | None = None
) -> tuple[HTTPResponse, bytes]:
    """One request, answered whole; it must succeed."""
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    client.request(method, path, body, headers)
    answer = client.getresponse()
    content = answer.read()
    if not 200 <= answer.status < 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
    return answer, content
