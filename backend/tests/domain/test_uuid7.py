"""Identifiers that sort by time."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from hypothesis import given, settings
from hypothesis import strategies as st

from todo_server.domain.uuid7 import uuid7

PROPERTY = settings(derandomize=True, database=None, deadline=None, max_examples=300)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = st.datetimes(min_value=EPOCH.replace(tzinfo=None), timezones=st.just(UTC))


def test_the_example_of_the_standard_has_its_first_48_bits():
    at = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)  # RFC 9562, appendix A.6
    assert uuid7(at).int >> 80 == 0x017F22E279B0


@PROPERTY
@given(INSTANTS)
def test_version_and_variant_are_those_of_the_standard(at: datetime):
    made = uuid7(at)
    assert (made.version, made.variant) == (7, RFC_4122)


@PROPERTY
@given(INSTANTS)
def test_the_instant_can_be_read_back_to_the_microsecond(at: datetime):
    made = uuid7(at).int
    milliseconds, fraction = made >> 80, made >> 64 & 0xFFF
    microseconds = -(-fraction * 1000 // 4096)
    assert EPOCH + timedelta(milliseconds=milliseconds, microseconds=microseconds) == at


@PROPERTY
@given(INSTANTS, st.integers(1, 10**7))
def test_what_comes_later_sorts_later_as_number_and_as_text(at: datetime, microseconds: int):
    earlier, later = uuid7(at), uuid7(at + timedelta(microseconds=microseconds))
    assert earlier < later
    assert str(earlier) < str(later)


def test_ten_thousand_of_one_instant_differ():
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert len({uuid7(at) for _ in range(10_000)}) == 10_000
