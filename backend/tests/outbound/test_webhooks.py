"""Sending webhooks to receivers that mean well, and to those that do not."""

import asyncio
import json
import resource
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.outbound.certificates import make_certificates
from tests.receiver import Receiver, answering, saying
from todo_server.domain.public_addresses import Address
from todo_server.domain.standard_webhooks import new_secret, signed_headers
from todo_server.outbound import webhooks
from todo_server.outbound.webhooks import MAX_BYTES, Answer, Lookups, Resolve, WebhookSender

BODY = json.dumps({"type": "reminder", "data": {"title": "Milch · 牛乳"}}).encode()
NO_ADDRESS = Answer(None, "Its name leads to no public address.")


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def post(url: str, *, headers: dict[str, str] | None = None, **options: Any) -> Answer:
    async def steps() -> Answer:
        sender = WebhookSender(**{"private_addresses": True, "seconds": 3, **options})
        return await sender.post(url, headers or {}, BODY)

    return asyncio.run(steps())


def leading_to(*addresses: str) -> tuple[Resolve, list[str]]:
    """Make a name service that answers these, and counts how often it was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ip_address(each) for each in addresses]

    return resolve, asked


def test_what_is_sent_is_verified_by_the_library_of_standard_webhooks(receiver):
    secret, now = new_secret(), datetime.now(UTC)
    headers = signed_headers("msg_1", now, BODY, [secret])
    assert post(receiver.url, headers=headers) == Answer(204, None)
    (got,) = receiver.received
    assert Webhook(secret).verify(got.body, got.headers) == json.loads(BODY)
    assert got.path == "/hook"
    assert got.headers["webhook-id"] == "msg_1"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["user-agent"].startswith("todo-server/")
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(got.body + b" ", got.headers)


def test_with_two_secrets_either_verifies():
    old, new = new_secret(), new_secret()
    headers = signed_headers("msg_2", datetime.now(UTC), BODY, [new, old])
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)


def test_a_signature_holds_the_instant_of_its_attempt():
    secret = new_secret()
    headers = signed_headers("msg_3", datetime.now(UTC) - timedelta(minutes=6), BODY, [secret])
    with pytest.raises(WebhookVerificationError, match="old"):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_success(receiver, status):
    receiver.answers = lambda _: answering(status)
    assert post(receiver.url) == Answer(status, None)


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503, 599])
def test_every_other_status_is_told(receiver, status):
    receiver.answers = lambda _: answering(status)
    answer = post(receiver.url)
    assert answer == Answer(status, f"It answered {status}, not 2xx.")
    assert answer.is_gone == (status == 410)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver, status):
    with Receiver() as elsewhere:
        receiver.answers = lambda _: answering(status, location=elsewhere.url)
        assert "redirects are not followed" in str(post(receiver.url).error)
        assert len(receiver.received) == 1
        assert elsewhere.received == []


def test_no_proxy_is_taken_from_the_environment(receiver, monkeypatch):
    with Receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(receiver.url) == Answer(204, None)
        assert proxy.received == []


def test_who_never_answers_is_left_in_time(receiver):
    receiver.answers = lambda _: receiver.silence
    answer = post(receiver.url, seconds=0.3)
    assert answer == Answer(None, "It did not answer within 0.3 seconds.")


def test_who_never_accepts_is_left_in_time():
    with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        assert "did not answer" in str(post(url, seconds=0.3).error)


def test_who_answers_byte_by_byte_is_left_in_time(receiver):
    def drip(client):
        for each in b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000:
            client.sendall(bytes([each]))
            if receiver.ending.wait(0.05):
                return

    receiver.answers = lambda _: drip
    assert "did not answer" in str(post(receiver.url, seconds=0.5).error)


def endless(*parts: bytes) -> Callable[[socket.socket], None]:
    def answer(client: socket.socket) -> None:
        client.settimeout(20)
        with suppress(OSError):
            client.sendall(parts[0])
            while True:
                client.sendall(parts[-1])

    return answer


def test_of_a_gigabyte_64_kib_are_read_and_no_memory_is_taken(receiver):
    """The status has come by then: it was taken."""
    sent = []

    def gigabyte(client):
        client.settimeout(20)
        client.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")
        chunk = bytes(64 * 1024)
        with suppress(OSError):
            for _ in range(16 * 1024):
                client.sendall(chunk)
                sent.append(len(chunk))

    receiver.answers = lambda _: gigabyte
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert post(receiver.url) == Answer(200, None)
    # The rest is what stood in the buffers of the kernel.
    assert sum(sent) < 64 * 1024 * 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


@pytest.mark.parametrize(
    "answer",
    [
        endless(b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 1000 + b"\r\n"),
        endless(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 10_000),
        endless(b"HTTP/1.1 ", b"2" * 10_000),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        endless(b"", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 1000),
    ],
    ids=["headers", "header", "status", "continue", "hints"],
)
def test_an_endless_head_is_cut_off_and_costs_little(receiver, answer):
    receiver.answers = lambda _: answer
    before = time.process_time()
    got = post(receiver.url)
    assert got.status is None
    assert got.error in (
        "It broke the connection, or answered too much.",
        "What it answered is not HTTP.",
    )
    assert time.process_time() - before < 2  # with the receiver's own


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-OpenSSH_10.0\r\n",
        b"\x00" * 100,
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ],
)
def test_what_is_not_http_is_no_success(receiver, data):
    receiver.answers = lambda _: saying(data)
    assert post(receiver.url).error is not None


def test_a_body_that_ends_early_or_is_no_body_changes_nothing(receiver):
    for data in (
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b",
    ):
        receiver.answers = lambda _, data=data: saying(data)
        assert post(receiver.url) == Answer(200, None)


def test_who_is_not_there_is_told_so():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    assert post(url) == Answer(None, "No connection could be made.")


# --- Addresses ---


def test_loopback_is_refused_unless_it_is_allowed(receiver):
    assert post(receiver.url, private_addresses=False) == NO_ADDRESS
    assert receiver.received == []


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.1", "0x7f.1", "2130706433", "017700000001", "0", "[::1]", "[::ffff:7f00:1]"],
)
def test_loopback_in_other_words_is_refused(receiver, host):
    assert post(f"http://{host}:{receiver.port}/", private_addresses=False) == NO_ADDRESS
    assert receiver.received == []


def test_a_name_that_leads_inside_is_refused(receiver):
    resolve, _ = leading_to("127.0.0.1")
    url = f"http://hooks.example.com:{receiver.port}/"
    assert post(url, resolve=resolve, private_addresses=False) == NO_ADDRESS
    assert receiver.received == []


@pytest.mark.parametrize("addresses", [("127.0.0.1", "9.9.9.9"), ("9.9.9.9", "10.0.0.1"), ()])
def test_a_name_that_leads_inside_as_well_or_nowhere_is_refused(receiver, addresses):
    resolve, _ = leading_to(*addresses)
    url = f"http://hooks.example.com:{receiver.port}/"
    assert post(url, resolve=resolve, private_addresses=False) == NO_ADDRESS
    assert receiver.received == []


def test_a_name_that_turns_into_loopback_reaches_what_was_looked_at(monkeypatch):
    """Only 127.0.0.2 is taken for public here. Whoever asks again is led to 127.0.0.1."""
    monkeypatch.setattr(webhooks, "is_public", lambda each: str(each) == "127.0.0.2")
    asked = []

    def turning(host, port, *_, **__):
        asked.append(host)
        address = "127.0.0.2" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with Receiver("127.0.0.2") as outside, Receiver("127.0.0.1") as inside:
        monkeypatch.setattr(socket, "getaddrinfo", turning)
        url = f"http://hooks.example.com:{outside.port}/"
        assert post(url, private_addresses=False) == Answer(204, None)
        assert asked == ["hooks.example.com"]
        assert outside.received[0].headers["host"] == f"hooks.example.com:{outside.port}"
        url = f"http://hooks.example.com:{inside.port}/"
        assert post(url, private_addresses=False) == NO_ADDRESS
        assert inside.received == []


def test_of_many_addresses_a_few_are_tried(monkeypatch):
    tried = []

    async def connect_tcp(self, host, port, *_):
        tried.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    resolve, asked = leading_to(*(f"9.9.9.{each}" for each in range(200)))
    answer = post("http://hooks.example.com/", resolve=resolve, private_addresses=False)
    assert answer == Answer(None, "No connection could be made.")
    assert tried == [f"9.9.9.{each}" for each in range(4)]
    assert len(asked) == 1


def test_the_next_address_is_tried_where_the_first_is_deaf(receiver):
    resolve, _ = leading_to("127.0.0.3", "127.0.0.1")
    url = f"http://hooks.example.com:{receiver.port}/"
    assert post(url, resolve=resolve) == Answer(204, None)


def test_names_whose_servers_do_not_answer_hold_up_no_others(receiver, monkeypatch):
    stuck, known = threading.Event(), socket.getaddrinfo

    def slow(host, *arguments, **named):
        if host == "slow.example.com":
            stuck.wait(30)
        return known(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    async def steps() -> tuple[Answer, set[str | None]]:
        sender = WebhookSender(private_addresses=True, resolve=Lookups(32), seconds=0.5)
        waiting = [sender.post("http://slow.example.com/", {}, BODY) for _ in range(20)]
        other = await asyncio.gather(sender.post(receiver.url, {}, BODY), *waiting)
        return other[0], {each.error for each in other[1:]}

    assert asyncio.run(steps()) == (
        Answer(204, None),
        {"It did not answer within 0.5 seconds."},
    )
    stuck.set()


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(receiver):
    receiver.answers = lambda request: answering(200) if request.path == "/a" else saying(b"")

    async def steps() -> int:
        sender = WebhookSender(private_addresses=True, seconds=0.2)
        await sender.post(receiver.url, {}, BODY)
        before = open_descriptors()
        for path in ("/a", "/b", "/a"):
            url = receiver.url.replace("/hook", path)
            await asyncio.gather(*(sender.post(url, {}, BODY) for _ in range(10)))
        await asyncio.sleep(0)
        return open_descriptors() - before

    # The receiver's own end of a connection may be open for a moment longer.
    assert asyncio.run(steps()) <= 10


# --- TLS ---


def test_the_certificate_has_to_be_that_of_the_name(tmp_path):
    authority, ours = make_certificates(tmp_path, "hooks.example.com")
    trusting = ssl.create_default_context(cafile=authority)
    resolve, _ = leading_to("127.0.0.1")
    with Receiver(certificate=ours) as receiver:
        for name, taken in (("hooks.example.com", True), ("other.example.com", False)):
            url = f"https://{name}:{receiver.port}/"
            answer = post(url, resolve=resolve, certificates=trusting)
            assert (answer == Answer(204, None)) == taken
            assert taken or "not valid for 'other.example.com'" in str(answer.error)
        unknown = post(f"https://hooks.example.com:{receiver.port}/", resolve=resolve)
        assert "certificate is not trusted" in str(unknown.error)
        assert len(receiver.received) == 1


def test_a_gigabyte_over_tls_is_bounded_as_well(tmp_path):
    authority, ours = make_certificates(tmp_path, "hooks.example.com")
    resolve, _ = leading_to("127.0.0.1")
    with Receiver(certificate=ours) as receiver:
        receiver.answers = lambda _: endless(b"HTTP/1.1 200 OK\r\nx: ", b"y" * MAX_BYTES)
        answer = post(
            f"https://hooks.example.com:{receiver.port}/",
            resolve=resolve,
            certificates=ssl.create_default_context(cafile=authority),
        )
    assert answer.status is None
