"""Clients that are silent, slow, or do not read what they are answered."""

import select
import time
from contextlib import ExitStack
from typing import Any

import pytest

from tests.http_protocol.service import (
    GET,
    GUARD,
    CrowdedProtocol,
    HastyProtocol,
    PatientProtocol,
    Service,
    get,
    post,
    serving,
)
from tests.http_protocol.test_framing import MALFORMED


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
