"""What reaches the application over a real socket, and what is refused before it."""

import asyncio
import json
import logging
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, ClassVar

import pytest
import uvicorn

from todo_server.http_protocol import DeadlineProtocol

GUARD = 8.0  # seconds until a test gives up: above every deadline that it waits for


class HastyProtocol(DeadlineProtocol):
    deadline = 0.5
    stall = 1.0
    slowest = 1 << 18


class PatientProtocol(DeadlineProtocol):
    deadline = stall = 100 * GUARD  # so that nothing in a test is the deadline's doing


class CrowdedProtocol(PatientProtocol):
    max_unread = 5 << 24  # two and a half times what /big answers
    _behind: ClassVar[dict[DeadlineProtocol, int]] = {}


class Application:
    """Answers with the length of the body, and remembers what it was asked."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.left = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.paths.append(path)
        if path == "/slow":
            await asyncio.sleep(2 * HastyProtocol.deadline)
        if path == "/flood":
            await self.flood(send)
            return
        length, more = 0, path != "/early"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            length, more = length + len(message["body"]), message["more_body"]
        if path == "/late":
            await asyncio.sleep(2 * HastyProtocol.deadline)
        names = [name.decode() for name, _ in scope["headers"]]
        body = json.dumps({"path": path, "length": length, "headers": names}).encode()
        if path == "/big":
            body = bytes(1 << 25)
        start = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        await send({"type": "http.response.body", "body": body})

    async def flood(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        self.left.set()


class Peer:
    """A client that says exactly what it is told to."""

    def __init__(self, port: int, window: int | None) -> None:
        self.socket = socket.socket()
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(GUARD)
        self.socket.connect(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.file.close()
        self.socket.close()

    def say(self, data: bytes) -> "Peer":
        self.socket.sendall(data)
        return self

    def trickle(self, data: bytes) -> "Peer":
        """Send a byte at a time, until something comes back."""
        for byte in data:
            if select.select([self.socket], [], [], HastyProtocol.deadline / 10)[0]:
                break
            self.say(bytes([byte]))
        return self

    def hear(self) -> tuple[int, dict[str, str], bytes]:
        """Return one answer: status, headers, body."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip().decode():
            name, _, value = line.partition(": ")
            headers[name] = value
        return status, headers, self.file.read(int(headers.get("content-length", 0)))

    def hear_length(self) -> int:
        status, _, body = self.hear()
        assert status == 200
        return int(json.loads(body)["length"])

    def hear_refusal(self, status: int, error: str) -> None:
        """Expect one problem document, and the end."""
        seen, headers, body = self.hear()
        problem = json.loads(body)
        assert (seen, problem["status"], problem["error"]) == (status, status, error)
        assert problem["detail"] == problem["message"]
        assert problem.keys() == {
            "type", "title", "status", "detail", "instance", "error", "message", "details",
            "request_id",
        }  # fmt: skip
        assert headers["content-type"] == "application/problem+json"
        assert headers["connection"] == "close"
        self.hear_the_end()

    def hear_the_end(self) -> None:
        assert self.file.read() == b""


class Service:
    """A server that listens, and the application behind it."""

    def __init__(self, app: Application, server: uvicorn.Server, port: int) -> None:
        self.app = app
        self.connections = server.server_state.connections
        self.port = port

    def peer(self, window: int | None = None) -> Peer:
        return Peer(self.port, window)

    def wait_until_nobody_is_connected(self) -> None:
        end = time.monotonic() + GUARD
        while self.connections:
            assert time.monotonic() < end
            time.sleep(0.01)


@contextmanager
def serving(protocol: type[DeadlineProtocol], loop: Any, keep_alive: int = 60) -> Iterator[Service]:
    app = Application()
    server = uvicorn.Server(
        uvicorn.Config(
            app, http=protocol, ws="none", loop=loop, lifespan="off", log_config=None,
            timeout_keep_alive=keep_alive, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield Service(app, server, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def patient_service(loop: Any) -> Iterator[Service]:
    with serving(PatientProtocol, loop) as service:
        yield service


@pytest.fixture(scope="module")
def hasty_service(loop: Any) -> Iterator[Service]:
    with serving(HastyProtocol, loop) as service:
        yield service


@pytest.fixture
def patient(patient_service: Service) -> Service:
    patient_service.wait_until_nobody_is_connected()
    patient_service.app.paths.clear()
    patient_service.app.left.clear()
    return patient_service


@pytest.fixture
def hasty(hasty_service: Service) -> Service:
    hasty_service.wait_until_nobody_is_connected()
    hasty_service.app.paths.clear()
    hasty_service.app.left.clear()
    return hasty_service


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No peer can make the server log an error or a traceback."""
    yield
    assert not [r for r in caplog.records if r.exc_info or r.levelno > logging.WARNING]


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def get(fields: bytes = b"", target: bytes = b"/", version: bytes = b"1.1") -> bytes:
    return b"GET %b HTTP/%b\r\nHost: a\r\n%b\r\n" % (target, version, fields)


def post(fields: bytes, body: bytes = b"", path: bytes = b"/") -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: a\r\n%b\r\n%b" % (path, fields, body)


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked\r\n", body)


# Ordinary requests


def test_requests_on_one_connection_are_answered_one_after_the_other(patient: Service) -> None:
    with patient.peer() as peer:
        for length in (0, 5, 300):
            peer.say(post(b"Content-Length: %d\r\n" % length, bytes(length)))
            assert peer.hear_length() == length


def test_requests_sent_together_are_answered_in_order(patient: Service) -> None:
    with patient.peer() as peer:
        peer.say(post(b"Content-Length: 3\r\n", b"abc") + get(target=b"/slow") + NEXT)
        paths = [json.loads(peer.hear()[2])["path"] for _ in range(3)]
        assert paths == ["/", "/slow", "/next"]


def test_many_requests_sent_together_are_not_one_long_head(patient: Service) -> None:
    count = DeadlineProtocol.max_head // len(GET) * 3
    with patient.peer() as peer:
        sender = threading.Thread(target=peer.say, args=(GET * count,))
        sender.start()
        assert [peer.hear_length() for _ in range(count)] == [0] * count
        sender.join()


def test_requests_sent_far_ahead_are_not_parsed_before_their_turn(patient: Service) -> None:
    count = 5000
    most = DeadlineProtocol.max_ahead + DeadlineProtocol.max_piece // len(GET) + 1
    with patient.peer() as peer:
        sender = threading.Thread(target=peer.say, args=(get(target=b"/slow") + GET * count,))
        sender.start()
        waiting = [0]
        connections: set[Any] = patient.connections
        for _ in range(count + 1):
            waiting += [len(connection.pipeline) for connection in list(connections)]
            assert peer.hear_length() == 0
        sender.join()
        assert peer.say(NEXT).hear_length() == 0
    assert DeadlineProtocol.max_ahead <= max(waiting) <= most


def test_a_peer_that_leaves_what_it_sent_ahead_is_forgotten(patient: Service) -> None:
    with patient.peer() as peer:
        peer.say(get(target=b"/slow") + GET * 1000)
        peer.hear_length()
    patient.wait_until_nobody_is_connected()


@pytest.mark.parametrize("size", [1, 65536, 1 << 20])
def test_a_body_of_any_size_arrives_whole(patient: Service, size: int) -> None:
    with patient.peer() as peer:
        peer.say(post(b"Content-Length: %d\r\n" % size, bytes(size)))
        assert peer.hear_length() == size
        peer.say(chunked(b"%x;ext=1\r\n%b\r\n0\r\n\r\n" % (size, bytes(size))))
        assert peer.hear_length() == size


def test_a_request_in_single_bytes_is_answered(patient: Service) -> None:
    with patient.peer() as peer:
        for byte in chunked(b"3\r\nabc\r\n0\r\n\r\n"):
            peer.say(bytes([byte]))
        assert peer.hear_length() == 3


def test_a_body_is_asked_for_when_the_client_expects_it(patient: Service) -> None:
    with patient.peer() as peer:
        peer.say(post(b"Content-Length: 3\r\nExpect: 100-continue\r\n"))
        assert peer.hear()[0] == 100
        peer.say(b"abc")
        assert peer.hear_length() == 3


def test_an_http_1_0_request_without_host_is_answered_and_closed(patient: Service) -> None:
    with patient.peer() as peer:
        peer.say(b"GET / HTTP/1.0\r\n\r\n")
        assert peer.hear_length() == 0
        peer.hear_the_end()


def test_trailers_do_not_become_headers(patient: Service) -> None:
    with patient.peer() as peer:
        peer.say(chunked(b"3\r\nabc\r\n0\r\nAuthorization: x\r\nX-Other: y\r\n\r\n") + NEXT)
        for _ in range(2):
            assert not {"authorization", "x-other"} & {*json.loads(peer.hear()[2])["headers"]}


# Deadlines


def test_a_silent_connection_is_closed_without_a_word(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.hear_the_end()


def test_blank_lines_do_not_keep_a_connection_open(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.trickle(b"\r\n" * 200).hear_the_end()
    with hasty.peer() as peer:
        peer.say(GET).hear()
        peer.trickle(b"\r\n" * 200).hear_the_end()


@pytest.mark.parametrize("start", [b"G", GET[:-2], GET[:-2] + b"X-Slow: "])
def test_a_head_that_stops_is_answered_408(hasty: Service, start: bytes) -> None:
    with hasty.peer() as peer:
        peer.say(start).hear_refusal(408, "request_timeout")
    with hasty.peer() as peer:
        peer.say(GET).hear()
        peer.say(start).hear_refusal(408, "request_timeout")


def test_a_head_that_trickles_is_answered_408(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.trickle(get(b"X-Slow: " + b"x" * 400)).hear_refusal(408, "request_timeout")
    assert hasty.app.paths == []


@pytest.mark.parametrize("fields", [b"Content-Length: 400\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_that_trickles_is_answered_408(hasty: Service, fields: bytes) -> None:
    with hasty.peer() as peer:
        peer.say(post(fields)).trickle(b"1\r\na\r\n" * 70).hear_refusal(408, "request_timeout")
        assert hasty.app.left.wait(GUARD)  # http.disconnect


def test_a_body_that_was_asked_for_and_does_not_come_is_answered_408(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(post(b"Content-Length: 3\r\nExpect: 100-continue\r\n"))
        assert peer.hear()[0] == 100
        peer.hear_refusal(408, "request_timeout")


def test_an_answered_request_with_an_endless_body_is_closed_without_a_word(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(post(b"Content-Length: 400\r\n", path=b"/early"))
        assert peer.hear_length() == 0
        peer.trickle(bytes(400)).hear_the_end()


def test_a_refused_client_that_holds_on_is_disconnected(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(MALFORMED["two hosts"]).hear_refusal(400, "malformed_request")
        hasty.wait_until_nobody_is_connected()


def test_a_request_that_takes_longer_than_the_deadline_is_answered(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(get(target=b"/slow"))
        assert peer.hear_length() == 0
        peer.say(post(b"Content-Length: 3\r\n", b"abc", path=b"/slow"))
        assert peer.hear_length() == 3


def test_a_slow_server_is_not_held_against_the_client(hasty: Service) -> None:
    with hasty.peer() as peer:  # no body before the 100, which is late
        peer.say(post(b"Content-Length: 3\r\nExpect: 100-continue\r\n", path=b"/slow"))
        assert peer.hear()[0] == 100
        assert peer.say(b"abc").hear_length() == 3
    with hasty.peer() as peer:  # more of a body than the server takes in before it is asked for
        peer.say(post(b"Content-Length: 1000000\r\n", bytes(1000000), path=b"/slow"))
        assert peer.hear_length() == 1000000
    with hasty.peer() as peer:  # a second request, not read to its end before the first is answered
        peer.say(get(target=b"/late") + post(b"Content-Length: 3\r\n"))
        assert peer.hear_length() == 0
        assert peer.say(b"abc").hear_length() == 3


def test_an_idle_connection_outlives_the_deadline(hasty: Service) -> None:
    with hasty.peer() as peer:
        assert peer.say(GET).hear_length() == 0
        assert not select.select([peer.socket], [], [], 3 * HastyProtocol.deadline)[0]
        assert peer.say(GET).hear_length() == 0


def test_an_idle_connection_ends_with_uvicorns_own_timer(loop: Any) -> None:
    with serving(PatientProtocol, loop, keep_alive=1) as service, service.peer() as peer:
        assert peer.say(GET).hear_length() == 0
        peer.hear_the_end()


@pytest.mark.parametrize("connection", [b"keep-alive", b"close"])
@pytest.mark.parametrize("path", [b"/flood", b"/big"])
def test_a_client_that_does_not_read_is_cut_off(
    hasty: Service, path: bytes, connection: bytes
) -> None:
    with hasty.peer(window=4096) as peer:
        peer.say(get(b"Connection: %b\r\n" % connection, path))
        assert peer.file.read(1)
        hasty.wait_until_nobody_is_connected()


def test_a_client_that_reads_slowly_is_not_cut_off(hasty: Service) -> None:
    with hasty.peer(window=4096) as peer:
        peer.say(get(target=b"/flood", fields=b"Connection: close\r\n"))
        for _ in range(6):
            assert peer.file.read(4 << 20)
            time.sleep(HastyProtocol.deadline / 2)
        assert peer.file.read().endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("path", [b"/flood", b"/big"])
def test_a_client_that_takes_a_little_now_and_then_is_cut_off(hasty: Service, path: bytes) -> None:
    with hasty.peer(window=4096) as peer:
        peer.say(get(target=path))
        end = time.monotonic() + GUARD
        while hasty.connections and peer.socket.recv(4096):
            assert time.monotonic() < end
            time.sleep(HastyProtocol.stall / 20)  # a third of what it would have to take
        hasty.wait_until_nobody_is_connected()


def test_of_clients_that_do_not_read_only_the_last_have_an_answer_held_for_them(loop: Any) -> None:
    with serving(CrowdedProtocol, loop) as service, ExitStack() as peers:
        first, second, third = (peers.enter_context(service.peer(window=4096)) for _ in range(3))
        for peer in (first, second, third):
            peer.say(get(target=b"/big"))
            assert peer.file.read(1)  # one after the other
        assert len(first.file.read()) < 1 << 25
        for peer in (second, third):
            assert len(peer.file.read(1 << 25)) == 1 << 25


# Sizes

LIMIT = DeadlineProtocol.max_head

ENDLESS = {
    "a URL": b"GET /" + b"x" * LIMIT * 4,
    "a name": b"GET / HTTP/1.1\r\n" + b"x" * LIMIT * 4,
    "a value": b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * LIMIT * 4,
    "many fields": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Many: x\r\n" * (LIMIT // 2),
    "a whole head": get(b"X-Long: " + b"x" * LIMIT + b"\r\n"),
    "a trailer": chunked(b"1\r\na\r\n0\r\nX-Trailer: " + b"x" * LIMIT * 4),
    "many trailers": chunked(b"1\r\na\r\n0\r\n" + b"X-Trailer: x\r\n" * (LIMIT // 2)),
    "a chunk extension": chunked(b"1;ext=" + b"x" * LIMIT * 4),
    "zeros before a chunk size": chunked(b"0" * LIMIT * 4),
    "a second request's URL": GET + b"GET /" + b"x" * LIMIT * 4,
}


def test_a_head_below_the_cap_is_the_applications_to_judge(patient: Service) -> None:
    long = b"x" * (LIMIT - 100)
    with patient.peer() as peer:
        for request in (get(b"X-Long: " + long + b"\r\n"), get(target=b"/" + long)):
            assert peer.say(request).hear_length() == 0


@pytest.mark.parametrize("piece", [1 << 22, 1000])
@pytest.mark.parametrize("endless", ENDLESS.values(), ids=ENDLESS)
def test_a_head_above_the_cap_is_answered_431(patient: Service, endless: bytes, piece: int) -> None:
    with patient.peer() as peer:
        if endless.startswith(GET):
            assert peer.say(GET).hear_length() == 0
            endless = endless.removeprefix(GET)
        for start in range(0, len(endless), piece):
            peer.say(endless[start : start + piece])
        peer.hear_refusal(431, "headers_too_large")


# Framing

MALFORMED = {
    "length and coding": post(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "coding and length": post(b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n"),
    "two lengths": post(b"Content-Length: 0\r\nContent-Length: 60\r\n"),
    "the same length twice": post(b"Content-Length: 0\r\nContent-Length: 0\r\n"),
    "a list of lengths": post(b"Content-Length: 0, 0\r\n"),
    "a signed length": post(b"Content-Length: +0\r\n"),
    "a negative length": post(b"Content-Length: -1\r\n"),
    "an empty length": post(b"Content-Length:\r\n"),
    "a length beyond 64 bits": post(b"Content-Length: 18446744073709551616\r\n"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": get(b"Host: b\r\n"),
    "the same host twice": get(b"Host: a\r\n"),
    "a host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a host with a user": b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "two hosts in 1.0": get(b"Host: b\r\n", version=b"1.0"),
    "version 9.9": get(version=b"9.9"),
    "version 0.9": b"GET /\r\n\r\n",
    "the HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a folded field": get(b"X: a\r\n b\r\n"),
    "a folded coding": post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"),
    "a folded first field": b"GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n",
    "bare LF": GET.replace(b"\r", b""),
    "bare LF after a field": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "bare LF after the head": b"GET / HTTP/1.1\r\nHost: a\r\n\n",
    "bare CR in a field": b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "bare CR after the head": b"GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n",
    "a space before the colon": get(b"X : a\r\n"),
    "a coding with a space before the colon": post(
        b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"
    ),
    "a field without a name": get(b": a\r\n"),
    "a field without a colon": get(b"abc\r\n"),
    "NUL in a value": get(b"X: a\0b\r\n"),
    "NUL in a name": get(b"X\0: a\r\n"),
    "NUL in the target": get(target=b"/\0"),
    "a control character": get(b"X: a\x01b\r\n"),
    "a name beyond ASCII": get(b"X\xff: a\r\n"),
    "a target beyond ASCII": get(target=b"/\xc3\xa9"),
    "a space in the target": get(target=b"/a b"),
    "gzip": post(b"Transfer-Encoding: gzip\r\n"),
    "gzip, chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    "chunked, identity": post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
    "identity and chunked": post(
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"
    ),
    "chunked twice": post(b"Transfer-Encoding: chunked\r\n" * 2, b"0\r\n\r\n"),
    "chunked, with a comma before": post(b"Transfer-Encoding: ,chunked\r\n", b"0\r\n\r\n"),
    "xchunked": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "identity": post(b"Transfer-Encoding: identity\r\n"),
    "chunked after a vertical tab": post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    "authority-form": get(target=b"a:80"),
    "absolute-form without a path": get(target=b"http://a"),
    "absolute-form with a strange port": get(target=b"http://a:99999/"),
    "CONNECT": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT with a path": b"CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown method": b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}

MALFORMED_CHUNKS = {
    "no size": b"\r\nabc",
    "a size that is no number": b"zz\r\nabc",
    "a size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nabc",
    "a space after the size": b"3 \r\nabc\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "data longer than its size": b"3\r\nabcd\r\n0\r\n\r\n",
    "bare LF": b"3\nabc\n0\n\n",
    "bare LF after an extension": b"3;a\nabc\r\n0\r\n\r\n",
    "bare CR in an extension": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "a length among the trailers": b"0\r\nContent-Length: 60\r\n\r\n",
    "a coding among the trailers": b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_head_is_answered_400_and_nothing_is_run(
    patient: Service, request_: bytes
) -> None:
    with patient.peer() as peer:
        peer.say(request_ + NEXT).hear_refusal(400, "malformed_request")
    assert patient.app.paths == []


@pytest.mark.parametrize("body", MALFORMED_CHUNKS.values(), ids=MALFORMED_CHUNKS)
def test_a_malformed_chunk_is_answered_400_and_the_application_told(
    patient: Service, body: bytes
) -> None:
    with patient.peer() as peer:
        peer.say(chunked(body) + NEXT).hear_refusal(400, "malformed_request")
        assert patient.app.left.wait(GUARD)
    assert patient.app.paths == ["/"]


def test_a_body_of_more_than_1024_chunks_is_answered_400(patient: Service) -> None:
    def in_chunks(number: int) -> bytes:
        return chunked(b"1\r\nx\r\n" * number + b"0\r\n\r\n")

    with patient.peer() as peer:
        assert peer.say(in_chunks(1023)).hear_length() == 1023
        assert peer.say(in_chunks(1023)).hear_length() == 1023
        peer.say(in_chunks(1025)).hear_refusal(400, "malformed_request")


def test_more_than_2048_headers_are_answered_431(patient: Service) -> None:
    with patient.peer() as peer:
        assert peer.say(get(b"a:\r\n" * 2047)).hear_length() == 0
        peer.say(get(b"a:\r\n" * 2048)).hear_refusal(431, "headers_too_large")
    with patient.peer() as peer:
        upgrade = b"Upgrade: x\r\nConnection: upgrade\r\n"
        peer.say(get(upgrade + b"a:\r\n" * 10_000)).hear_refusal(431, "headers_too_large")


def test_a_malformed_chunk_before_the_100_is_answered_once(patient: Service) -> None:
    with patient.peer() as peer:
        peer.say(post(b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", b"zz\r\n"))
        peer.hear_refusal(400, "malformed_request")
        assert patient.app.left.wait(GUARD)


def test_a_malformed_chunk_after_the_100_frees_the_application_that_waits(
    patient: Service,
) -> None:
    with patient.peer() as peer:
        peer.say(post(b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"))
        assert peer.hear()[0] == 100
        peer.say(b"zz\r\n").hear_refusal(400, "malformed_request")
        assert patient.app.left.wait(GUARD)


def test_a_malformed_chunk_is_answered_once_though_the_application_answers(
    patient: Service,
) -> None:
    with patient.peer() as peer:
        peer.say(post(b"Transfer-Encoding: chunked\r\n", b"zz\r\n", b"/early"))
        peer.hear_refusal(400, "malformed_request")


def test_a_malformed_request_does_not_take_an_earlier_ones_answer(patient: Service) -> None:
    for malformed in (MALFORMED["two hosts"], b"GET /" + b"x" * LIMIT):
        with patient.peer() as peer:
            peer.say(get(target=b"/slow") + malformed + NEXT)
            assert peer.hear_length() == 0
            peer.hear_the_end()
    assert patient.app.paths == ["/slow", "/slow"]


def test_a_malformed_body_waits_for_an_earlier_answer(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(get(target=b"/slow") + chunked(b"zz\r\n") + NEXT)
        assert peer.hear_length() == 0
        peer.hear_refusal(408, "request_timeout")


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://b/a?q=1", "/a"), (b"*", "*"), (b"//b/a", "//b/a"), (b"/%00", "/\0")],
)
def test_an_unusual_target_is_handed_on(patient: Service, target: bytes, path: str) -> None:
    with patient.peer() as peer:
        status, _, body = peer.say(get(target=target)).hear()
        assert (status, json.loads(body)["path"]) == (200, path)


def test_what_follows_connection_close_is_not_read(patient: Service) -> None:
    with patient.peer() as peer:
        peer.say(get(b"Connection: close\r\n") + NEXT)
        assert peer.hear_length() == 0
        peer.hear_the_end()
    assert patient.app.paths == ["/"]


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c", b"TLS/1.0", b"x, y"])
def test_upgrade_is_ignored_and_the_body_stays_a_body(patient: Service, protocol: bytes) -> None:
    fields = b"Connection: Upgrade\r\nUpgrade: %b\r\n" % protocol
    with patient.peer() as peer:
        assert peer.say(get(fields)).hear_length() == 0
        pieces = b"%x\r\n%b\r\n0\r\n\r\n" % (len(NEXT), NEXT)
        for body, request_ in (
            (NEXT, post(fields + b"Content-Length: %d\r\n" % len(NEXT))),
            (pieces, post(fields + b"Transfer-Encoding: chunked\r\n")),
        ):
            assert peer.say(request_ + body).hear_length() == len(NEXT)
            peer.say(request_)
            assert not select.select([peer.socket], [], [], 0.1)[0]
            assert peer.say(body).hear_length() == len(NEXT)
        peer.say(get(fields) + NEXT)
        assert [json.loads(peer.hear()[2])["path"] for _ in range(2)] == ["/", "/next"]
        peer.say(get(fields + b"Connection: close\r\n") + NEXT)
        assert peer.hear_length() == 0
        peer.hear_the_end()
    with patient.peer() as peer:
        assert peer.say(get(fields, version=b"1.0")).hear_length() == 0
        peer.hear_the_end()
    assert patient.app.paths == ["/"] * 6 + ["/next"] + ["/"] * 2
