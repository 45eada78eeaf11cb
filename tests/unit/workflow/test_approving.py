"""The second person: who may, what exactly, and in which order a request is refused."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.alert import Stage
from broadcaster.model.people import Caller, Role
from broadcaster.store import alerts, drafts, journal, schedules
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA, DIRK, EVA, MACHINE, TEXTS

ONE_LANGUAGE: dict[str, Any] = {"infos": {"nl": TEXTS}}
BEYOND: dict[str, Any] = {"audience": {"areas": ["noord"], "groups": ["bewoners"], "expected": 1000}}


def approve(conn: Connection, house: House, caller: Caller, alert: AlertRow, **other: Any) -> AlertRow:
    given = {"digest": alert.digest, "accepts": [], "expected": None, "now": NOON} | other
    return approving.approve(
        conn,
        house,
        caller,
        other.get("alert_id", alert.id),
        given["digest"],
        given["accepts"],
        given["expected"],
        given["now"],
    )


def refusal(conn: Connection, house: House, caller: Caller, alert: AlertRow, **other: Any) -> Refused:
    undone = conn.begin_nested()
    with pytest.raises(Refused) as refused:
        approve(conn, house, caller, alert, **other)
    undone.rollback()
    assert conn.scalar(text("SELECT count(*) FROM approval WHERE alert_id = :a"), {"a": alert.id}) == 0
    return refused.value


# --- who -------------------------------------------------------------------------------------------


def test_another_approver_lets_it_go(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    after = approve(conn, house, BERT, alert)
    assert after.stage is Stage.APPROVED
    assert schedules.released(conn, alert.id)
    assert conn.scalar(text("SELECT stage FROM draft WHERE id = :d"), {"d": alert.draft_id}) == "approved"
    kept = conn.execute(
        text("SELECT approver_id, digest, kind, lane FROM approval WHERE alert_id = :a"), {"a": alert.id}
    ).one()
    assert tuple(kept) == ("bert", alert.digest, "second-person", "live")


def test_an_approver_may_not_have_touched_the_text(conn: Connection, house: House) -> None:
    row = lives.drafted(conn, house, ANNA)
    drafting.revise(conn, house, BERT, row.id, 1, {"event": "Gaslek"}, NOON)
    drafting.revise(conn, house, ANNA, row.id, 2, {"event": "Stroomuitval"}, NOON)
    alert = lives.offered(conn, house, row.id, CARA).alert
    for contributor in (ANNA, BERT, CARA):
        assert refusal(conn, house, contributor, alert).why is Why.FORBIDDEN


def test_whoever_edited_an_earlier_round_may_not_approve_a_later_one(conn: Connection, house: House) -> None:
    first = lives.submitted(conn, house)
    approving.send_back(conn, CARA, first.id, "korter", NOON)
    drafting.revise(conn, house, BERT, first.draft_id, 1, {"event": "Gaslek"}, NOON)
    second = lives.offered(conn, house, first.draft_id, ANNA).alert
    assert refusal(conn, house, BERT, second).why is Why.FORBIDDEN
    assert approve(conn, house, CARA, second).stage is Stage.APPROVED


@pytest.mark.parametrize(
    "caller",
    [DIRK, EVA, MACHINE, Caller("display", point_id="p"), Caller("t", frozenset({Role.AUTHOR}), "cara", "cara")],
)
def test_only_approvers_approve(conn: Connection, house: House, caller: Caller) -> None:
    assert refusal(conn, house, caller, lives.submitted(conn, house)).why is Why.FORBIDDEN


@pytest.mark.parametrize("person", ["dirk", "eva", "fred", "anna", "nobody"])
def test_a_forged_role_does_not_get_past_the_database(conn: Connection, house: House, person: str) -> None:
    forged = Caller("t", lives.BOTH, person, person)
    assert refusal(conn, house, forged, lives.submitted(conn, house)).why is Why.FORBIDDEN


# --- what ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", ["", "0" * 64, "x"])
def test_only_the_digest_that_stands_there_is_approved(conn: Connection, house: House, digest: str) -> None:
    alert = lives.submitted(conn, house)
    refused = refusal(conn, house, BERT, alert, digest=digest)
    assert refused.why is Why.CONFLICT
    assert [fault.field for fault in refused.faults] == ["digest"]


def test_the_digest_of_an_earlier_round_is_not_the_digest(conn: Connection, house: House) -> None:
    first = lives.submitted(conn, house)
    approving.send_back(conn, BERT, first.id, "korter", NOON)
    second = lives.offered(conn, house, first.draft_id).alert
    assert second.digest != first.digest
    assert refusal(conn, house, BERT, first).why is Why.CONFLICT
    assert refusal(conn, house, BERT, second, digest=first.digest).why is Why.CONFLICT


@pytest.mark.parametrize("alert_id", ["", "x", "0" * 26, "é" * 26])
def test_an_alert_that_is_not_there_is_not_found(conn: Connection, house: House, alert_id: str) -> None:
    with pytest.raises(Refused) as refused:
        approving.approve(conn, house, BERT, alert_id, "d", [], None, NOON)
    assert refused.value.why is Why.NOT_FOUND


def test_it_is_approved_once(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    with pytest.raises(Refused) as refused:
        approve(conn, house, CARA, alert)
    assert refused.value.why is Why.CONFLICT


def test_what_is_past_its_expiry_is_not_approved(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    assert refusal(conn, house, BERT, alert, now=alert.expires_at).why is Why.CONFLICT
    assert approve(conn, house, BERT, alert, now=alert.expires_at - timedelta(milliseconds=1)).stage is Stage.APPROVED


# --- findings --------------------------------------------------------------------------------------


def test_each_finding_is_accepted_by_its_own_name(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **ONE_LANGUAGE)
    assert [fault.rule for fault in refusal(conn, house, BERT, alert).faults] == ["language-missing:en"]
    assert refusal(conn, house, BERT, alert, accepts=["language-missing"]).why is Why.INVALID
    approve(conn, house, BERT, alert, accepts=["language-missing:en"])
    [*_, line] = [line for line in journal.lines(conn) if line["kind"] == "AlertApproved"]
    assert line["data"] == {"digest": alert.digest, "accepts": ["language-missing:en"]}


@pytest.mark.parametrize("accepts", [["audience-unexpected"], ["slot-missing"], [""], ["language-missing:nl"]])
def test_what_was_not_found_cannot_be_accepted(conn: Connection, house: House, accepts: list[str]) -> None:
    refused = refusal(conn, house, BERT, lives.submitted(conn, house), accepts=accepts)
    assert (refused.why, [fault.rule for fault in refused.faults]) == (Why.INVALID, ["unknown"])


@pytest.mark.parametrize("typed", [None, 0, 3, 5, 1000, -4])
def test_an_audience_beyond_what_was_expected_needs_its_number_typed(
    conn: Connection, house: House, typed: int | None
) -> None:
    """Los Angeles, January 2025: ten million people instead of a district."""
    alert = lives.submitted(conn, house, **BEYOND)
    refused = refusal(conn, house, BERT, alert, accepts=["audience-unexpected"], expected=typed)
    assert [(fault.field, fault.rule) for fault in refused.faults] == [("expected", "audience-size")]
    assert approve(conn, house, BERT, alert, accepts=["audience-unexpected"], expected=4).stage is Stage.APPROVED


def test_every_finding_that_is_missing_is_named_at_once(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **ONE_LANGUAGE, **BEYOND)
    refused = refusal(conn, house, BERT, alert, accepts=["nonsense"], expected=3)
    assert {fault.rule for fault in refused.faults} == {
        "audience-unexpected",
        "language-missing:en",
        "unknown",
        "audience-size",
    }


# --- the order -------------------------------------------------------------------------------------


def test_a_request_is_refused_for_who_asks_before_what_and_for_what_before_findings(
    conn: Connection, house: House
) -> None:
    alert = lives.submitted(conn, house, **ONE_LANGUAGE)
    wrong: dict[str, Any] = {"digest": "other", "accepts": ["nonsense"]}
    assert refusal(conn, house, ANNA, alert, **wrong).why is Why.FORBIDDEN
    assert refusal(conn, house, DIRK, alert, **wrong).why is Why.FORBIDDEN
    assert refusal(conn, house, BERT, alert, **wrong).why is Why.CONFLICT
    assert refusal(conn, house, BERT, alert, accepts=["nonsense"]).why is Why.INVALID


# --- sending back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [ANNA, BERT])
def test_a_submitted_alert_goes_back_with_the_reason_and_can_be_submitted_again(
    conn: Connection, house: House, caller: Caller
) -> None:
    alert = lives.submitted(conn, house)
    assert approving.send_back(conn, caller, alert.id, "te lang", NOON).stage is Stage.RETURNED
    assert drafting.read(conn, alert.draft_id).stage is Stage.DRAFT
    [*_, line] = journal.lines(conn)
    assert (line["kind"], line["data"]) == ("AlertReturned", {"reason": "te lang"})
    again = lives.offered(conn, house, alert.draft_id).alert
    assert again.number == alert.number + 1


@pytest.mark.parametrize("caller", [DIRK, EVA, MACHINE])
def test_only_officers_send_back_or_halt(conn: Connection, house: House, caller: Caller) -> None:
    submitted, approved = lives.submitted(conn, house), lives.approved(conn, house)
    for attempt in (
        lambda: approving.send_back(conn, caller, submitted.id, "x", NOON),
        lambda: approving.halt(conn, caller, approved.id, NOON),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.why is Why.FORBIDDEN


def test_what_is_approved_does_not_go_back(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    with pytest.raises(Refused) as refused:
        approving.send_back(conn, CARA, alert.id, "x", NOON)
    assert refused.value.why is Why.CONFLICT


# --- the stop button -------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [ANNA, BERT, CARA])
def test_any_officer_stops_it_and_a_second_time_changes_nothing(conn: Connection, house: House, caller: Caller) -> None:
    alert = lives.approved(conn, house)
    assert approving.halt(conn, caller, alert.id, NOON).halted_at == NOON
    before = journal.head(conn)
    assert approving.halt(conn, CARA, alert.id, NOON + timedelta(hours=1)).halted_at == NOON
    assert journal.head(conn) == before


def test_there_is_nothing_to_stop_before_the_approval(conn: Connection, house: House) -> None:
    with pytest.raises(Refused) as refused:
        approving.halt(conn, BERT, lives.submitted(conn, house).id, NOON)
    assert refused.value.why is Why.CONFLICT


def test_a_planned_release_that_is_stopped_never_goes(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house, release_at=(NOON + timedelta(hours=1)).isoformat())
    assert schedules.state(conn, alert.id) == "waiting"
    approving.halt(conn, BERT, alert.id, NOON)
    assert schedules.state(conn, alert.id) == "dropped"
    assert not lives.is_released(conn, alert)


def test_alerts_are_listed_newest_first_and_by_stage(conn: Connection, house: House) -> None:
    several = [lives.submitted(conn, house, now=NOON + timedelta(seconds=i)) for i in range(3)]
    approve(conn, house, BERT, several[1])
    assert [row.id for row in alerts.listed(conn, None, 10)] == [alert.id for alert in reversed(several)]
    assert [row.id for row in alerts.listed(conn, several[2].id, 1)] == [several[1].id]
    assert [row.id for row in alerts.listed(conn, None, 10, Stage.APPROVED)] == [several[1].id]
    assert drafts.get(conn, several[1].draft_id) is not None
