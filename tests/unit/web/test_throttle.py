"""How long who is often wrong has to wait, and who does not wait for another's mistakes."""

import pytest

from broadcaster.web import throttle
from broadcaster.web.throttle import LONGEST_IN, Throttle
from tests.clocks import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def waits(clock: HandClock) -> Throttle:
    return Throttle(clock)


def _wrong(waits: Throttle, clock: HandClock, times: int, name: str = "anna", peer: str = "192.0.2.1") -> list[float]:
    """Wrong passwords, each as soon as it may be; how long each had to wait."""
    waited = []
    for _ in range(times):
        waited.append(waits.wait_in(name, peer))
        clock.advance(waited[-1])
        waits.begin(name, peer)
    return waited


def test_the_first_mistakes_are_free_and_then_the_wait_doubles_to_its_end(waits: Throttle, clock: HandClock) -> None:
    assert _wrong(waits, clock, 16) == [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_IN]
    assert waits.wait_in("anna", "192.0.2.1") == LONGEST_IN


def test_the_right_password_begins_anew(waits: Throttle, clock: HandClock) -> None:
    _wrong(waits, clock, 10)
    waits.forgive("anna", "192.0.2.1")
    assert _wrong(waits, clock, 6) == [0] * 6


def test_an_address_that_tries_many_names_waits(waits: Throttle, clock: HandClock) -> None:
    waited = [_wrong(waits, clock, 1, f"name {n}")[0] for n in range(24)]
    assert waited == [0] * 21 + [1, 2, 4]
    assert waits.wait_in("anna", "192.0.2.2") == 0


def test_one_right_password_does_not_wash_an_address_clean(waits: Throttle, clock: HandClock) -> None:
    _wrong_names = [_wrong(waits, clock, 1, f"name {n}") for n in range(24)]
    waits.begin("own", "192.0.2.1")
    waits.forgive("own", "192.0.2.1")
    assert waits.wait_in("another", "192.0.2.1") > 0


def test_a_name_that_others_guess_at_is_open_to_who_signed_in_from_there(waits: Throttle, clock: HandClock) -> None:
    waits.begin("anna", "192.0.2.1")
    waits.forgive("anna", "192.0.2.1")
    for n in range(12):
        _wrong(waits, clock, 1, "anna", f"198.51.100.{n}")
    assert waits.wait_in("anna", "203.0.113.1") > 0
    assert waits.wait_in("anna", "192.0.2.1") == 0
    assert _wrong(waits, clock, 7)[-1] > 0  # but her own mistakes count


def test_a_whole_network_of_ipv6_is_one_address(waits: Throttle, clock: HandClock) -> None:
    for n in range(22):
        _wrong(waits, clock, 1, f"name {n}", f"2001:db8:1:2::{n:x}")
    assert waits.wait_in("anna", "2001:db8:1:2:ffff::1") > 0
    assert waits.wait_in("anna", "2001:db8:1:3::1") == 0


def test_a_mistake_is_forgotten_in_an_hour(waits: Throttle, clock: HandClock) -> None:
    _wrong(waits, clock, 12)
    clock.advance(3600)
    assert _wrong(waits, clock, 6) == [0] * 6


def test_it_holds_no_more_than_it_may_and_no_name(waits: Throttle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST", 50)
    for n in range(200):
        waits.begin(f"name {n}", f"192.0.2.{n}")
        waits.forgive(f"name {n}", f"192.0.2.{n}")
    assert max(len(waits._tries), len(waits._signed_in)) <= 50
    assert "name" not in str([mark for _, mark in waits._signed_in])
