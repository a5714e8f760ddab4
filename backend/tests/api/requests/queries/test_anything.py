"""Whatever is asked is answered without an error of the server's."""

from hypothesis import example, given
from hypothesis import strategies as st

from tests.api.requests.queries.asking import ask
from tests.api.requests.queries.test_parameters import ALIASES, CHOICES
from tests.properties import PROPERTY
from tests.server import User


@PROPERTY
@given(st.dictionaries(st.sampled_from([*CHOICES, *ALIASES, "limit", "cursor"]), st.text()))
@example({"limit": "\u0665"})
@example({"cursor": "\ud7ff"})
def test_any_values_are_answered_without_an_error_of_the_servers(user: User, query: dict[str, str]):
    assert user.get(user.path, params=query).status_code in (200, 400, 422)


@PROPERTY
@given(st.binary(max_size=100))
def test_any_bytes_as_a_query_are_answered_without_an_error_of_the_servers(
    user: User, query: bytes
):
    unprintable = {byte: f"%{byte:02x}" for byte in range(256) if not 33 <= byte <= 126}
    encoded = query.decode("latin-1").replace("#", "").translate(unprintable)
    assert ask(user, encoded).status_code in (200, 400, 422)
