"""How a screen stands against the board that its point ought to have; and which rumour stands out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broadcaster.boards.lookout import Current, Trouble, judged, tallied
from broadcaster.model.board import Mode
from broadcaster.model.device import Device, DeviceKind
from broadcaster.model.report import Showing
from broadcaster.store.reports import ReportRow
from broadcaster.store.sightings import Said, Sighting

NOW = datetime(2026, 1, 24, 14, 5, tzinfo=UTC)
SILENT_IN = timedelta(seconds=150)
DIGEST = "ab" * 32
NEW = Current(7, NOW - timedelta(seconds=10), f'"{DIGEST[:32]}"')
CURRENT = Current(7, NOW - timedelta(hours=1), f'"{DIGEST[:32]}"')


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def sighting(seen: float | None = None, seq: int | None = None, said: tuple[float, Any] | None = None) -> Sighting:
    """seen, and the first of said: how many seconds ago."""
    told = None if said is None else Said(ago(said[0]), Showing(**said[1]))
    return Sighting("t", "p", Mode.LIVE, None if seen is None else ago(seen), seq, told, None)


GOOD = {"seq": 7, "digest": DIGEST, "screen": (3,)}
CASES: list[tuple[str, Sighting, Current | None, Trouble | None]] = [
    ("fetches the current board", sighting(20, 7), CURRENT, None),
    ("fetches, and says what it shows", sighting(20, 7, (40, GOOD)), CURRENT, None),
    ("was not heard for long", sighting(151, 7), CURRENT, Trouble.SILENT),
    ("said nothing for long either", sighting(151, 7, (151, GOOD)), CURRENT, Trouble.SILENT),
    ("is known by its word alone", sighting(said=(40, GOOD)), CURRENT, None),
    ("froze, and goes on fetching", sighting(1, 7, (151, GOOD)), CURRENT, Trouble.FROZEN),
    ("fetches with an old board for long", sighting(1, 6), CURRENT, Trouble.BEHIND),
    ("fetches with an old board, and the new one is of now", sighting(1, 6), NEW, None),
    ("starts, with no board yet", sighting(1, None), CURRENT, None),
    ("shows an old number", sighting(1, 7, (1, GOOD | {"seq": 6})), CURRENT, Trouble.BEHIND),
    ("shows another board of this number", sighting(1, 7, (1, GOOD | {"digest": "0" * 64})), CURRENT, Trouble.BEHIND),
    ("shows no board", sighting(1, 7, (1, {"screen": ()})), CURRENT, Trouble.BEHIND),
    ("shows an old number, and the new one is of now", sighting(1, 7, (1, GOOD | {"seq": 6})), NEW, None),
    ("hangs where there is no board", sighting(1, 7), None, None),
    ("was never heard", sighting(), CURRENT, None),
]  # fmt: skip


@pytest.mark.parametrize(("what", "item", "current", "trouble"), CASES, ids=[case[0] for case in CASES])
def test_a_screen_that(what: str, item: Sighting, current: Current | None, trouble: Trouble | None) -> None:
    assert judged(item, None, current, SILENT_IN, NOW).trouble is trouble, what


def test_a_relay_that_tells_only_what_changes_is_not_frozen() -> None:
    relay = Device("d", "t", "p", DeviceKind.RELAY, "kast", None, None, NOW, None)
    said = {"seq": 7, "screen": (3,)}
    assert judged(sighting(1, 7, (3600, said)), relay, CURRENT, SILENT_IN, NOW).trouble is None
    assert judged(sighting(1, 7, (1, {"screen": ()})), relay, CURRENT, SILENT_IN, NOW).trouble is Trouble.BEHIND


def test_a_frozen_page_is_found_within_three_minutes_of_its_last_word() -> None:
    item = sighting(0, 7, (180, GOOD))
    assert judged(item, None, CURRENT, SILENT_IN, NOW).trouble is Trouble.FROZEN


def _heard(point: str, subject: str, *, rumour: bool = True) -> ReportRow:
    content = {"heard": {"rumour": rumour, "subject": subject}}
    return ReportRow("r", "d", "g", "0", point, Mode.LIVE, "heard", NOW, True, NOW, content, None)


def test_a_rumour_stands_out_at_the_third_point_and_not_at_the_third_time() -> None:
    rows = [_heard("a", "water"), _heard("a", "water"), _heard("a", "water"), _heard("b", "water")]
    (tally,) = tallied(rows)
    assert (tally.loud, tally.points, len(tally.rows)) == (False, ("a", "b"), 4)
    assert tallied([*rows, _heard("c", "water")])[0].loud


def test_questions_are_counted_apart_and_never_stand_out() -> None:
    questions = [_heard(point, "water", rumour=False) for point in "abcd"]
    rumours = [_heard(point, "power") for point in "abc"]
    found = [(tally.rumour, tally.subject.value, tally.loud) for tally in tallied([*questions, *rumours])]
    assert found == [(True, "power", True), (False, "water", False)]
