"""A document of many tasks, to and from a server of which each byte is counted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.everything.documents import INSTANT, JSON, row
from tests.processes import Process
from todo_server.services.export_statements import IDS, PAGE

COUNT = IDS + PAGE + 1
FEW = COUNT // 100
LENGTH = 1000  # of each description, so that all of it is 25 MB


def document_of(count: int) -> Iterator[bytes]:
    yield b'{"format": "todo-server/1", "tasks": ['
    for number in range(count):
        each = row(number, description="x" * LENGTH)
        yield (b"," if number else b"") + json.dumps(each).encode()
    yield b"]}"


def most_held(process: Process) -> int:
    """Bytes of memory that a process had at most."""
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[Process]:
    process = Process(tmp_path, DATABASE_URL=database_url)
    try:
        process.wait_until_ready()
        yield process
    finally:
        process.kill()


def test_neither_way_is_more_of_it_held_than_some_pages(server: Process):
    def there_and_back(count: int) -> None:
        where = f"/api/{server.user_id}-{count}"
        taken = server.client.post(f"{where}/import", content=document_of(count), headers=JSON)
        assert taken.json() == {"created": count, "left": 0}
        ids, tail, size = 0, b"", 0
        with server.client.stream("GET", f"{where}/export") as response:
            for piece in response.iter_raw():
                ids += (tail + piece).count(INSTANT.encode() + b'","updated_at"')
                tail, size = piece[-len(INSTANT) - 13 :], size + len(piece)
        assert tail.endswith(b"}\n")
        assert size > count * LENGTH
        assert ids == count

    there_and_back(FEW)  # what every process takes once
    before = most_held(server)
    there_and_back(COUNT)
    assert most_held(server) - before < COUNT * LENGTH // 2
