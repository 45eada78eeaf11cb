"""What a relay says of the time: nothing that is not proven."""

from datetime import UTC, datetime, timedelta

import pytest

from broadcaster.boards.heartbeat import Heart
from broadcaster.boards.signing import key_set
from broadcaster.model.board import Mode
from broadcaster.relay.clock import RelayClock
from tests.integration.relay.conftest import Clock, away

EPOCH, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2038, 1, 19, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [EPOCH, END], ids=["1970", "2038"])
async def test_a_box_without_a_clock_takes_boards_serves_them_and_says_no_time(box, hub, mint, wrong):
    hub.put(mint.token(10), 10)
    async with box.running(Clock(wrong, battery=False, in_step=lambda: False)) as relay:
        board = await relay.holds(10)
        status_code, headers, _ = await relay.get("/v1/boards/noord")
        assert (status_code, "Date" in headers) == (200, False)
        assert board.etag == headers["ETag"]
        clock = relay.parts.clock
        assert not clock.is_known
        hub.put(mint.token(11), 11)
        await relay.holds(11)
        issued_at = relay.parts.shelf.ratchets["noord", Mode.LIVE].held.payload.issued_at
        assert issued_at <= clock.now() < issued_at + timedelta(minutes=1)


async def test_a_box_whose_clock_is_proven_says_the_time(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        await relay.holds(10)
        assert "Date" in (await relay.get("/v1/boards/noord"))[1]


async def test_the_hubs_word_is_passed_on_and_is_a_floor_after_a_cut(box, hub, mint):
    hub.put(mint.token(10), 10)
    at = mint.now + timedelta(hours=30)
    hub.heart.beat(at, None)
    async with box.running() as relay:
        await relay.holds(10)
        await relay.until(lambda: relay.parts.shelf.beat(("noord", Mode.LIVE)) is not None)
        assert (await relay.get("/v1/heartbeats/noord"))[2] == hub.heart.of("noord", Mode.LIVE)
        assert relay.parts.lines.standing().up
    hub.answer = away
    async with box.running(Clock(EPOCH, battery=False, in_step=lambda: False)) as relay:
        assert not relay.parts.clock.is_known
        assert relay.parts.clock.now() >= at
        assert not relay.parts.lines.standing().up


async def test_the_keys_of_exercises_set_nobodys_clock(box, hub, mint):
    far = mint.now + timedelta(days=300)
    hub.put(mint.token(10, signer=mint.exercise, issued_at=far), 10, Mode.EXERCISE)
    async with box.running(Clock(EPOCH, battery=False, in_step=lambda: False)) as relay:
        await relay.holds(10, mode=Mode.EXERCISE)
        assert relay.parts.clock.now() < mint.now + timedelta(days=1)


async def test_a_board_dated_far_ahead_by_a_stolen_key_stops_counting_when_its_successor_comes(box, hub, mint):
    hub.put(mint.token(10, issued_at=mint.now + timedelta(days=300)), 10)
    async with box.running(Clock(mint.now, battery=False, in_step=lambda: False)) as relay:
        await relay.holds(10)
        assert relay.parts.clock.now() > mint.now + timedelta(days=299)
        successor = mint.next_epoch()
        hub.keys = key_set([successor, mint.exercise])
        hub.put(mint.token(3, signer=successor), 3)
        await relay.holds(3)
        assert relay.parts.clock.now() < mint.now + timedelta(days=1)


async def test_a_word_that_another_key_signed_or_that_is_older_is_not_passed_on(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        await relay.holds(10)
        shelf, keys = relay.parts.shelf, hub.keys
        forged = Heart(lambda _mode: mint.signer("live"), hub.boards)
        forged.beat(mint.now, None)
        assert shelf.offer_beat(forged.of("noord", Mode.LIVE), keys).reason.value == "unknown-key"
        assert shelf.offer_beat(mint.token(11), keys).reason.value == "bad-signature"  # a board is no heartbeat
        hub.heart.beat(mint.now, None)
        older = hub.heart.of("noord", Mode.LIVE)
        hub.heart.beat(mint.now + timedelta(seconds=60), None)
        newer = hub.heart.of("noord", Mode.LIVE)
        assert shelf.offer_beat(newer, keys).seq == 10
        assert shelf.offer_beat(older, keys).reason.value == "older"
        assert shelf.beat(("noord", Mode.LIVE)) == newer


def test_a_clock_in_step_that_lies_before_what_was_signed_is_not_believed():
    signed = datetime(2026, 3, 1, tzinfo=UTC)
    clock = RelayClock(wall=lambda: EPOCH, ticks=lambda: 5.0, in_step=lambda: True)
    assert clock.is_known  # nothing says otherwise yet
    clock.at_least("noord", signed)
    clock.look()
    assert (clock.is_known, clock.now()) == (False, signed)


def test_only_a_hub_over_tls_whose_word_is_of_this_minute_proves_the_time(mint, box):
    clock = RelayClock(wall=lambda: EPOCH, ticks=lambda: 5.0, in_step=lambda: False)
    lines = box.parts(clock).lines
    now = mint.now
    for url, at, date in (
        ("http://hub.example", now, now),
        ("https://hub.example", now, None),
        ("https://hub.example", now, now + timedelta(hours=1)),  # a source that is itself cut off
        ("https://hub.example", now, now - timedelta(hours=1)),
    ):
        lines.heard(url, at, date)
        assert not clock.is_known
    lines.heard("https://hub.example", now, now + timedelta(seconds=50))
    assert (clock.is_known, clock.now()) == (True, now + timedelta(seconds=50))
