"""How much of a head is read."""

import pytest

from tests.http_protocol.service import GET, Service, chunked, get
from todo_server.http_protocol import DeadlineProtocol

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
