"""What was tried for the deliveries of an alert: the figures of a whole alert, and its ledger line by line."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.model.delivery import State


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one channel kind. retries: attempts after a delivery's first. failovers: accounts after its first that
    tried it; what moved before anything was tried is in the journal, what was withheld is no attempt.
    copies_max: the most transmissions of one delivery that may have gone out."""

    retries: int = 0
    failovers: int = 0
    copies_max: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery: what its provider knows it by, and its address, sealed. `transmissions` is how many
    copies may have gone out. `public`: it goes to a channel of ours that anybody may read."""

    reference: str
    recipient_id: int
    kind: str
    state: State
    transmissions: int
    sealed: bytes
    public: bool


def figures(conn: Connection, alert_id: str) -> dict[str, Figures]:
    """What an alert took, by channel kind."""
    query = (
        "SELECT d.kind, count(a.epoch) - count(DISTINCT a.delivery_id),"
        " count(DISTINCT d.id || a.account) - count(DISTINCT a.delivery_id), max(d.transmissions)"
        " FROM delivery d LEFT JOIN attempt a ON a.delivery_id = d.id AND a.outcome <> 'withheld'"
        " WHERE d.alert_id = :alert GROUP BY d.kind"
    )
    rows = conn.execute(text(query), {"alert": alert_id})
    return {kind: Figures(retries, failovers, copies_max) for kind, retries, failovers, copies_max in rows}


def ledger(conn: Connection, alert_id: str) -> list[Entry]:
    """Every delivery of an alert, in order."""
    query = (
        "SELECT d.n, a.recipient_id, d.kind, d.state, d.transmissions, a.sealed, r.public FROM delivery d"
        " JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n JOIN address a ON a.id = e.address_id"
        " JOIN recipient r ON r.id = a.recipient_id"
        " WHERE d.alert_id = :alert ORDER BY d.n"
    )
    return [
        Entry(ids.reference(alert_id, n), recipient_id, kind, State(state), transmissions, bytes(sealed), bool(public))
        for n, recipient_id, kind, state, transmissions, sealed, public in conn.execute(
            text(query), {"alert": alert_id}
        )
    ]
