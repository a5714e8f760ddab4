"""Whatever is signed or sent is answered without an error of the server's."""

from hypothesis import given
from hypothesis import strategies as st

from tests.auth.shared_secret.tokens import (
    ALPHABET,
    HEADER,
    HOUR,
    NOW,
    Json,
    ask,
    check_refused,
    token,
)
from tests.properties import PROPERTY
from tests.server import RunningServer

HASHABLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANYTHING = st.recursive(
    HASHABLE, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)


@PROPERTY
@given(
    header=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "x"]), HASHABLE),
    payload=st.fixed_dictionaries(
        {"sub": ANYTHING, "exp": st.just(NOW + HOUR) | ANYTHING},
        optional=dict.fromkeys(("iat", "nbf", "iss", "aud", "type", "session", "x"), ANYTHING),
    )
    | ANYTHING,
    honest=st.booleans(),
)
def test_whatever_is_signed_is_answered_without_an_error_of_the_servers(
    server: RunningServer, header: Json, payload: Json, honest: bool
):
    response = ask(server, f"Bearer {token(HEADER if honest else header, payload)}")
    assert response.status_code in (200, 401)
    assert honest or response.status_code == 401


@PROPERTY
@given(st.binary(max_size=300) | st.text(ALPHABET + "..=", max_size=300).map(str.encode))
def test_whatever_is_sent_is_answered_without_an_error_of_the_servers(
    server: RunningServer, written: bytes
):
    printable = bytes(byte for byte in written if byte >= 32 and byte != 127)
    check_refused(ask(server, b"Bearer " + printable))
