"""The PIN on the card of a support point, and what it costs to guess it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadcaster.relay.host.pin import SESSION_IN, Pin, is_pin, new_pin
from broadcaster.relay.host.waits import Waits
from tests.clocks import HandClock

NOW = datetime(2026, 11, 24, 2, 20, tzinfo=UTC)
PIN = "407193"
TELEPHONE, VISITOR, HERE = "192.0.2.7", "192.0.2.8", "127.0.0.1"


@pytest.fixture
def pin(tmp_path: Path) -> Pin:
    found = Pin(tmp_path / "pin.json")
    found.set(PIN)
    return found


def _wrong(waits: Waits, clock: HandClock, times: int, peer: str = VISITOR) -> list[float]:
    """Wrong PINs, each as soon as it may be; how long each had to wait."""
    waited = []
    for _ in range(times):
        waited.append(waits.wait_in(peer))
        clock.advance(waited[-1])
        waits.begin(peer)
    return waited


@pytest.mark.parametrize("easy", ["111111", "123456", "654321", "12345", "1234567", "12345a", "١٢٣٤٩٥", ""])
def test_a_pin_is_six_digits_that_nobody_tries_first(easy: str, pin: Pin) -> None:
    assert not is_pin(easy)
    with pytest.raises(ValueError, match="six digits"):
        pin.set(easy)
    assert pin.matches(PIN)


def test_a_new_pin_is_one(pin: Pin) -> None:
    assert all(is_pin(new_pin()) for _ in range(50))


def test_the_pin_is_nowhere_in_its_file(pin: Pin, tmp_path: Path) -> None:
    assert PIN not in (tmp_path / "pin.json").read_text()
    assert pin.matches(PIN)
    assert not pin.matches("407194")


def test_a_pin_that_is_made_anew_counts_at_once_and_ends_every_session(pin: Pin, tmp_path: Path) -> None:
    session = pin.new_session(NOW)
    assert pin.admits(session, NOW)
    Pin(tmp_path / "pin.json").set("860245")
    assert not pin.admits(session, NOW)
    assert pin.matches("860245")
    assert not pin.matches(PIN)


def test_a_session_lasts_two_weeks_and_no_clock_that_fell_back_ends_it(pin: Pin) -> None:
    session = pin.new_session(NOW)
    assert pin.admits(session, NOW + SESSION_IN - timedelta(seconds=1))
    assert not pin.admits(session, NOW + SESSION_IN)
    assert pin.admits(session, datetime(1970, 1, 1, tzinfo=UTC))


def test_nobody_makes_up_a_session_or_makes_one_younger(pin: Pin) -> None:
    made, rest = pin.new_session(NOW).split(".", 1)
    for forged in ("", ".", "..", f"{int(made) + 1}.{rest}", f"{made}.x.{'0' * 64}", "é.é.é"):
        assert not pin.admits(forged, NOW)


def test_without_a_pin_or_with_a_damaged_file_nobody_comes_in(tmp_path: Path) -> None:
    pin = Pin(tmp_path / "pin.json")
    assert not pin.is_set()
    assert not pin.matches(PIN)
    (tmp_path / "pin.json").write_text('{"pin": 3')
    assert not pin.matches(PIN)
    assert not pin.admits("1.a.b", NOW)


def test_wrong_pins_wait_ever_longer_and_never_longer_than_a_minute() -> None:
    clock = HandClock()
    waited = _wrong(Waits(clock), clock, 16)
    assert waited[:5] == [0.0] * 5
    assert waited[5:9] == [0.0, 1.0, 2.0, 4.0]
    assert waited == sorted(waited)
    assert waited[-1] == 60.0


def test_who_sits_at_the_box_does_not_wait_for_a_visitor_who_guesses() -> None:
    clock = HandClock()
    waits = Waits(clock)
    _wrong(waits, clock, 60)
    assert waits.wait_in(VISITOR) == 60.0
    assert waits.wait_in(HERE) == 0.0


def test_the_volunteer_at_another_telephone_waits_ten_seconds_at_most_for_a_visitor_who_guesses() -> None:
    clock = HandClock()
    waits = Waits(clock)
    for n in range(200):  # from many addresses, each as soon as it may be
        _wrong(waits, clock, 1, f"192.0.2.{n}")
    assert 0.0 < waits.wait_in(TELEPHONE) <= 10.0


def test_guessing_from_many_addresses_at_once_takes_a_hundred_days() -> None:
    clock = HandClock()
    waits = Waits(clock)
    _wrong(waits, clock, 100)
    began = clock.monotonic()
    for n in range(100):
        _wrong(waits, clock, 1, f"198.51.100.{n}")
    assert (clock.monotonic() - began) / 100 * 10**6 > 100 * 86400


def test_a_right_pin_begins_anew() -> None:
    clock = HandClock()
    waits = Waits(clock)
    _wrong(waits, clock, 8, TELEPHONE)
    waits.forgive(TELEPHONE)
    assert waits.wait_in(TELEPHONE) == 0.0
