"""Whether a request costs the same with many rows as with few, and what a very long list takes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection

import cost
from load import Result
from servers import Running
from work import Task, ask, make_request, make_token

FULL_LISTINGS = 5


@dataclass(frozen=True)
class Comparison:
    """CPU µs of one request, application and PostgreSQL together, with few rows and with many."""

    what: str
    operation: str
    few_us: float
    many_us: float

    @property
    def ratio(self) -> float:
        return self.many_us / self.few_us


@dataclass(frozen=True)
class FullListing:
    tasks: int
    body: int
    milliseconds: float
    memory: int  # bytes that the worker grew by, at most, while it answered the first time


def cpu_us(run: Callable[[list[bytes]], Result], times: int, *works: list[bytes]) -> list[float]:
    """CPU µs of a request of each work: medians, taken in turn so that drift meets all alike."""
    taken = [[run(requests) for requests in works] for _ in range(times)]
    return [
        statistics.median(each.app_us + each.postgres_us for each in results)
        for results in zip(*taken, strict=True)
    ]


def requests_of(user_id: str, tasks: list[Task]) -> dict[str, list[bytes]]:
    """The same request whoever asks: the 10 newest tasks, and one of the user's tasks."""
    base, token = f"/api/{user_id}/tasks", make_token(user_id)
    return {
        "list": [make_request("GET", f"{base}?limit=10", token)],
        "get": [make_request("GET", f"{base}/{task.id}", token) for task in tasks],
    }


def list_everything(running: Running, user_id: str) -> FullListing:
    """All tasks of a user without paging, from a worker that has done little before."""
    path, token = f"/api/{user_id}/tasks", make_token(user_id)
    client = HTTPConnection("127.0.0.1", running.port, timeout=30)
    pid, before = cost.largest_worker(running.pid)
    cost.forget_peak(pid)
    body, seconds = b"", []
    memory = 0
    for _ in range(FULL_LISTINGS):
        started = time.perf_counter()
        _, body = ask(client, "GET", path, token)
        seconds.append(time.perf_counter() - started)
        memory = memory or cost.peak_memory(pid) - before.rss
    client.close()
    return FullListing(
        tasks=body.count(b'"user_id"'),
        body=len(body),
        milliseconds=statistics.median(seconds) * 1e3,
        memory=memory,
    )
