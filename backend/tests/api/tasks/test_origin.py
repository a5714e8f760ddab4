"""What the log of changes says of who asked: the request's id, and the client by its own name."""

from http.client import HTTPConnection
from typing import Any

import pytest

from tests.contract import answer_of
from tests.logged import log_of
from tests.server import User


def create_as(user: User, *agents: bytes, request_id: str = "r-1") -> int:
    """Create a task with these headers `User-Agent`, which no client would send."""
    connection = HTTPConnection("127.0.0.1", user.server.port, timeout=30)
    connection.putrequest("POST", user.path, skip_accept_encoding=True)
    for name, value in (
        ("Authorization", f"Bearer {user.token}"),
        ("X-Request-ID", request_id),
        ("Content-Type", "application/json"),
        ("Content-Length", "13"),
    ):
        connection.putheader(name, value)
    connection._buffer += [b"User-Agent: " + agent for agent in agents]  # type: ignore[attr-defined] # noqa: SLF001
    connection.endheaders(b'{"title":"x"}')
    with connection.getresponse() as raw:
        response = answer_of(raw, "POST", f"{user.server.url}{user.path}")
    connection.close()
    return response.status_code


def origins(url: str, user: User) -> list[Any]:
    return [entry["origin"] for entry in log_of(url, user.id)]


def test_every_change_says_by_which_request_and_client_it_was_made(user: User, database_url: str):
    task = user.create()
    path = f"{user.path}/{task['id']}"
    answers = [
        user.put(path, json={"title": "two"}, headers={"X-Request-ID": "a.b-C_1"}),
        user.patch(f"{path}/complete", headers={"User-Agent": "todo-phone/2.1 (one; two)"}),
        user.delete(path, headers={"X-Request-ID": "not good!", "User-Agent": ""}),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert ids[0] == "a.b-C_1"
    ours = user.headers["user-agent"]
    expected = [f"{ids[0]} {ours}", f"{ids[1]} todo-phone/2.1 (one; two)", f"{ids[2]} "]
    assert origins(database_url, user)[1:] == expected


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ((), ""),
        ((b"",), ""),
        ((b"  spaces \t around  ",), "spaces \t around"),
        ((b"x" * 201,), "x" * 200),
        ((b"x" * 16_000,), "x" * 200),
        ((b"'; DROP TABLE task; --",), "'; DROP TABLE task; --"),
        ((b"\\x00 %s {0} $1 :origin",), "\\x00 %s {0} $1 :origin"),
        ((b"one", b"two"), "two"),
        ((bytes(range(0x80, 0x100)),), bytes(range(0x80, 0x100)).decode("latin-1").strip()),
        (("\N{SNOWMAN}".encode(),), "\N{SNOWMAN}".encode().decode("latin-1")),
        ((b"\xe2\x82" * 100 + b"\xac",), (b"\xe2\x82" * 100).decode("latin-1")),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_whatever_a_client_calls_itself_is_kept_as_text(
    agents: tuple[bytes, ...], told: str, user: User, database_url: str
):
    assert create_as(user, *agents) == 201
    assert origins(database_url, user) == [f"r-1 {told}"]


@pytest.mark.parametrize("byte", [n for n in range(0x20) if n != 0x09] + [0x7F])
def test_a_control_in_its_name_is_400(byte: int, user: User, database_url: str):
    assert create_as(user, b"a%cb" % byte) == 400
    assert origins(database_url, user) == []


def test_one_users_name_and_request_stand_in_no_others_log(
    user: User, stranger: User, database_url: str
):
    for number in range(3):
        create_as(user, b"mine", request_id=f"m-{number}")
        create_as(stranger, b"theirs", request_id=f"t-{number}")
    assert origins(database_url, user) == [f"m-{number} mine" for number in range(3)]
    assert origins(database_url, stranger) == [f"t-{number} theirs" for number in range(3)]


def test_what_changes_nothing_leaves_no_origin_for_the_next(user: User, database_url: str):
    """On one connection of the pool: what is set for a statement ends with it."""
    task = user.create()
    path = f"{user.path}/{task['id']}"
    user.put(path, json={}, headers={"User-Agent": "nothing"})
    user.put(path, json={"title": "x"}, headers={"User-Agent": "nothing", "If-Match": '"9"'})
    user.put(path, json={"title": "x"}, headers={"User-Agent": "something"})
    assert [each.partition(" ")[2] for each in origins(database_url, user)[1:]] == ["something"]
