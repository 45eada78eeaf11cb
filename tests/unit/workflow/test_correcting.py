"""Correction as one act: who it reaches, what it says, and what it does to what it replaces."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.alert import Stage
from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.finding import FindingKind
from broadcaster.model.people import Caller, Role
from broadcaster.store import alerts, audience, corrections, deliveries, journal, queue, schedules
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, correcting, drafting, publishing
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA, DIRK, EVA, MACHINE

UPDATE, CANCEL = MsgType.UPDATE, MsgType.CANCEL
BOTH = pytest.mark.parametrize("msg_type", [UPDATE, CANCEL])
APPROVER = Caller("token", frozenset({Role.APPROVER}), "cara", "cara")
MANY: dict[str, Any] = {"channels": ["sms"], "audience": {"groups": ["veel"]}}


def listed(conn: Connection, count: int) -> None:
    lives.listed(conn, [f"R{i},nl,veel,noord,+317{i:08d},," for i in range(1, count + 1)])


def put(conn: Connection, alert: AlertRow, n: int, state: str, transmissions: int) -> None:
    """Leave a delivery in a state, as an attempt would."""
    query = (
        "UPDATE delivery SET state = :state, transmissions = :t,"
        " due_at = CASE WHEN :open = 1 THEN due_at END WHERE alert_id = :a AND n = :n"
    )
    is_open = int(state in ("due", "claimed", "started"))
    conn.execute(text(query), {"state": state, "t": transmissions, "open": is_open, "a": alert.id, "n": n})


def addressed(conn: Connection, alert: AlertRow) -> list[int]:
    """Whom an alert is for: ids of addresses, in order of number."""
    query = "SELECT address_id FROM addressee WHERE alert_id = :a ORDER BY n"
    return list(conn.scalars(text(query), {"a": alert.id}))


def states(conn: Connection, alert: AlertRow) -> dict[int, tuple[str, str | None]]:
    """State and reason of each delivery, by address."""
    query = (
        "SELECT e.address_id, d.state, d.reason FROM delivery d"
        " JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n WHERE d.alert_id = :a"
    )
    return {address: (state, reason) for address, state, reason in conn.execute(text(query), {"a": alert.id})}


def found(conn: Connection, alert: AlertRow) -> AlertRow:
    row = alerts.get(conn, alert.id)
    assert row is not None
    return row


def refused(conn: Connection, what: Any, *args: Any, **changes: Any) -> Refused:
    undone = conn.begin_nested()
    with pytest.raises(Refused) as caught:
        what(conn, *args, **changes)
    undone.rollback()
    return caught.value


# --- whom it reaches -------------------------------------------------------------------------------

STANDING = [
    ("accepted", 1), ("delivered", 1), ("uncertain", 1), ("failed", 1), ("due", 1), ("started", 1),
    ("due", 0), ("claimed", 0), ("failed", 0), ("expired", 0), ("halted", 0),
]  # fmt: skip
"""As (state, transmissions): six that may have gone out, two that may yet, three that did not."""


def standing(conn: Connection, house: House) -> tuple[AlertRow, list[int]]:
    """An alert with a delivery in each standing, and its addresses."""
    listed(conn, len(STANDING))
    alert = lives.expanded(conn, house, **MANY)
    for n, (state, transmissions) in enumerate(STANDING, 1):
        put(conn, alert, n, state, transmissions)
    return alert, addressed(conn, alert)


def test_an_update_goes_to_who_has_it_may_have_it_or_was_about_to_get_it(conn: Connection, house: House) -> None:
    alert, who = standing(conn, house)
    update = lives.corrected(conn, house, alert, UPDATE)
    assert addressed(conn, update) == who[:8]
    lives.expand_all(conn, update)
    assert states(conn, update) == dict.fromkeys(who[:8], ("due", None))


def test_a_cancel_goes_to_who_has_it_or_may_have_it_and_names_the_others(conn: Connection, house: House) -> None:
    alert, who = standing(conn, house)
    cancel = lives.corrected(conn, house, alert, CANCEL)
    assert addressed(conn, cancel) == who[:8]
    lives.expand_all(conn, cancel)
    assert states(conn, cancel) == dict.fromkeys(who[:6], ("due", None)) | dict.fromkeys(
        who[6:8], ("superseded", "not-reached")
    )


def test_what_goes_out_between_submit_and_approval_of_a_cancel_is_taken_back(conn: Connection, house: House) -> None:
    alert, who = standing(conn, house)
    draft = lives.correcting_draft(conn, house, alert, CANCEL)
    offered = lives.offered(conn, house, draft.id).alert
    put(conn, alert, 7, "accepted", 1)
    lives.expand_all(conn, lives.agreed(conn, house, offered))
    assert states(conn, offered)[who[6]] == ("due", None)
    assert states(conn, offered)[who[7]] == ("superseded", "not-reached")


def test_a_claim_that_a_cancel_came_before_never_starts(conn: Connection, house: House) -> None:
    """What expansion read of it stays true."""
    listed(conn, 3)
    alert = lives.expanded(conn, house, **MANY)
    claims = queue.claim(conn, Lane.LIVE, "sms.primary", "me", 2, NOON)
    cancel = lives.corrected(conn, house, alert, CANCEL)
    lives.expand_all(conn, cancel)
    assert set(states(conn, cancel).values()) == {("superseded", "not-reached")}
    assert queue.start(conn, [(claim.id, claim.epoch) for claim in claims], NOON) == set()
    assert deliveries.counts(conn, alert.id) == {"sms": {"superseded": 3}}


def test_what_has_no_delivery_yet_is_about_to_be_sent(conn: Connection, house: House) -> None:
    alert = lives.approved(conn, house)
    update = lives.corrected(conn, house, alert, UPDATE)
    assert addressed(conn, update) == addressed(conn, alert)
    second = lives.approved(conn, house)
    cancel = lives.expand_all(conn, lives.corrected(conn, house, second, CANCEL))
    assert set(states(conn, cancel).values()) == {("superseded", "not-reached")}


@pytest.mark.parametrize("how", ["halted", "expired"])
@BOTH
def test_of_what_was_stopped_only_those_it_reached_get_the_correction(
    conn: Connection, house: House, msg_type: MsgType, how: str
) -> None:
    alert = lives.expanded(conn, house)
    put(conn, alert, 2, "accepted", 1)
    later = alert.expires_at
    if how == "halted":
        approving.halt(conn, CARA, alert.id, NOON)
    else:
        publishing.expire(conn, house, later)
    correction = lives.corrected(conn, house, alert, msg_type, later if how == "expired" else NOON)
    assert addressed(conn, correction) == [addressed(conn, alert)[1]]
    assert found(conn, alert).stage is {UPDATE: Stage.SUPERSEDED, CANCEL: Stage.CANCELLED}[msg_type]


@BOTH
def test_a_correction_of_a_correction_reaches_who_had_any_of_them(
    conn: Connection, house: House, msg_type: MsgType
) -> None:
    alert = lives.expanded(conn, house)
    put(conn, alert, 1, "accepted", 1)
    put(conn, alert, 2, "delivered", 1)
    first, second, *_ = addressed(conn, alert)
    update = lives.expand_all(conn, lives.corrected(conn, house, alert, UPDATE))
    assert len(addressed(conn, update)) == 4
    for n in (1, 2, 3, 4):
        put(conn, update, n, "failed", 0)
    third = addressed(conn, update)[2]
    put(conn, update, 3, "uncertain", 1)
    correction = lives.corrected(conn, house, update, msg_type)
    assert set(addressed(conn, correction)) == {first, second, third}


def test_a_group_added_to_an_update_comes_on_top_and_nobody_gets_it_twice(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, channels=["sms"])
    for n in (1, 2):
        put(conn, alert, n, "accepted", 1)
    for n in (3, 4):
        put(conn, alert, n, "failed", 0)
    lives.listed(conn, ["Nieuw,nl,artsen,noord,+31699999999,,", "Inwoner 1,nl,artsen,noord,+31600000001,,"])
    update = lives.corrected(conn, house, alert, UPDATE, audience={"groups": ["artsen"]})
    who, had = addressed(conn, update), addressed(conn, alert)
    assert who[:2] == had[:2]
    assert len(who) == len(set(who)) == 3
    assert not set(who) & set(had[2:])


def test_a_reader_who_moved_or_was_listed_anew_is_reached_where_they_are(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    for n in (1, 2):
        put(conn, alert, n, "accepted", 1)
    for n in (3, 4):
        put(conn, alert, n, "failed", 0)
    moved, relisted, *_ = addressed(conn, alert)
    query = (
        "INSERT INTO address (recipient_id, kind, sealed, mark, added_at)"
        " SELECT recipient_id, kind, sealed, coalesce(:mark, mark), 1 FROM address WHERE id = :id RETURNING id"
    )
    there = conn.scalar(text(query), {"id": moved, "mark": b"elsewhere"})
    anew = conn.scalar(text(query), {"id": relisted, "mark": None})
    conn.execute(
        text("UPDATE address SET moved_to_id = :to, retired_at = 1 WHERE id = :id"), {"to": there, "id": moved}
    )
    conn.execute(text("UPDATE address SET retired_at = 1 WHERE id = :id"), {"id": relisted})
    assert set(addressed(conn, lives.corrected(conn, house, alert, UPDATE))) == {there, anew}


def test_who_left_the_list_since_still_gets_the_correction(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    lives.listed(conn, ["Ander,nl,bewoners,noord,+31677777777,,"], replace=True)
    assert addressed(conn, lives.corrected(conn, house, alert, UPDATE)) == addressed(conn, alert)


def test_nobody_reached_is_something_to_accept_and_not_a_reason_to_refuse(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    for n in (1, 2, 3, 4):
        put(conn, alert, n, "failed", 0)
    cancel = lives.corrected(conn, house, alert, CANCEL, accepts=["audience-not-reached"])
    assert (cancel.addressees.count, found(conn, alert).stage) == (0, Stage.CANCELLED)


def test_how_many_are_reached_is_known_when_a_correction_is_started(conn: Connection, house: House) -> None:
    alert, _ = standing(conn, house)
    assert corrections.reached(conn, alert.id, NOON) == {"sms": 8}


def test_what_an_addressee_waits_for_is_part_of_what_is_approved(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    cancel = lives.corrected(conn, house, alert, CANCEL)
    assert conn.scalar(text("SELECT count(pending_n) FROM addressee WHERE alert_id = :a"), {"a": cancel.id}) == 4
    update = lives.corrected(conn, house, lives.expanded(conn, house), UPDATE)
    assert audience.sealed(conn, cancel.id).sha256 != audience.sealed(conn, update.id).sha256
    assert audience.sealed(conn, cancel.id) == cancel.addressees


# --- what it says ----------------------------------------------------------------------------------


def test_an_update_is_the_words_once_more_with_new_times_and_nobody_chosen(conn: Connection, house: House) -> None:
    later = NOON + timedelta(hours=3)
    release = (NOON + timedelta(minutes=30)).isoformat()
    alert = lives.approved(conn, house, release_at=release, exercise=None)
    content = lives.correcting_draft(conn, house, alert, UPDATE, now=later).content
    same = ("status", "event", "category", "severity", "source", "areas", "channels", "infos", "as_of")
    assert {name: content[name] for name in same} == {name: alert.content[name] for name in same}
    assert drafting.parse(content).expires == later + timedelta(hours=4)
    assert drafting.parse(content).next_update == later + timedelta(hours=1)
    assert not {"audience", "release_at", "timezone"} & set(content)


def test_an_update_of_a_scenario_is_that_scenario_with_its_fields(conn: Connection, house: House) -> None:
    fields = {"place": "Noord", "since": "13:40", "mobile": "works", "phone": "14 030"}
    alert = lives.expanded(conn, house, scenario="power-outage", fields=fields, infos=None)
    content = lives.correcting_draft(conn, house, alert, UPDATE).content
    assert (content["scenario"], content["fields"]) == ("power-outage", fields)
    assert "infos" not in content
    assert lives.corrected(conn, house, alert, UPDATE).content["infos"] == alert.content["infos"]


def test_a_cancel_has_words_in_every_language_of_what_it_takes_back(conn: Connection, house: House) -> None:
    told = dict.fromkeys(("nl", "nl-easy", "en", "ar", "tr", "pl", "de", "fr", "uk"), lives.TEXTS)
    alert = lives.expanded(conn, house, infos=told, channels=["sms", "email", "display"])
    offered = lives.offered(conn, house, lives.correcting_draft(conn, house, alert, CANCEL).id)
    assert {finding.kind for finding in offered.findings} <= {FindingKind.NOTICE}
    said = alerts.renditions(conn, offered.alert.id)
    assert {(item.kind, item.language) for item in said} == {
        (kind, language) for kind in ("sms", "email", "display") for language in told
    }
    for item in said:
        assert str(alert.number) in item.text, "which notice it takes back"
        assert str(offered.alert.number) in item.text


@pytest.mark.parametrize("status", ["Actual", "Exercise", "Test"])
@BOTH
def test_a_correction_inherits_what_it_corrects(conn: Connection, house: House, msg_type: MsgType, status: str) -> None:
    alert = lives.expanded(conn, house, status=status)
    row = lives.corrected(conn, house, alert, msg_type)
    assert (row.status, row.lane, row.organisation_id) == (alert.status, alert.lane, alert.organisation_id)
    assert (row.msg_type, row.replaces_id, row.severity) == (msg_type, alert.id, alert.severity)


def test_a_cancel_keeps_the_promise_of_a_next_message_and_outlives_what_it_takes_back(
    conn: Connection, house: House
) -> None:
    alert = lives.expanded(conn, house, expires=(NOON + timedelta(hours=30)).isoformat())
    content = drafting.parse(lives.correcting_draft(conn, house, alert, CANCEL).content)
    assert (content.as_of, content.next_update) == (NOON, NOON + timedelta(hours=1))
    assert content.expires == alert.expires_at


def test_a_cancel_of_an_update_names_the_first_of_the_series_too(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    update = lives.corrected(conn, house, alert, UPDATE)
    cancel = lives.corrected(conn, house, update, CANCEL)
    for item in alerts.renditions(conn, cancel.id, "sms"):
        assert {str(alert.number), str(update.number), str(cancel.number)} <= set(
            "".join(char if char.isdigit() else " " for char in item.text).split()
        )


def test_a_new_version_after_a_cancel_says_again_what_was_withdrawn(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    cancel = lives.corrected(conn, house, alert, CANCEL)
    assert lives.correcting_draft(conn, house, cancel, UPDATE).content["infos"] == alert.content["infos"]
    assert refused(conn, correcting.start, house, ANNA, cancel.id, CANCEL, NOON).why is Why.CONFLICT


def test_a_channel_or_a_language_that_is_left_out_is_accepted_by_name(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, channels=["sms", "email", "display"], infos=dict.fromkeys(
        ("nl", "en", "pl", "nl-easy"), lives.TEXTS
    ))  # fmt: skip
    draft = lives.correcting_draft(conn, house, alert, UPDATE, channels=["sms"], infos={"pl": None, "nl-easy": None})
    offered = lives.offered(conn, house, draft.id).alert
    dropped = ["channel-dropped:display", "channel-dropped:email", "language-dropped:pl"]
    assert {fault.rule for fault in refused(conn, lives.agreed, house, offered).faults} == set(dropped)
    update = lives.agreed(conn, house, offered, accepts=dropped)
    again = lives.correcting_draft(conn, house, update, UPDATE)
    codes = [finding.code for finding in lives.offered(conn, house, again.id).findings]
    assert codes == dropped, "who was left out once is not forgotten"


def test_a_kind_that_has_no_account_any_more_does_not_hold_up_a_withdrawal(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, channels=["sms", "email"])
    poorer = replace(house, accounts={"sms": "sms.primary"})
    lives.corrected(conn, poorer, alert, CANCEL, accepts=["channel-dropped:email"])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"audience": {"groups": ["bewoners"]}}, "withdrawal-audience"),
        ({"fields": {"number": 77}}, "withdrawal-number"),
        ({"release_at": (NOON + timedelta(hours=1)).isoformat()}, "correction-planned"),
    ],
)
def test_a_withdrawal_goes_now_to_those_reached_and_names_the_right_notice(
    conn: Connection, house: House, changes: dict[str, Any], rule: str
) -> None:
    alert = lives.expanded(conn, house)
    draft = lives.correcting_draft(conn, house, alert, CANCEL, **changes)
    assert [fault.rule for fault in refused(conn, lives.offered, house, draft.id).faults] == [rule]


def test_the_words_of_a_withdrawal_are_for_a_cancel_alone(conn: Connection, house: House) -> None:
    changes = {"scenario": "withdrawal", "fields": {"number": 1}}
    assert [f.rule for f in refused(conn, lives.drafted, house, **changes).faults] == ["withdraws"]
    update = lives.correcting_draft(conn, house, lives.expanded(conn, house), UPDATE)
    fault = refused(conn, drafting.revise, house, ANNA, update.id, 1, changes, NOON).faults[0]
    assert (fault.field, fault.rule) == ("scenario", "withdraws")


# --- who -------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("caller", [ANNA, BERT, CARA, APPROVER])
def test_every_author_and_approver_may_start_a_correction_and_then_another_approves(
    conn: Connection, house: House, caller: Caller, msg_type: MsgType
) -> None:
    alert = lives.expanded(conn, house)
    draft = lives.correcting_draft(conn, house, alert, msg_type, caller, source="Veiligheidsregio")
    offered = lives.offered(conn, house, draft.id, caller).alert
    assert refused(conn, lives.agreed, house, offered, caller).why is Why.FORBIDDEN
    other = BERT if caller is ANNA else ANNA
    assert lives.agreed(conn, house, offered, other).stage is Stage.APPROVED


@BOTH
def test_a_clock_in_1970_is_named_before_it_dates_a_correction(
    conn: Connection, house: House, msg_type: MsgType
) -> None:
    alert = lives.expanded(conn, house)
    with pytest.raises(Refused, match="gelijkzetten") as refused:
        correcting.start(conn, house, ANNA, alert.id, msg_type, datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    assert refused.value.why is Why.CONFLICT
    assert correcting.start(conn, house, ANNA, alert.id, msg_type, NOON).replaces_id == alert.id


@pytest.mark.parametrize("caller", [DIRK, EVA, MACHINE])
def test_nobody_else_may(conn: Connection, house: House, caller: Caller) -> None:
    alert = lives.expanded(conn, house)
    assert refused(conn, correcting.start, house, caller, alert.id, UPDATE, NOON).why is Why.FORBIDDEN


def test_who_may_only_approve_writes_no_alert_of_their_own(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house)
    assert refused(conn, drafting.revise, house, APPROVER, draft.id, 1, {"event": "x"}, NOON).why is Why.FORBIDDEN
    assert refused(conn, lives.offered, house, draft.id, APPROVER).why is Why.FORBIDDEN


# --- what it does to what it replaces --------------------------------------------------------------


@BOTH
def test_only_what_people_may_have_is_corrected(conn: Connection, house: House, msg_type: MsgType) -> None:
    submitted = lives.submitted(conn, house)
    never = lives.submitted(conn, house)
    returned = lives.submitted(conn, house)
    approving.send_back(conn, BERT, returned.id, "nee", NOON)
    publishing.expire(conn, house, NOON)
    for alert in (submitted, never, returned):
        assert refused(conn, correcting.start, house, ANNA, alert.id, msg_type, NOON).why is Why.CONFLICT
    publishing.expire(conn, house, never.expires_at)
    assert found(conn, never).stage is Stage.EXPIRED
    assert refused(conn, correcting.start, house, ANNA, never.id, msg_type, never.expires_at).why is Why.CONFLICT
    assert refused(conn, correcting.start, house, ANNA, "nergens", msg_type, NOON).why is Why.NOT_FOUND


@BOTH
def test_the_first_correction_approved_is_the_one(conn: Connection, house: House, msg_type: MsgType) -> None:
    alert = lives.expanded(conn, house)
    drafts = [lives.correcting_draft(conn, house, alert, UPDATE) for _ in range(2)]
    late = lives.offered(conn, house, drafts[0].id).alert
    first = lives.corrected(conn, house, alert, msg_type)
    assert refused(conn, lives.agreed, house, late).why is Why.CONFLICT
    assert refused(conn, lives.offered, house, drafts[1].id).why is Why.CONFLICT
    reason = refused(conn, correcting.start, house, ANNA, alert.id, UPDATE, NOON)
    assert f"nr {first.number}" in reason.title
    assert found(conn, alert).replaced_by == first.id
    assert found(conn, first).replaced_by is None


@BOTH
def test_the_approval_stops_what_is_unsent_at_once(conn: Connection, house: House, msg_type: MsgType) -> None:
    alert = lives.expanded(conn, house)
    lives.corrected(conn, house, alert, msg_type)
    row = found(conn, alert)
    assert (row.stage.value, row.superseded_at) == ({UPDATE: "superseded", CANCEL: "cancelled"}[msg_type], NOON)
    assert queue.claim(conn, Lane.LIVE, "sms.primary", "me", 10, NOON) == []
    while deliveries.sweep(conn, alert.id, NOON):
        pass
    assert deliveries.counts(conn, alert.id) == {"sms": {"superseded": 4}}
    events = [line for line in journal.lines(conn) if line["kind"] == "AlertSuperseded"]
    assert [(event["object"], event["data"]["stage"]) for event in events] == [(alert.id, row.stage.value)]


def test_an_update_overtakes_what_is_queued_of_its_own_alert(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    update = lives.expand_all(conn, lives.corrected(conn, house, alert, UPDATE))
    assert {claim.alert_id for claim in queue.claim(conn, Lane.LIVE, "sms.primary", "me", 10, NOON)} == {update.id}


@pytest.mark.parametrize("held", [False, True])
@BOTH
def test_what_was_planned_is_given_up(conn: Connection, house: House, msg_type: MsgType, held: bool) -> None:
    at = NOON + timedelta(hours=1)
    alert = lives.approved(conn, house, release_at=at.isoformat())
    if held:
        publishing.release_due(conn, house, at + timedelta(hours=1))
    correction = lives.corrected(conn, house, alert, msg_type)
    assert schedules.state(conn, alert.id) == "dropped"
    assert publishing.release_due(conn, house, at) == []
    assert not schedules.released(conn, alert.id)
    shown = [row.id for row in alerts.shown(conn, Lane.LIVE, NOON)]
    assert shown == ([correction.id] if msg_type is UPDATE else []), "nobody saw what is taken back"


@BOTH
def test_boards_show_the_correction_in_its_place(conn: Connection, house: House, msg_type: MsgType) -> None:
    alert = lives.expanded(conn, house)
    correction = lives.corrected(conn, house, alert, msg_type)
    assert [row.id for row in alerts.shown(conn, Lane.LIVE, NOON)] == [correction.id]
    assert alerts.shown(conn, Lane.LIVE, correction.expires_at) == []


def numbers(conn: Connection) -> dict[str, int]:
    query = "SELECT point_id, seq FROM board WHERE mode = 'live'"
    return {row.point_id: row.seq for row in conn.execute(text(query))}


def test_boards_that_will_not_show_the_correction_lose_what_it_replaces(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, areas=["noord", "zuid"])
    before = numbers(conn)
    lives.corrected(conn, house, alert, UPDATE, areas=["noord"])
    after = numbers(conn)
    assert {point: after[point] - before[point] for point in after} == {"wijkhuis-noord": 1, "wijkhuis-zuid": 1}
