"""Offering a draft: everything is rendered and frozen in one go, or nothing is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.alert import Stage
from broadcaster.model.approval import digest
from broadcaster.model.cap import Lane
from broadcaster.model.people import Caller
from broadcaster.render.limited import InlineRenderer
from broadcaster.store import alerts, approvals, journal
from broadcaster.workflow import drafting, submitting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from broadcaster.workflow.submitting import Outrun
from tests import lives
from tests.clocks import NOON, HandClock
from tests.lives import ANNA, BERT, DIRK, EVA, FRED, MACHINE, TEXTS


def prepared(conn: Connection, house: House, draft_id: str, caller: Caller = ANNA) -> tuple[Any, Any]:
    clock = HandClock(NOON + timedelta(microseconds=123456))
    return lives.done(submitting.prepare(lives.Inline(conn), house, InlineRenderer(), caller, draft_id, clock))


def refusal(conn: Connection, house: House, **changes: Any) -> Refused:
    row = lives.drafted(conn, house, **changes)
    undone = conn.begin_nested()
    with pytest.raises(Refused) as refused:
        lives.offered(conn, house, row.id)
    undone.rollback()
    assert drafting.read(conn, row.id).stage is Stage.DRAFT
    return refused.value


# --- what is frozen --------------------------------------------------------------------------------


def test_the_digest_covers_what_stands_in_the_database(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, channels=["sms", "email", "display"])
    stored = alerts.get(conn, alert.id)
    assert stored is not None
    assert stored == alert
    items = alerts.renditions(conn, alert.id)
    assert {(item.kind, item.language) for item in items} == {
        (k, la) for k in ("sms", "email", "display") for la in ("nl", "en")
    }
    assert stored.digest == digest(stored.as_digested(), items, stored.addressees)
    assert len(stored.digest) == 64


def test_a_notice_has_the_next_number_of_its_organisation(conn: Connection, house: House) -> None:
    assert [lives.submitted(conn, house).number for _ in range(3)] == [1, 2, 3]
    assert alerts.last_number(conn, lives.ORGANISATION) == 3


def test_a_refused_draft_uses_no_number(conn: Connection, house: House) -> None:
    refusal(conn, house, infos=None)
    refusal(conn, house, audience=None)
    assert lives.submitted(conn, house).number == 1


def test_the_instant_of_submit_is_a_whole_second(conn: Connection, house: House) -> None:
    """CAP 1.2, section 3.2.1: sent has no fractions."""
    row = lives.drafted(conn, house)
    _, composed = prepared(conn, house, row.id)
    assert composed.at == NOON


@pytest.mark.parametrize(("status", "lane"), [("Actual", Lane.LIVE), ("Exercise", Lane.DRILL), ("Test", Lane.DRILL)])
def test_the_lane_follows_from_the_status(conn: Connection, house: House, status: str, lane: Lane) -> None:
    alert = lives.submitted(conn, house, status=status)
    assert alert.lane is lane
    assert conn.scalar(text("SELECT lane FROM alert WHERE id = :a"), {"a": alert.id}) == lane.value


def test_submitting_is_in_the_journal_with_its_digest_and_counts(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    [*_, line] = journal.lines(conn)
    assert (line["kind"], line["actor"], line["object"]) == ("AlertSubmitted", "anna", alert.id)
    assert line["data"] == {"number": 1, "status": "Actual", "digest": alert.digest, "addressees": {"sms": 4}}


def test_an_author_sees_what_was_frozen(conn: Connection, house: House) -> None:
    seen = lives.offered(conn, house, lives.drafted(conn, house, channels=["sms", "email"]).id)
    assert seen.by_channel == {"sms": 4, "email": 2}
    assert sum(seen.by_language.values()) == 6
    assert {(item["channel"], item["language"]) for item in seen.renditions} == {
        (kind, language) for kind in ("sms", "email") for language in ("nl", "en")
    }


# --- what is refused -------------------------------------------------------------------------------


def test_every_blocking_finding_is_named_at_once(conn: Connection, house: House) -> None:
    short = {name: value for name, value in TEXTS.items() if name != "instruction"}
    refused = refusal(
        conn, house, event=None, areas=None, status="Exercise",
        infos={"nl": short | {"headline": "Dit is geen oefening"}},
        next_update=(NOON - timedelta(hours=1)).isoformat(),
    )  # fmt: skip
    assert refused.why is Why.INVALID
    assert {(fault.rule, fault.field) for fault in refused.faults} >= {
        ("slot-missing", "event"), ("slot-missing", "areas"), ("slot-missing", "infos.nl.instruction"),
        ("not-a-drill", "infos.nl.headline"), ("next-update-past", "next_update"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"expires": NOON.isoformat()}, "expired"),
        ({"as_of": (NOON + timedelta(hours=1)).isoformat()}, "as-of-future"),
        ({"audience": None}, "audience-empty"),
        ({"audience": {}}, "audience-empty"),
        ({"audience": {"areas": ["zuid"]}}, "audience-empty"),
        ({"release_at": NOON.isoformat()}, "release-past"),
        ({"release_at": (NOON + timedelta(hours=4)).isoformat()}, "release-after-expiry"),
        ({"channels": None}, "slot-missing"),
    ],
)
def test_a_draft_that_cannot_go_out_is_refused_by_name(
    conn: Connection, house: House, changes: dict[str, Any], rule: str
) -> None:
    assert rule in {fault.rule for fault in refusal(conn, house, **changes).faults}


def test_a_kind_without_a_working_account_blocks_what_is_real_and_no_exercise(conn: Connection, house: House) -> None:
    from dataclasses import replace

    off = replace(house, accounts={"email": "email.main"})
    row = lives.drafted(conn, off)
    with pytest.raises(Refused) as refused:
        prepared(conn, off, row.id)
    assert [fault.rule for fault in refused.value.faults] == ["channel-off"]
    assert lives.submitted(conn, off, status="Exercise").lane is Lane.DRILL


def test_a_notice_for_displays_alone_needs_no_audience(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, channels=["display"], audience=None)
    assert alert.addressees.count == 0


@pytest.mark.parametrize("caller", [DIRK, EVA, FRED, MACHINE])
def test_only_persons_who_are_authors_submit(conn: Connection, house: House, caller: Caller) -> None:
    row = lives.drafted(conn, house)
    with pytest.raises(Refused) as refused:
        prepared(conn, house, row.id, caller)
    assert refused.value.why is Why.FORBIDDEN


def test_a_draft_is_submitted_once(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    with pytest.raises(Refused) as refused:
        prepared(conn, house, alert.draft_id)
    assert refused.value.why is Why.CONFLICT


# --- outrun ----------------------------------------------------------------------------------------


def test_whoever_was_outrun_by_an_edit_writes_nothing(conn: Connection, house: House) -> None:
    row = lives.drafted(conn, house)
    material, composed = prepared(conn, house, row.id)
    drafting.revise(conn, house, BERT, row.id, 1, {"event": "Gaslek"}, NOON)
    with pytest.raises(Outrun), conn.begin_nested():
        submitting.freeze(conn, house, ANNA, material, composed, NOON)
    assert conn.scalar(text("SELECT count(*) FROM alert")) == 0
    assert drafting.read(conn, row.id).stage is Stage.DRAFT


def test_whoever_was_outrun_to_the_number_writes_nothing_and_may_start_over(conn: Connection, house: House) -> None:
    first, second = lives.drafted(conn, house), lives.drafted(conn, house)
    material, composed = prepared(conn, house, second.id)
    lives.offered(conn, house, first.id)
    with pytest.raises(Outrun), conn.begin_nested():
        submitting.freeze(conn, house, ANNA, material, composed, NOON)
    assert drafting.read(conn, second.id).stage is Stage.DRAFT
    assert lives.offered(conn, house, second.id).alert.number == 2


def test_whoever_was_outrun_by_another_submit_or_a_deletion_writes_nothing(conn: Connection, house: House) -> None:
    for outrun in (
        lambda draft_id: lives.offered(conn, house, draft_id),
        lambda draft_id: drafting.delete(conn, ANNA, draft_id, NOON),
    ):
        row = lives.drafted(conn, house)
        material, composed = prepared(conn, house, row.id)
        outrun(row.id)
        with pytest.raises(Outrun), conn.begin_nested():
            submitting.freeze(conn, house, ANNA, material, composed, NOON)


# --- findings to accept ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "asked"), [(None, False), (4, False), (5, False), (3, True), (6, True), (0, True), (1000, True)]
)
def test_an_audience_beyond_the_stated_size_must_be_accepted(
    conn: Connection, house: House, expected: int | None, asked: bool
) -> None:
    audience = {"areas": ["noord"], "groups": ["bewoners"], "expected": expected}
    alert = lives.submitted(conn, house, audience=audience)
    codes = [finding.code for finding in alerts.findings(conn, alert.id)]
    assert ("audience-unexpected" in codes) == asked


def test_a_draft_of_a_machine_is_submitted_by_a_person_who_then_counts_as_a_contributor(
    conn: Connection, house: House
) -> None:
    row = lives.drafted(conn, house, MACHINE)
    alert = lives.offered(conn, house, row.id, ANNA).alert
    assert approvals.contributors(conn, alert) == {"anna"}
