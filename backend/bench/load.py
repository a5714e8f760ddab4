"""A small HTTP/1.1 load generator: raw sockets and epoll, a closed loop of N connections.

It runs in a process of its own and reads what the servers' processes cost just before and just
after the measured time. It talks to 127.0.0.1 only and ends by itself.
"""

import multiprocessing
import os
import selectors
import socket
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from cost import cpu_seconds

MOST_REQUESTS = 1_000_000
LONGEST_DRAIN = 10.0  # seconds


@dataclass(frozen=True)
class Load:
    port: int
    connections: int
    warm_up: float
    seconds: float
    app_pid: int
    postgres_pid: int
    cpus: frozenset[int]


@dataclass(frozen=True)
class Result:
    requests: int
    errors: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    app_us: float
    postgres_us: float
    load_busy: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def is_whole(answer: bytes) -> bool:
    """Whether an HTTP answer has arrived to its end."""
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        return False
    head = answer[:head_end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        end = head.find(b"\r\n", at + 17)
        length = int(head[at + 17 : end if end > 0 else None])
        return len(answer) >= head_end + 4 + length
    if b"\r\ntransfer-encoding: chunked" in head:
        return answer.endswith(b"0\r\n\r\n")
    return True  # 204 and the like


class Client:
    """The connections to one server, each with one request on its way at any time."""

    def __init__(self, port: int, connections: int, requests: list[bytes]) -> None:
        self.address = ("127.0.0.1", port)
        self.requests = requests
        self.next = 0
        self.refill = True
        self.selector = selectors.DefaultSelector()
        self.sent_at: dict[socket.socket, float] = {}
        self.partial: dict[socket.socket, bytes] = {}
        for _ in range(connections):
            self.connect()

    def connect(self) -> None:
        connection = socket.create_connection(self.address, timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection, selectors.EVENT_READ, connection)
        self.send(connection)

    def send(self, connection: socket.socket) -> None:
        request = self.requests[self.next % len(self.requests)]
        self.next += 1
        self.sent_at[connection] = time.perf_counter()
        connection.sendall(request)

    def reconnect(self, connection: socket.socket) -> None:
        self.selector.unregister(connection)
        self.sent_at.pop(connection, None)
        self.partial.pop(connection, None)
        connection.close()
        if self.refill:
            self.connect()

    def run(self, seconds: float) -> tuple[list[float], int]:
        """Keep every connection busy for `seconds`: (latencies in seconds, count of errors)."""
        latencies: list[float] = []
        errors = 0
        stop_at = time.perf_counter() + seconds
        while self.sent_at and time.perf_counter() < stop_at and self.next < MOST_REQUESTS:
            for key, _ in self.selector.select(0.05):
                connection: socket.socket = key.data
                try:
                    data = connection.recv(262_144)
                    if not data:
                        raise ConnectionResetError
                    if connection in self.partial:
                        data = self.partial.pop(connection) + data
                    if not is_whole(data):
                        self.partial[connection] = data
                        continue
                    latencies.append(time.perf_counter() - self.sent_at[connection])
                    errors += data[9:10] != b"2"
                    if self.refill:
                        self.send(connection)
                    else:
                        self.sent_at.pop(connection)
                except OSError:
                    errors += 1
                    self.reconnect(connection)
        return latencies, errors if latencies else len(self.sent_at)

    def close(self) -> None:
        """Take the answers still on their way, or the next measurement would pay for them."""
        self.refill = False
        self.run(LONGEST_DRAIN)
        for key in list(self.selector.get_map().values()):
            key.data.close()
        self.selector.close()


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def drive(load: Load, requests: list[bytes]) -> Result:
    client = Client(load.port, load.connections, requests)
    client.run(load.warm_up)
    app, postgres = cpu_seconds(load.app_pid), cpu_seconds(load.postgres_pid)
    started, own = time.perf_counter(), time.process_time()
    latencies, errors = client.run(load.seconds)
    seconds, own = time.perf_counter() - started, time.process_time() - own
    app, postgres = cpu_seconds(load.app_pid) - app, cpu_seconds(load.postgres_pid) - postgres
    client.close()
    ordered = sorted(latencies)
    count = len(ordered)
    return Result(
        requests=count,
        errors=errors,
        seconds=seconds,
        p50_ms=percentile(ordered, 0.50) * 1e3,
        p95_ms=percentile(ordered, 0.95) * 1e3,
        p99_ms=percentile(ordered, 0.99) * 1e3,
        app_us=app / max(count, 1) * 1e6,
        postgres_us=postgres / max(count, 1) * 1e6,
        load_busy=own / seconds,
    )


def _child(pipe: Connection, load: Load, requests: list[bytes]) -> None:
    os.sched_setaffinity(0, load.cpus)
    pipe.send(drive(load, requests))


def run_load(load: Load, requests: list[bytes]) -> Result:
    """Drive `requests`, over and over, from a process of its own."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(theirs, load, requests))
    child.start()
    theirs.close()
    try:
        result: Result = ours.recv()
    finally:
        child.join(10)
    return result
