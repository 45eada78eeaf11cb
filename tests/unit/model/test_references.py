"""Ids, and the references by which providers know a delivery."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster import ids

instants = st.integers(0, 99 * 365 * 86400 * 1000).map(
    lambda ms: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
SEEDED = settings(derandomize=True, deadline=None)


@SEEDED
@given(instants, st.integers(0, 32**6 - 1))
def test_a_reference_leads_back_to_its_delivery(at: datetime, n: int) -> None:
    alert = ids.new_id(at)
    reference = ids.reference(alert, n)
    assert ids.parse_reference(reference) == (alert, n)
    assert len(reference) <= 32
    assert reference.isalnum()
    assert reference.isascii()


@SEEDED
@given(instants, instants)
def test_ids_sort_by_time(first: datetime, second: datetime) -> None:
    if second - first >= timedelta(milliseconds=1):
        assert ids.new_id(first) < ids.new_id(second)


@SEEDED
@given(st.text(max_size=40))
def test_what_is_not_our_reference_is_none(text: str) -> None:
    found = ids.parse_reference(text)
    if found is not None:
        assert ids.is_id(found[0])
        assert text.startswith(found[0])


@pytest.mark.parametrize(
    "bad", ["", "0" * 25, "0" * 26, "0" * 33, "0" * 26 + "u", "0" * 25 + "I1", "0" * 26 + " 1", "A" * 27]
)
def test_a_reference_has_an_id_and_a_number(bad: str) -> None:
    assert ids.parse_reference(bad) is None


def test_ids_of_one_moment_differ() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert len({ids.new_id(at) for _ in range(1000)}) == 1000


def test_a_secret_is_not_repeated() -> None:
    assert len({ids.new_secret() for _ in range(1000)}) == 1000
    assert len(ids.new_secret()) == 43
