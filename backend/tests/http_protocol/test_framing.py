"""Requests that are malformed, or framed oddly."""

import json
import logging
import select

import pytest

from tests.http_protocol.service import GET, GUARD, NEXT, Service, chunked, get, post
from tests.http_protocol.test_sizes import LIMIT

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


def test_a_head_that_is_refused_gets_no_body_and_its_id_is_in_the_log(
    patient: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), patient.peer() as peer:
        peer.say(b"HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        head, _, body = peer.file.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert body == b""
    (logged,) = [vars(record).get("fields", {}) for record in caplog.records]
    assert (logged["status"], logged["error"]) == (400, "malformed_request")
    assert logged["request_id"].encode() in head


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
