"""Ordinary requests, alone and pipelined."""

import json
import threading
from typing import Any

import pytest

from tests.http_protocol.service import GET, NEXT, Service, chunked, get, post
from todo_server.http_protocol import DeadlineProtocol


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
