"""Once more to those still missing, and to nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.people import Caller, Role
from broadcaster.store import deliveries, facts, journal, queue
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, publishing, resending
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, DIRK, MACHINE

MISSING = ["failed", "uncertain"]


def failing(conn: Connection, house: House, **changes: Any) -> AlertRow:
    """An alert by SMS and mail of which nothing arrived."""
    alert = lives.expanded(conn, house, channels=["sms", "email"], **changes)
    conn.execute(
        text(
            "UPDATE delivery SET state = 'failed', due_at = NULL, reason = 'unreachable', account = 'sms.secondary'"
            " WHERE alert_id = :a"
        ),
        {"a": alert.id},
    )
    return alert


def put(conn: Connection, alert: AlertRow, change: str, where: str) -> None:
    conn.execute(text(f"UPDATE delivery SET {change} WHERE alert_id = :a AND {where}"), {"a": alert.id})


def resend(conn: Connection, house: House, alert: AlertRow, states: list[str], caller: Caller = ANNA) -> dict[str, int]:
    return resending.resend(conn, house, caller, alert.id, states, NOON)[1]


def refused(
    conn: Connection, house: House, alert: AlertRow, states: list[str], caller: Caller = ANNA, later: int = 0
) -> Refused:
    before = deliveries.counts(conn, alert.id)
    with pytest.raises(Refused) as caught:
        resending.resend(conn, house, caller, alert.id, states, NOON + timedelta(seconds=later))
    assert deliveries.counts(conn, alert.id) == before
    return caught.value


def test_what_failed_goes_again_at_the_first_account_of_its_kind(conn: Connection, house: House) -> None:
    alert = failing(conn, house)
    assert resend(conn, house, alert, ["failed"]) == {"email": 2, "sms": 4}
    assert deliveries.counts(conn, alert.id) == {"email": {"due": 2}, "sms": {"due": 4}}
    for account, count in (("sms.primary", 4), ("email.main", 2), ("sms.secondary", 0)):
        assert len(queue.claim(conn, Lane.LIVE, account, "me", 10, NOON)) == count


def test_an_exercise_goes_again_in_its_own_lane(conn: Connection, house: House) -> None:
    alert = failing(conn, house, status="Exercise")
    assert resend(conn, house, alert, ["failed"]) == {"email": 2, "sms": 4}
    assert len(queue.claim(conn, Lane.DRILL, "drill.sms", "me", 10, NOON)) == 4
    assert queue.claim(conn, Lane.LIVE, "sms.primary", "me", 10, NOON) == []


def test_only_the_states_asked_for_go_again(conn: Connection, house: House) -> None:
    alert = failing(conn, house)
    put(conn, alert, "state = 'uncertain', transmissions = 1", "kind = 'email'")
    assert resend(conn, house, alert, ["uncertain"]) == {"email": 2}
    assert resend(conn, house, alert, MISSING) == {"sms": 4}
    assert resend(conn, house, alert, MISSING) == {}


def test_a_resend_never_makes_a_third_copy(conn: Connection, house: House) -> None:
    alert = failing(conn, house)
    put(conn, alert, "state = 'uncertain', transmissions = 2", "kind = 'sms'")
    put(conn, alert, "state = 'uncertain', transmissions = 1", "kind = 'email'")
    assert resend(conn, house, alert, MISSING) == {"email": 2}


def test_who_opted_out_or_whose_address_is_gone_is_left_alone(conn: Connection, house: House) -> None:
    alert = failing(conn, house)
    put(conn, alert, "reason = 'opted-out'", "n = 1")
    facts.opt_out(conn, "sms", lives.SEAL.mark("+31600000002", "sms"), NOON)
    conn.execute(
        text("UPDATE address SET retired_at = 1 WHERE kind = 'sms' AND mark = :m"),
        {"m": lives.SEAL.mark("+31600000003", "sms")},
    )
    kind = conn.scalar(text("SELECT kind FROM delivery WHERE alert_id = :a AND n = 1"), {"a": alert.id})
    expected = {"email": 2, "sms": 2}
    expected[kind] -= 1
    assert resend(conn, house, alert, ["failed"]) == expected


@pytest.mark.parametrize(
    "state", ["halted", "delivered", "accepted", "due", "claimed", "started", "expired", "superseded"]
)
def test_what_is_not_missing_is_refused_and_says_why(conn: Connection, house: House, state: str) -> None:
    alert = failing(conn, house)
    reason = refused(conn, house, alert, ["failed", state])
    assert (reason.why, [(fault.field, fault.rule) for fault in reason.faults]) == (
        Why.INVALID,
        [("states", f"not-{state}")],
    )
    assert reason.faults[0].message


@pytest.mark.parametrize(("states", "rule"), [(["lost"], "enum"), ([], "empty")])
def test_a_state_that_is_none_is_refused(conn: Connection, house: House, states: list[str], rule: str) -> None:
    assert [fault.rule for fault in refused(conn, house, failing(conn, house), states).faults] == [rule]


def test_a_stopped_alert_sends_nothing_again(conn: Connection, house: House) -> None:
    late = failing(conn, house)
    assert refused(conn, house, late, MISSING, later=4 * 3600).why is Why.CONFLICT
    publishing.expire(conn, house, late.expires_at)
    assert refused(conn, house, late, MISSING).why is Why.CONFLICT
    halted = failing(conn, house)
    approving.halt(conn, ANNA, halted.id, NOON)
    assert refused(conn, house, halted, MISSING).why is Why.CONFLICT
    replaced = failing(conn, house)
    lives.corrected(conn, house, replaced, MsgType.CANCEL, accepts=["audience-not-reached"])
    assert refused(conn, house, replaced, MISSING).why is Why.CONFLICT
    assert refused(conn, house, lives.submitted(conn, house), MISSING).why is Why.CONFLICT


def test_nobody_is_reached_anew_while_a_correction_waits(conn: Connection, house: House) -> None:
    """Its addressees are frozen: whoever is reached after that would miss it."""
    alert = failing(conn, house)
    put(conn, alert, "state = 'accepted', transmissions = 1", "kind = 'email'")
    waiting = lives.offered(conn, house, lives.correcting_draft(conn, house, alert, MsgType.UPDATE).id).alert
    assert refused(conn, house, alert, MISSING).why is Why.CONFLICT
    approving.send_back(conn, ANNA, waiting.id, "eerst de rest", NOON)
    assert resend(conn, house, alert, MISSING) == {"sms": 4}


def test_authors_and_approvers_resend_and_the_journal_says_so(conn: Connection, house: House) -> None:
    alert = failing(conn, house)
    for caller in (DIRK, MACHINE):
        assert refused(conn, house, alert, MISSING, caller).why is Why.FORBIDDEN
    approver = Caller("token", frozenset({Role.APPROVER}), "cara", "cara")
    resend(conn, house, alert, MISSING, approver)
    [event] = [line for line in journal.lines(conn) if line["kind"] == "AlertResent"]
    assert (event["actor"], event["object"]) == ("cara", alert.id)
    assert event["data"] == {"states": MISSING, "deliveries": {"email": 2, "sms": 4}}
