"""Once more to those who are still missing: within the two copies, before the deadline, and never past an opt-out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.delivery import AGAIN, State
from broadcaster.model.events import Event
from broadcaster.model.people import Caller, Role
from broadcaster.store import corrections, deliveries, journal
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow.approving import alert_of
from broadcaster.workflow.house import House, need_person
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict

_WHY_NOT = {
    State.DUE: "dit is nog onderweg",
    State.CLAIMED: "dit is nog onderweg",
    State.STARTED: "dit is nog onderweg",
    State.ACCEPTED: "de aanbieder heeft dit bericht al: wacht op het afleverbericht",
    State.DELIVERED: "dit bericht is aangekomen",
    State.EXPIRED: "de geldigheid is voorbij: stuur een nieuwe versie",
    State.SUPERSEDED: "hiervoor kwam een ander bericht in de plaats",
    State.HALTED: "dit is gestopt, en een stop wordt niet teruggedraaid: stuur een nieuwe versie",
}


def resend(
    conn: Connection, house: House, caller: Caller, alert_id: str, states: Sequence[str], now: datetime
) -> tuple[AlertRow, dict[str, int]]:
    """Make the deliveries in these states due again; the alert, and how many of each channel kind."""
    need_person(caller, Role.AUTHOR, Role.APPROVER)
    row = alert_of(conn, alert_id, lock=True)
    wanted = _again(states)
    _refuse_stopped(conn, row, now)
    counts = deliveries.resend(conn, row.id, wanted, house.starting(row.lane), now)
    data = {"states": [state.value for state in wanted], "deliveries": counts}
    journal.append(conn, [Event("AlertResent", caller.actor, row.id, data)], now)
    return row, counts


def _again(states: Sequence[str]) -> list[State]:
    if faults := [Fault("states", *_wrong(state)) for state in states if state not in AGAIN]:
        raise Refused(Why.INVALID, "Dit kan niet nog eens verstuurd worden.", faults)
    if not states:
        raise Refused(Why.INVALID, "Noem wat nog eens weg moet.", [Fault("states", "empty", _CHOOSE)])
    return sorted(map(State, set(states)))


_CHOOSE = f"kies uit: {', '.join(sorted(AGAIN))}"


def _wrong(state: str) -> tuple[str, str]:
    if state not in set(State):
        return "enum", _CHOOSE
    return f"not-{state}", _WHY_NOT[State(state)]


def _refuse_stopped(conn: Connection, row: AlertRow, now: datetime) -> None:
    state = deliveries.stopped(row.halted_at, row.superseded_at, row.expires_at, now)
    if state is None and row.stage is not Stage.APPROVED:
        raise conflict(f"Deze melding is niet geaccordeerd (stand: {row.stage.value}).")
    if state is not None:
        raise conflict(f"Deze melding verstuurt niets meer: {_WHY_NOT[state]}.")
    # Who is reached now would miss the correction: its addressees are frozen.
    if corrections.waiting(conn, row.id):
        raise conflict("Er wacht een correctie van deze melding op akkoord: beslis daar eerst over.")
