"""What replaces what, and whom a correction must reach: those who got, or may have got, what it replaces."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from broadcaster.model.alert import CORRECTED
from broadcaster.store import alerts, dialect
from broadcaster.store.alerts import AlertRow
from broadcaster.store.audience import VARIANT, Variant, as_variants
from broadcaster.store.columns import millis
from broadcaster.store.deliveries import ACTIVE, WENT_OUT
from broadcaster.store.freezing import Telling, counting
from broadcaster.store.tables import OPEN, alert


def chain(conn: Connection, row: AlertRow) -> list[AlertRow]:
    """What a correction would replace: the alert itself, what that replaced, and so on to the first."""
    found = [row]
    while (earlier := found[-1].replaces_id) is not None:
        replaced = alerts.get(conn, earlier)
        assert replaced is not None  # a foreign key
        found.append(replaced)
    return found


def supersede(conn: Connection, row: AlertRow, by: AlertRow, now: datetime) -> bool:
    """Note that an approved correction took an alert's place: what is unsent of it stops here. False when
    the alert is no longer where it was thought to be."""
    query = alert.update().where(
        alert.c.id == row.id, alert.c.stage == row.stage.value, alert.c.superseded_at.is_(None)
    )
    return conn.execute(query.values(stage=CORRECTED[by.msg_type].value, superseded_at=now)).rowcount == 1


def waiting(conn: Connection, alert_id: str) -> bool:
    """Whether a correction of an alert was submitted, and nobody has decided yet."""
    query = "SELECT 1 FROM alert WHERE replaces_id = :alert AND stage = 'submitted'"
    return conn.scalar(text(query), {"alert": alert_id}) is not None


# `went`: the addresses of every alert of the chain that got a message or may have, and those that are about
# to: `pending` is then their number in what is replaced (earlier alerts of a chain send nothing any more).
_REACHED = f"""
    WITH RECURSIVE chain (id) AS (
        SELECT CAST(:replaced AS text)
        UNION SELECT a.replaces_id FROM alert a JOIN chain c ON c.id = a.id WHERE a.replaces_id IS NOT NULL),
    went AS MATERIALIZED (
        SELECT e.address_id, CASE WHEN {WENT_OUT} THEN NULL ELSE e.n END AS pending
        FROM chain c JOIN alert ON alert.id = c.id JOIN addressee e ON e.alert_id = alert.id
        LEFT JOIN delivery d ON d.alert_id = e.alert_id AND d.n = e.n
        WHERE {WENT_OUT} OR ({ACTIVE} AND (d.id IS NULL OR d.{OPEN}))),
    """


def reached(conn: Connection, alert_id: str, now: datetime) -> dict[str, int]:
    """How many addresses of each channel kind a correction of an alert would go to."""
    query = (
        f"{_REACHED} named AS (SELECT DISTINCT a.kind, a.mark FROM went w JOIN address a ON a.id = w.address_id)"
        " SELECT kind, count(*) AS addresses FROM named GROUP BY kind ORDER BY kind"
    )
    with dialect.in_bulk(conn):
        rows = conn.execute(text(query), {"replaced": alert_id, "now": millis(now)}).all()
    return {row.kind: row.addresses for row in rows}


# The same reader under another row: moved by the provider's word, or put on the list anew since. A row that
# still stands goes first. One copy per address, and a certain one is not made to wait for an uncertain one. Only of
# addresses that stand in several rows is there anything to choose; for a million, looking all of them up by their
# mark took longer than all the rest.
_STANDS = "CASE WHEN b.retired_at IS NULL AND b.opted_out_at IS NULL AND r.retired_at IS NULL THEN 0 ELSE 1 END"
_READS = """r.id = b.recipient_id AND r.organisation_id = :organisation AND v.kind = b.kind AND v.language = r.language
          AND v.public = CASE WHEN r.public THEN 1 ELSE 0 END"""
_FOUND = f"""
    variant AS MATERIALIZED (SELECT * FROM {{variants}} v),
    moved AS MATERIALIZED (
        SELECT coalesce(a.moved_to_id, a.id) AS address_id, min(w.pending) AS pending,
               max(CASE WHEN w.pending IS NULL THEN 1 ELSE 0 END) AS certain
        FROM went w CROSS JOIN address a WHERE a.id = w.address_id GROUP BY coalesce(a.moved_to_id, a.id)),
    several AS MATERIALIZED (SELECT kind, mark FROM address GROUP BY kind, mark HAVING count(*) > 1),
    found AS (
        SELECT b.id AS address_id, b.kind, b.recipient_id, v.position AS rendition, m.pending, 1 AS copy, m.certain
        FROM moved m CROSS JOIN address b CROSS JOIN recipient r CROSS JOIN variant v
        WHERE b.id = m.address_id AND (b.kind, b.mark) NOT IN (SELECT kind, mark FROM several) AND {_READS}
        UNION ALL
        SELECT b.id, b.kind, b.recipient_id, v.position, m.pending,
               row_number() OVER (PARTITION BY b.kind, b.mark ORDER BY {_STANDS}, b.id),
               max(m.certain) OVER (PARTITION BY b.kind, b.mark)
        FROM moved m CROSS JOIN address a CROSS JOIN address b CROSS JOIN recipient r CROSS JOIN variant v
        WHERE a.id = m.address_id AND (a.kind, a.mark) IN (SELECT kind, mark FROM several)
          AND b.kind = a.kind AND b.mark = a.mark AND {_READS})
    """


def address(
    conn: Connection,
    row: AlertRow,
    variants: Sequence[Variant],
    posts: Sequence[Variant],
    now: datetime,
    telling: Telling | None = None,
) -> None:
    """Make everyone reached an addressee of a correction that is not frozen yet; `variants` and `posts` as in
    `audience.freeze`.

    Whose message is still on its way gets an update in its place. A withdrawal of what never went out says
    nothing: such an addressee keeps the number of what it waits for, and expansion looks what became of it.
    """
    found = _FOUND.format(variants=dialect.rows(conn, "variants", VARIANT))
    numbered = (
        "SELECT row_number() OVER (ORDER BY recipient_id, kind, address_id) AS n, address_id, rendition,"
        " CASE WHEN :withdraws = 1 AND certain = 0 THEN pending END AS pending FROM found WHERE copy = 1"
    )
    given = {
        "alert": row.id,
        "replaced": row.replaces_id,
        "organisation": row.organisation_id,
        "variants": as_variants(variants, posts),
        "withdraws": int(row.msg_type == "Cancel"),
        "now": millis(now),
    }
    with dialect.in_bulk(conn), counting(conn, telling) as (n, told):
        query = (
            f"INSERT INTO addressee (alert_id, n, address_id, rendition, pending_n) {_REACHED}{found}"
            f" SELECT :alert, {n}, address_id, rendition, pending FROM ({numbered}) numbered"
        )
        conn.execute(text(query), {**given, **told})
