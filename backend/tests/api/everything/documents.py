"""Documents of everything: those that a server has exported, and those that somebody made up."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

from tests.api.auth.people import Person
from tests.server import User

INSTANT = "2026-01-02T03:04:05.678901Z"
JSON = {"Content-Type": "application/json"}


def exported(user: User | Person) -> dict[str, Any]:
    response = user.get(f"/api/{user.id}/export")
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def imported(user: User | Person, document: Any) -> tuple[int, int]:
    """Import a document; give how many rows were made, and how many left."""
    response = sent(user, document)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer.keys() == {"created", "left"}
    return answer["created"], answer["left"]


def sent(user: User | Person, document: Any) -> httpx.Response:
    """Send a document, or what pretends to be one."""
    if not isinstance(document, bytes | Iterator):
        document = json.dumps(document).encode()
    return user.post(f"/api/{user.id}/import", content=document, headers=JSON)


def id_of(number: int) -> str:
    return str(uuid.UUID(int=0x01900000_0000_7000_8000_000000000000 + number))


def row(number: int = 1, **members: Any) -> dict[str, Any]:
    """A task as a document has it."""
    return {
        "id": id_of(number),
        "title": f"number {number}",
        "created_at": INSTANT,
        "updated_at": INSTANT,
    } | members


def named(number: int, name: str, **members: Any) -> dict[str, Any]:
    """A project or a tag as a document has it; with a query, a filter."""
    instants = {"created_at": INSTANT, "updated_at": INSTANT}
    return {"id": id_of(number), "name": name, **instants, **members}


def document(*tasks: Any, **members: Any) -> dict[str, Any]:
    """A document, in the order of an export: what tasks refer to before them."""
    made: dict[str, Any] = {"format": "todo-server/1"}
    made |= {name: members[name] for name in ("projects", "tags", "filters") if name in members}
    return made | {"tasks": list(tasks)} | members


def without(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]
