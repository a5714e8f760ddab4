"""Bodies that the application calls long: they may take their time, as long as they keep coming."""

import time

from tests.http_protocol.service import GUARD, HastyProtocol, Service, post

LONG = b"/long"
ENOUGH = int(HastyProtocol.slowest * HastyProtocol.deadline)


def test_one_that_keeps_coming_outlives_the_deadline(hasty: Service) -> None:
    pieces = 8
    with hasty.peer() as peer:
        peer.say(post(b"Content-Length: %d\r\n" % (pieces * ENOUGH), path=LONG))
        for _ in range(pieces):
            time.sleep(HastyProtocol.deadline / 3)
            peer.say(bytes(ENOUGH))
        assert peer.hear_length() == pieces * ENOUGH


def test_one_that_trickles_is_answered_408(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(post(b"Content-Length: 1000000\r\n", path=LONG))
        peer.trickle(bytes(400)).hear_refusal(408, "request_timeout")
        assert hasty.app.left.wait(GUARD)


def test_one_that_has_sent_much_and_stops_is_answered_408(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(post(b"Content-Length: 10000000\r\n", bytes(3 * ENOUGH), path=LONG))
        peer.hear_refusal(408, "request_timeout")


def test_the_same_is_no_excuse_where_the_application_does_not_call_it_long(hasty: Service) -> None:
    with hasty.peer() as peer:
        peer.say(post(b"Content-Length: 10000000\r\n"))
        peer.trickle(bytes(400)).hear_refusal(408, "request_timeout")


def test_it_may_have_more_chunks_unless_they_are_tiny(patient: Service) -> None:
    chunk = b"400\r\n%b\r\n" % bytes(1024)
    with patient.peer() as peer:
        peer.say(post(b"Transfer-Encoding: chunked\r\n", path=LONG))
        peer.say(chunk * 3000 + b"0\r\n\r\n")
        assert peer.hear_length() == 3000 * 1024
    with patient.peer() as peer:
        peer.say(post(b"Transfer-Encoding: chunked\r\n", path=LONG))
        peer.say(b"1\r\nx\r\n" * 1100 + b"0\r\n\r\n")
        peer.hear_refusal(400, "malformed_request")
