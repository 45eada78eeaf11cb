"""What is done by hand is never forgotten: a task for every channel of people, with every approval, on both engines."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from broadcaster.model.cap import MsgType
from broadcaster.model.finding import to_accept
from broadcaster.model.task import TASK_TRANSITIONS, Act, TaskState
from broadcaster.store import alerts, approvals, journal, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.tasks import Channel, TaskRow
from broadcaster.workflow import approving, bulletins, publishing
from broadcaster.workflow import tasks as by_hand
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA, DIRK, EVA, MACHINE

LATER = NOON + timedelta(minutes=5)
LINK = "https://voorbeeldstad.example/nieuws/1"


def of(conn: Connection, alert: AlertRow) -> dict[str, TaskRow]:
    """The tasks of an alert, by channel."""
    row = alerts.get(conn, alert.id)
    assert row is not None
    return {item.channel.id: item for item in tasks.of_alert(conn, row)}


def placed(conn: Connection, alert: AlertRow, channel: str, where: str = LINK, now: Any = LATER) -> None:
    by_hand.place(conn, ANNA, alert.id, of(conn, alert)[channel].id, now, where, now)


def asked(conn: Connection, alert: AlertRow) -> set[str]:
    return {name for name, item in of(conn, alert).items() if item.state is TaskState.OPEN}


# --- nothing is forgotten --------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Actual", "Exercise", "Test"])
def test_an_approval_makes_a_task_for_every_channel_and_asks_for_those_of_its_severity(
    conn: Connection, house: House, status: str
) -> None:
    alert = lives.approved(conn, house, status=status, severity="Severe")
    found = of(conn, alert)
    assert list(found) == [item.id for item in house.settings.manual]
    assert asked(conn, alert) == {item.id for item in house.settings.manual if "Severe" in item.opens}
    assert "sign-language" in asked(conn, alert)
    for item in house.settings.manual:
        minutes = item.opens.get("Severe")
        assert found[item.id].due_at == (NOON + timedelta(minutes=minutes) if minutes else None)
    told = bulletins.of_alert(conn, house, alert)
    texts = by_hand.texts(told, list(found.values()))
    assert all(texts.values())
    if status == "Exercise":
        assert all(said.split()[0] == "OEFENING" or "OEFENING" in said for said in texts.values())


def test_less_serious_alerts_ask_for_less(conn: Connection, house: House) -> None:
    assert asked(conn, lives.approved(conn, house, severity="Minor")) == {"website", "social"}


def test_a_planned_release_counts_its_deadlines_from_its_instant(conn: Connection, house: House) -> None:
    at = NOON + timedelta(hours=1)
    alert = lives.approved(conn, house, release_at=at.isoformat())
    assert of(conn, alert)["nl-alert"].due_at == at + timedelta(minutes=10)


INSERT = "INSERT INTO approval (alert_id, digest, lane, kind, approver_id, accepts, at)"


@pytest.mark.parametrize("missing", ["all", "one"])
def test_the_database_takes_no_approval_without_its_tasks(conn: Connection, house: House, missing: str) -> None:
    alert = lives.submitted(conn, house)
    if missing == "one":
        tasks.make(conn, alert, NOON)
        tasks.sync(conn, [*by_hand.channels(house), Channel("extra", "Kabelkrant", "web")], NOON)
    values = {"a": alert.id, "d": alert.digest}
    query = f"{INSERT} VALUES (:a, :d, 'live', 'second-person', 'bert', '[]', 0)"
    with pytest.raises(IntegrityError, match="worked by hand"), conn.begin_nested():
        conn.execute(text(query), values)
    conn.execute(text("UPDATE manual SET retired_at = 1 WHERE id = 'extra'"))
    if missing == "all":
        tasks.make(conn, alert, NOON)
    conn.execute(text(query), values)  # and with them it is an approval like any other


def test_an_approval_that_is_refused_leaves_no_task(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    undone = conn.begin_nested()
    with pytest.raises(Refused):
        lives.agreed(conn, house, alert, ANNA)
    undone.rollback()
    assert of(conn, alert) == {}


def test_a_channel_that_is_no_longer_configured_gets_no_tasks_and_its_old_ones_stay(
    conn: Connection, house: House
) -> None:
    before = lives.approved(conn, house)
    tasks.sync(conn, by_hand.channels(house)[:2], NOON)
    assert list(of(conn, lives.approved(conn, house))) == ["nl-alert", "website"]
    assert len(of(conn, before)) == len(house.settings.manual)
    tasks.sync(conn, by_hand.channels(house), NOON)
    assert len(of(conn, lives.approved(conn, house))) == len(house.settings.manual)


ATTACKS = {
    "a task goes away": "DELETE FROM task WHERE id = :t",
    "a task is of another alert": "UPDATE task SET alert_id = alert_id WHERE id = :t",
    "what was placed was not": "UPDATE task SET state = 'open', placed_at = NULL, closer_id = NULL, closed_at = NULL"
    " WHERE id = :p",
    "it was placed at another time": "UPDATE task SET placed_at = 1 WHERE id = :p",
    "nobody placed it": "UPDATE task SET state = 'placed', placed_at = 1 WHERE id = :t",
    "no reason": "UPDATE task SET state = 'not-needed', closer_id = 'anna', closed_at = 1 WHERE id = :t",
    "a channel goes away": "DELETE FROM manual",
    "it clears what still holds": "INSERT INTO task (id, alert_id, manual_id, clears, state, made_at, due_at)"
    " SELECT 'x', alert_id, manual_id, true, 'open', 1, 1 FROM task WHERE id = :p",
    "it was for something else": "UPDATE task SET clears = true WHERE id = :t",
}


def test_what_a_task_records_is_not_rewritten(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    placed(conn, alert, "social")
    found = of(conn, alert)
    refusals = r"kept|has expired|allowed|record|constraint|authorized|what it is for|permission"
    for name, attack in ATTACKS.items():
        given = {"t": found["website"].id, "p": found["social"].id}
        with pytest.raises(DBAPIError, match=refusals), conn.begin_nested():
            conn.execute(text(attack), {key: value for key, value in given.items() if f":{key}" in attack})
        assert of(conn, alert) == found, name


# --- steps -----------------------------------------------------------------------------------------


def test_somebody_takes_it_and_says_when_and_where_it_was_placed(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    item = of(conn, alert)["website"]
    by_hand.take(conn, ANNA, alert.id, item.id, NOON)
    assert [due.task.channel.id for due in tasks.open_for(conn, "anna", NOON)][:2] == ["nl-alert", "website"]
    assert "website" not in [due.task.channel.id for due in tasks.open_for(conn, "bert", NOON)]
    by_hand.place(conn, BERT, alert.id, item.id, LATER, LINK, LATER + timedelta(minutes=1))
    found = of(conn, alert)["website"]
    assert (found.state, found.placed_at, found.place, found.owner_id, found.closer_id) == (
        TaskState.PLACED, LATER, LINK, "anna", "bert",
    )  # fmt: skip
    lines = journal.about(conn, [alert.id], ["TaskTaken", "TaskPlaced"])
    assert [(line["kind"], line["data"]["channel"]) for line in lines] == [
        ("TaskTaken", "website"), ("TaskPlaced", "website"),
    ]  # fmt: skip


def test_what_is_not_needed_has_a_reason_and_may_turn_out_to_be(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    item = of(conn, alert)["crisis-nl"]
    by_hand.waive(conn, ANNA, alert.id, item.id, "De regio doet dit.", LATER)
    assert of(conn, alert)["crisis-nl"].reason == "De regio doet dit."
    by_hand.take(conn, BERT, alert.id, item.id, LATER)
    found = of(conn, alert)["crisis-nl"]
    assert (found.state, found.owner_id, found.reason, found.closer_id) == (TaskState.OPEN, "bert", None, None)


def test_a_task_moves_by_the_table_and_no_other_way(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    for before in TaskState:
        for after in (TaskState.OPEN, TaskState.PLACED, TaskState.NOT_NEEDED):
            undone = conn.begin_nested()
            _moved(conn, alert, before, after)
            undone.rollback()


def _moved(conn: Connection, alert: AlertRow, before: TaskState, after: TaskState) -> None:
    channel = "loudspeaker" if before is TaskState.OFFERED else "website"
    item = of(conn, alert)[channel]
    steps = {
        TaskState.OPEN: lambda: by_hand.take(conn, ANNA, alert.id, item.id, NOON),
        TaskState.PLACED: lambda: by_hand.place(conn, ANNA, alert.id, item.id, None, None, NOON),
        TaskState.NOT_NEEDED: lambda: by_hand.waive(conn, ANNA, alert.id, item.id, "Nee.", NOON),
    }
    if before not in (TaskState.OFFERED, TaskState.OPEN):
        steps[before]()
    if after in TASK_TRANSITIONS[before] or before == after == TaskState.OPEN:  # another may take it over
        steps[after]()
        assert of(conn, alert)[channel].state is after, (before, after)
        return
    with pytest.raises(Refused) as refused:
        steps[after]()
    assert refused.value.why is Why.CONFLICT, (before, after)
    assert of(conn, alert)[channel].state is before, (before, after)


def test_only_officers_do_them(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    for caller in (DIRK, EVA, MACHINE):
        with pytest.raises(Refused) as refused:
            by_hand.take(conn, caller, alert.id, of(conn, alert)["website"].id, NOON)
        assert refused.value.why is Why.FORBIDDEN


def test_doing_a_task_makes_nobody_a_contributor(conn: Connection, house: House) -> None:
    first = lives.approved(conn, house)
    placed(conn, first, "website")
    update = lives.correcting_draft(conn, house, first, MsgType.UPDATE, BERT, LATER)
    correction = lives.offered(conn, house, update.id, BERT, LATER).alert
    assert approvals.contributors(conn, correction) == {"bert"}
    assert lives.agreed(conn, house, correction, ANNA, LATER).stage == "approved"


def test_nothing_was_placed_before_its_approval_or_later_than_now(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    item = of(conn, alert)["website"]
    for at in (NOON - timedelta(minutes=2), LATER + timedelta(minutes=2)):
        with pytest.raises(Refused) as refused:
            by_hand.place(conn, ANNA, alert.id, item.id, at, None, LATER)
        assert [fault.field for fault in refused.value.faults] == ["at"]


# --- late ------------------------------------------------------------------------------------------


def test_what_is_past_its_deadline_is_late_until_it_is_done_or_the_alert_counts_no_more(
    conn: Connection, house: House
) -> None:
    alert = lives.approved(conn, house)
    assert tasks.overdue(conn, NOON + timedelta(minutes=10)) == []
    late = NOON + timedelta(minutes=16)
    assert {due.task.channel.id for due in tasks.overdue(conn, late)} == {"nl-alert", "website", "social"}
    assert {due.number for due in tasks.overdue(conn, late)} == {alert.number}
    placed(conn, alert, "social")
    assert {due.task.channel.id for due in tasks.overdue(conn, late)} == {"nl-alert", "website"}
    assert tasks.overdue(conn, alert.expires_at + timedelta(minutes=1)) == []
    approving.halt(conn, CARA, alert.id, late)
    assert tasks.overdue(conn, late) == tasks.open_for(conn, None, late) == []


# --- corrections -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("msg_type", "act"), [(MsgType.UPDATE, Act.REPLACE), (MsgType.CANCEL, Act.REMOVE)])
def test_a_correction_asks_to_take_away_what_stands_and_says_where(
    conn: Connection, house: House, msg_type: MsgType, act: Act
) -> None:
    first = lives.expanded(conn, house, severity="Minor")
    placed(conn, first, "website")
    placed(conn, first, "couriers", "Kerkstraat en omgeving")  # nobody asked for it, and still it was done
    found = of(conn, lives.corrected(conn, house, first, msg_type, LATER))
    for channel, where in (("website", LINK), ("couriers", "Kerkstraat en omgeving")):
        item = found[channel]
        assert (item.state, item.act, item.due_at) == (TaskState.OPEN, act, LATER + tasks.URGENT_IN)
        assert item.earlier is not None
        assert (item.earlier.alert_id, item.earlier.place) == (first.id, where)
    other = found["social"]
    assert (other.act, other.earlier) == (Act.PLACE, None)
    assert (other.state is TaskState.OPEN) == (msg_type is MsgType.UPDATE), "what nobody placed is not taken away"
    assert tasks.overdue(conn, NOON + timedelta(minutes=70)) != []
    assert {due.number for due in tasks.overdue(conn, NOON + timedelta(minutes=70))} == {2}, (
        "the old text counts no more"
    )


def test_what_was_placed_a_moment_too_late_is_asked_back_all_the_same(conn: Connection, house: House) -> None:
    first = lives.expanded(conn, house)
    cancel = lives.corrected(conn, house, first, MsgType.CANCEL, LATER)
    assert asked(conn, cancel) == set()
    placed(conn, first, "loudspeaker", "Noord", LATER + timedelta(minutes=1))
    found = of(conn, cancel)["loudspeaker"]
    assert (found.state, found.act) == (TaskState.OPEN, Act.REMOVE)
    with pytest.raises(Refused, match="plaats dit bericht niet"):
        by_hand.take(conn, ANNA, first.id, of(conn, first)["social"].id, LATER)


def test_after_a_withdrawal_was_placed_nothing_stands_there_to_replace(conn: Connection, house: House) -> None:
    first = lives.expanded(conn, house)
    placed(conn, first, "website")
    cancel = lives.expand_all(conn, lives.corrected(conn, house, first, MsgType.CANCEL, LATER), LATER)
    placed(conn, cancel, "website", now=LATER)
    draft = lives.correcting_draft(conn, house, cancel, MsgType.UPDATE, ANNA, LATER)
    again = lives.offered(conn, house, draft.id, ANNA, LATER).alert
    lives.agreed(conn, house, again, BERT, LATER, to_accept(alerts.findings(conn, again.id)))
    found = of(conn, again)["website"]
    assert (found.act, found.earlier) == (Act.PLACE, None)


def test_what_stands_on_a_channel_that_is_gone_is_still_taken_away(conn: Connection, house: House) -> None:
    first = lives.expanded(conn, house)
    placed(conn, first, "crisis-nl")
    tasks.sync(conn, by_hand.channels(house)[:2], LATER)
    assert asked(conn, lives.corrected(conn, house, first, MsgType.CANCEL, LATER)) == {"crisis-nl"}


# --- when the time is over -------------------------------------------------------------------------


def cleared(conn: Connection, alert: AlertRow) -> dict[str, TaskRow]:
    """Those that take away what stands there after the time of an alert, by channel."""
    row = alerts.get(conn, alert.id)
    assert row is not None
    return {item.channel.id: item for item in tasks.of_alert(conn, row) if item.clears}


def expired(conn: Connection, house: House, alert: AlertRow) -> datetime:
    """The moment that its time was over."""
    publishing.expire(conn, house, alert.expires_at)
    return alert.expires_at


def wanted(conn: Connection, now: datetime) -> dict[str, int]:
    """What everybody is asked for, with the number of the alert it is for, by channel."""
    return {due.task.channel.id: due.number for due in tasks.open_for(conn, None, now)}


def test_what_stands_when_the_time_is_over_is_asked_to_be_removed_until_it_is(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    placed(conn, alert, "website")
    placed(conn, alert, "loudspeaker", "Noord")
    over = expired(conn, house, alert)
    found = cleared(conn, alert)
    assert set(found) == {"website", "loudspeaker"}, "what nobody placed is not taken away"
    for name, minutes in (("website", 15), ("loudspeaker", 15)):
        item = found[name]
        assert (item.act, item.state, item.due_at) == (Act.REMOVE, TaskState.OPEN, over + timedelta(minutes=minutes))
        assert item.earlier is not None
        assert (item.earlier.alert_id, item.earlier.clears) == (alert.id, False)
    assert tasks.overdue(conn, over + timedelta(minutes=14)) == []
    late = over + timedelta(hours=9)
    assert {due.task.channel.id for due in tasks.overdue(conn, late)} == {"website", "loudspeaker"}
    by_hand.take(conn, BERT, alert.id, found["website"].id, late)
    by_hand.place(conn, BERT, alert.id, found["website"].id, None, None, late)
    by_hand.waive(conn, ANNA, alert.id, found["loudspeaker"].id, "De auto is binnen.", late)
    assert wanted(conn, late) == {}
    kinds = [line["kind"] for line in journal.about(conn, [alert.id], ["TaskCleared", "TaskPlaced"])]
    assert kinds == ["TaskPlaced", "TaskPlaced", "TaskCleared"]
    row = alerts.get(conn, alert.id)
    assert row is not None
    tasks.clear(conn, row, late)
    assert len(cleared(conn, alert)) == 2


def test_what_turns_out_to_stand_there_after_its_time_is_asked_to_be_removed(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    over = expired(conn, house, alert)
    assert wanted(conn, over) == {}
    now = over + timedelta(minutes=3)
    by_hand.place(conn, ANNA, alert.id, of(conn, alert)["social"].id, LATER, LINK, now)
    assert cleared(conn, alert)["social"].due_at == now + tasks.URGENT_IN


def test_of_a_series_what_still_stands_is_removed_when_the_last_one_expires(conn: Connection, house: House) -> None:
    first = lives.expanded(conn, house)
    placed(conn, first, "website")
    placed(conn, first, "couriers", "Kerkstraat")
    second = lives.expand_all(conn, lives.corrected(conn, house, first, MsgType.UPDATE, LATER), LATER)
    placed(conn, second, "website", "voorpagina")
    over = expired(conn, house, second)
    found = {name: item.earlier and item.earlier.place for name, item in cleared(conn, second).items()}
    assert found == {"website": "voorpagina", "couriers": "Kerkstraat"}
    by_hand.place(conn, ANNA, first.id, of(conn, first)["social"].id, LATER, LINK, over)
    assert set(cleared(conn, second)) == {"website", "couriers", "social"}, (
        "told a day later, it stands there all the same"
    )


def test_when_a_withdrawal_expires_only_what_it_did_not_remove_is_asked_for(conn: Connection, house: House) -> None:
    first = lives.expanded(conn, house)
    for channel in ("website", "social"):
        placed(conn, first, channel)
    cancel = lives.expand_all(conn, lives.corrected(conn, house, first, MsgType.CANCEL, LATER), LATER)
    placed(conn, cancel, "website", now=LATER)
    assert wanted(conn, expired(conn, house, cancel)) == {"social": cancel.number}


def test_a_correction_takes_over_what_was_asked_when_the_time_was_over(conn: Connection, house: House) -> None:
    first = lives.expanded(conn, house)
    for channel in ("website", "social"):
        placed(conn, first, channel)
    over = expired(conn, house, first)
    found = cleared(conn, first)
    by_hand.place(conn, ANNA, first.id, found["social"].id, None, None, over)
    draft = lives.correcting_draft(conn, house, first, MsgType.CANCEL, ANNA, over)
    second = lives.offered(conn, house, draft.id, ANNA, over).alert
    lives.agreed(conn, house, second, BERT, over, to_accept(alerts.findings(conn, second.id)))
    assert wanted(conn, over) == {"website": second.number}, "what was removed is not asked for once more"
    with pytest.raises(Refused, match="doe wat die correctie vraagt"):
        by_hand.take(conn, BERT, first.id, found["website"].id, over)


def test_nothing_is_removed_of_a_message_that_nobody_approved(conn: Connection, house: House) -> None:
    first = lives.expanded(conn, house)
    placed(conn, first, "website")
    update = lives.correcting_draft(conn, house, first, MsgType.UPDATE, ANNA, LATER)
    offered = lives.offered(conn, house, update.id, ANNA, LATER).alert
    publishing.expire(conn, house, max(first.expires_at, offered.expires_at))
    assert cleared(conn, offered) == {}
    assert set(cleared(conn, first)) == {"website"}
