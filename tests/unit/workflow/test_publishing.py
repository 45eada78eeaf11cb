"""Letting an approved alert go, at once or at its instant; and keeping boards in step."""

import base64
import dataclasses
import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from broadcaster.boards import publisher
from broadcaster.boards.heads import head_in
from broadcaster.model.alert import Stage
from broadcaster.model.board import Mode
from broadcaster.store import alerts, boards, journal, schedules
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, drafting, publishing
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA
from tests.mint import make_signer

AT = NOON + timedelta(hours=1)
GRACE = timedelta(seconds=600)
NORTH, SOUTH = "wijkhuis-noord", "wijkhuis-zuid"


def planned(conn: Connection, house: House, at: datetime = AT) -> AlertRow:
    return lives.approved(conn, house, release_at=at.isoformat())


def numbers(conn: Connection) -> dict[tuple[str, str], int]:
    return {(point, mode): seq for point, mode, seq in conn.execute(text("SELECT point_id, mode, seq FROM board"))}


def kinds(conn: Connection, alert: AlertRow) -> list[str]:
    return [line["kind"] for line in journal.lines(conn) if line["object"] == alert.id]


# --- releasing -------------------------------------------------------------------------------------


def test_without_an_instant_it_goes_with_the_approval(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    assert schedules.released(conn, alert.id)
    assert schedules.state(conn, alert.id) is None
    assert kinds(conn, alert) == ["AlertSubmitted", "AlertApproved", "AlertReleased"]


def test_a_planned_alert_waits_for_its_instant_and_goes_once(conn: Connection, house: House) -> None:
    alert = planned(conn, house)
    assert not schedules.released(conn, alert.id)
    assert publishing.release_due(conn, house, AT - timedelta(milliseconds=1)) == []
    assert publishing.release_due(conn, house, AT) == [alert.id]
    assert publishing.release_due(conn, house, AT) == []
    assert schedules.state(conn, alert.id) == "released"
    assert kinds(conn, alert).count("AlertReleased") == 1


def test_an_instant_that_passed_before_the_approval_goes_at_once(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, release_at=AT.isoformat())
    lives.agreed(conn, house, alert, now=AT + timedelta(minutes=30))
    assert schedules.released(conn, alert.id)


@pytest.mark.parametrize(
    ("late", "held"), [(timedelta(0), False), (GRACE, False), (GRACE + timedelta(seconds=1), True)]
)
def test_what_is_late_beyond_its_grace_is_held_for_an_officer(
    conn: Connection, house: House, late: timedelta, held: bool
) -> None:
    alert = planned(conn, house)
    released = publishing.release_due(conn, house, AT + late)
    assert (released == []) == held
    assert schedules.state(conn, alert.id) == ("held" if held else "released")
    assert schedules.released(conn, alert.id) != held
    assert ("ReleaseHeld" in kinds(conn, alert)) == held


def test_a_held_release_goes_on_an_approvers_word_and_only_once(conn: Connection, house: House) -> None:
    alert = planned(conn, house)
    publishing.release_due(conn, house, AT + timedelta(hours=1))
    approving.release_held(conn, house, ANNA, alert.id, AT + timedelta(hours=1))
    assert schedules.released(conn, alert.id)
    with pytest.raises(Refused) as refused:
        approving.release_held(conn, house, BERT, alert.id, AT + timedelta(hours=1))
    assert refused.value.why is Why.CONFLICT


def test_what_was_never_held_is_not_let_go(conn: Connection, house: House) -> None:
    for alert in (planned(conn, house), lives.approved(conn, house), lives.submitted(conn, house)):
        with pytest.raises(Refused):
            approving.release_held(conn, house, CARA, alert.id, NOON)


def test_a_halted_or_expired_alert_is_dropped_at_its_instant(conn: Connection, house: House) -> None:
    halted, expired = planned(conn, house), planned(conn, house)
    conn.execute(text("UPDATE alert SET halted_at = 1 WHERE id = :a"), {"a": halted.id})
    conn.execute(text("UPDATE alert SET stage = 'expired' WHERE id = :a"), {"a": expired.id})
    assert publishing.release_due(conn, house, AT) == []
    assert {schedules.state(conn, alert.id) for alert in (halted, expired)} == {"dropped"}
    assert not lives.is_released(conn, halted)


def test_several_go_in_the_order_of_their_instants(conn: Connection, house: House) -> None:
    several = [planned(conn, house, AT + timedelta(minutes=minutes)) for minutes in (3, 1, 2)]
    released = publishing.release_due(conn, house, AT + timedelta(minutes=3))
    assert released == [several[1].id, several[2].id, several[0].id]


# --- boards ----------------------------------------------------------------------------------------


def test_the_boards_of_its_areas_get_their_next_number_with_the_release(conn: Connection, house: House) -> None:
    lives.approved(conn, house)
    assert numbers(conn) == {(NORTH, "live"): 1}
    lives.approved(conn, house, areas=["noord", "zuid"])
    assert numbers(conn) == {(NORTH, "live"): 2, (SOUTH, "live"): 1}


def test_without_displays_among_its_channels_no_board_changes(conn: Connection, house: House) -> None:
    lives.approved(conn, house, channels=["sms"])
    assert numbers(conn) == {}


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_an_exercise_changes_only_exercise_boards(conn: Connection, house: House, status: str) -> None:
    lives.approved(conn, house, status=status)
    assert {mode for _, mode in numbers(conn)} == {Mode.EXERCISE.value}


def test_a_planned_alert_changes_no_board_before_its_instant(conn: Connection, house: House) -> None:
    planned(conn, house)
    assert numbers(conn) == {}
    publishing.release_due(conn, house, AT)
    assert numbers(conn) == {(NORTH, "live"): 1}


def test_what_a_refused_approval_allocated_is_undone(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    undone = conn.begin_nested()
    lives.agreed(conn, house, alert)
    undone.rollback()
    assert numbers(conn) == {}
    assert boards.unsigned(conn) == []


# --- expiring --------------------------------------------------------------------------------------


def spoken(conn: Connection, house: House) -> dict[str, list[set[str]]]:
    """The languages of each notice on each live board, as signed."""
    signer = make_signer(Mode.LIVE, not_after=NOON + timedelta(days=400))
    boards.keep_key(conn, signer.kid, Mode.LIVE, signer.epoch, signer.certificates[0], NOON)
    made = publisher.sign_changed(conn, house, {Mode.LIVE: signer}, NOON)
    payloads = {board.point_id: json.loads(base64.urlsafe_b64decode(board.jws.split(".")[1] + "==")) for board in made}
    return {point: [set(notice["languages"]) for notice in payload["notices"]] for point, payload in payloads.items()}


def test_a_board_carries_the_head_of_the_journal(conn: Connection, house: House) -> None:
    signer = make_signer(Mode.LIVE, not_after=NOON + timedelta(days=400))
    boards.keep_key(conn, signer.kid, Mode.LIVE, signer.epoch, signer.certificates[0], NOON)
    lives.approved(conn, house)
    [board] = publisher.sign_changed(conn, house, {Mode.LIVE: signer}, NOON)
    assert head_in(board.jws, [signer]) == journal.head(conn).hash


def test_a_board_speaks_the_languages_of_its_point(conn: Connection, house: House) -> None:
    fields = {"place": "Noord", "since": "13:40", "mobile": "works", "phone": "14 030"}
    lives.approved(conn, house, areas=["noord", "zuid"], scenario="power-outage", fields=fields, infos=None)
    assert spoken(conn, house) == {NORTH: [{"nl", "en"}], SOUTH: [{"nl"}]}


def test_a_notice_in_none_of_the_languages_of_a_point_is_shown_in_all_it_has(conn: Connection, house: House) -> None:
    south = house.settings.points[1].model_copy(update={"languages": ["ar"]})
    settings = dataclasses.replace(house.settings, points=(south,))
    other = dataclasses.replace(house, settings=settings)
    lives.approved(conn, other, areas=["zuid"])
    assert spoken(conn, other) == {SOUTH: [{"nl", "en"}]}


def test_at_its_expiry_an_alert_leaves_the_boards_once(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    assert publishing.expire(conn, house, alert.expires_at - timedelta(milliseconds=1)) == []
    assert publishing.expire(conn, house, alert.expires_at) == [alert.id]
    assert publishing.expire(conn, house, alert.expires_at + timedelta(days=1)) == []
    assert numbers(conn) == {(NORTH, "live"): 2}
    assert alerts.get(conn, alert.id).stage is Stage.EXPIRED  # type: ignore[union-attr]


def test_what_was_never_released_leaves_no_board(conn: Connection, house: House) -> None:
    submitted, waiting = lives.submitted(conn, house), planned(conn, house)
    assert set(publishing.expire(conn, house, submitted.expires_at)) == {submitted.id, waiting.id}
    assert numbers(conn) == {}


def test_the_draft_of_a_submitted_alert_that_expires_can_be_edited_again(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    later = alert.expires_at + timedelta(minutes=1)
    publishing.expire(conn, house, later)
    assert drafting.read(conn, alert.draft_id).stage is Stage.DRAFT
    fresh = {
        "expires": (later + timedelta(hours=1)).isoformat(),
        "next_update": (later + timedelta(minutes=30)).isoformat(),
    }
    drafting.revise(conn, house, ANNA, alert.draft_id, 1, fresh, later)
    assert lives.offered(conn, house, alert.draft_id, now=later).alert.stage is Stage.SUBMITTED
