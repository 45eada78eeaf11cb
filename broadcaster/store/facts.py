"""What providers told us: kept raw and sealed before anything is made of it."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, text

from broadcaster.model.delivery import State, may
from broadcaster.store.columns import millis
from broadcaster.store.subscribers import heard_at
from broadcaster.store.tables import fact


def keep(conn: Connection, account: str, sealed: bytes, now: datetime) -> int:
    """Store a provider's request; its number."""
    values = {"account": account, "received_at": now, "sealed": sealed}
    return int(conn.execute(fact.insert().values(values).returning(fact.c.id)).scalar_one())


def waiting(conn: Connection, after: int, limit: int) -> list[tuple[int, str, bytes, datetime]]:
    """Requests after number `after` of which nothing was made yet, as (number, account, sealed, received)."""
    query = sa.select(fact.c.id, fact.c.account, fact.c.sealed, fact.c.received_at)
    query = query.where(fact.c.applied_at.is_(None), fact.c.id > after)
    return [
        (id_, account, bytes(sealed), at)
        for id_, account, sealed, at in conn.execute(query.order_by(fact.c.id).limit(limit))
    ]


def applied(conn: Connection, fact_id: int, note: str, now: datetime) -> None:
    """Something was made of a request, or there was nothing to make of it; `note` says which."""
    conn.execute(
        fact.update().where(fact.c.id == fact_id, fact.c.applied_at.is_(None)).values(applied_at=now, note=note)
    )


def delivery_of(conn: Connection, alert_id: str, n: int) -> tuple[int, State, bytes] | None:
    """A delivery by its reference: its id, its state, and the keyed hash of its address."""
    query = text(
        "SELECT d.id, d.state, a.mark FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n"
        " JOIN address a ON a.id = e.address_id WHERE d.alert_id = :alert AND d.n = :n"
    )
    row = conn.execute(query, {"alert": alert_id, "n": n}).one_or_none()
    return None if row is None else (row.id, State(row.state), bytes(row.mark))


class Reader(NamedTuple):
    """Whom an alert went to, as far as nobody can be recognised by it. `language` is that of what they got."""

    kind: str
    mark: bytes
    language: str
    organisation: str
    opted_out: bool


def reader_of(conn: Connection, alert_id: str, n: int) -> Reader | None:
    """The addressee of that number of an alert."""
    query = text(
        "SELECT a.kind, a.mark, r.language, o.name, a.opted_out_at IS NOT NULL FROM addressee e"
        " JOIN address a ON a.id = e.address_id JOIN alert l ON l.id = e.alert_id"
        " JOIN organisation o ON o.id = l.organisation_id"
        " JOIN rendition r ON r.alert_id = e.alert_id AND r.position = e.rendition"
        " WHERE e.alert_id = :alert AND e.n = :n"
    )
    row = conn.execute(query, {"alert": alert_id, "n": n}).one_or_none()
    return None if row is None else Reader(row[0], bytes(row[1]), row[2], row[3], bool(row[4]))


def confirm(conn: Connection, delivery_id: int, before: State, after: State, reason: str | None, now: datetime) -> bool:
    """Move a delivery at rest to what a receipt says; False when it may not go there."""
    if not may(before, after):
        return False
    query = text(
        "UPDATE delivery SET state = :after, state_at = :now, reason = :reason WHERE id = :id AND state = :before"
    )
    parameters = {"id": delivery_id, "before": before.value, "after": after.value, "reason": reason, "now": millis(now)}
    return conn.execute(query, parameters).rowcount == 1


def opt_out(conn: Connection, kind: str, mark: bytes, now: datetime, heard: int | None = None) -> int:
    """Send no more to an address, whoever shares it; how many rows. `heard`: when that was said, see
    `subscribers`; a later start stands."""
    query = text(
        "UPDATE address SET opted_out_at = coalesce(opted_out_at, :now), heard = :heard"
        " WHERE kind = :kind AND mark = :mark AND (heard < :heard OR heard = :heard AND opted_out_at IS NULL)"
    )
    heard = heard_at(now) if heard is None else heard
    return conn.execute(query, {"kind": kind, "mark": mark, "now": millis(now), "heard": heard}).rowcount
