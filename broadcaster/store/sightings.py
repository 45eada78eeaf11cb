"""What was last seen of whoever fetches a board, and what it said that it shows.

Two people write here: who notes that boards are fetched (a set at a time), and who takes what screens and hosts say.
Neither touches the other's columns.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.board import Mode
from broadcaster.model.report import Showing
from broadcaster.store import dialect
from broadcaster.store.columns import as_text, millis
from broadcaster.store.tables import sighting, token


class Seen(NamedTuple):
    """Somebody fetched a board: by which token, and the number that it then had; None when it had none."""

    token_id: str
    point_id: str
    mode: Mode
    seen_at: datetime
    seq: int | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last of somebody. shown_at is None when it said so by a clock that nobody trusts."""

    token_id: str
    point_id: str
    mode: Mode
    seen_at: datetime | None
    seq: int | None
    shown_at: datetime | None
    shown: Showing | None


_COLUMNS = (("token_id", "text"), ("point_id", "text"), ("mode", "text"), ("seen_at", "bigint"), ("seq", "bigint"))


def note(conn: Connection, seen: Collection[Seen]) -> None:
    """Note fetches, all in one statement. An earlier one changes nothing; nor does one of a token that is gone."""
    if not seen:
        return
    rows = [[s.token_id, s.point_id, s.mode.value, millis(s.seen_at), s.seq] for s in seen]
    query = (
        "INSERT INTO sighting (token_id, point_id, mode, seen_at, seq)"
        f" SELECT n.token_id, n.point_id, n.mode, n.seen_at, n.seq FROM {dialect.rows(conn, 'seen', _COLUMNS)} AS n"
        " JOIN token t ON t.id = n.token_id WHERE t.revoked_at IS NULL"
        " ON CONFLICT (token_id, point_id, mode) DO UPDATE SET seen_at = excluded.seen_at, seq = excluded.seq"
        " WHERE sighting.seen_at IS NULL OR excluded.seen_at > sighting.seen_at"
    )
    conn.execute(dialect.sql(query), {"seen": dialect.as_rows(rows)})


def show(
    conn: Connection,
    token_id: str,
    point_id: str,
    mode: Mode,
    said: Showing,
    shown_at: datetime | None,
    shown_id: str | None = None,
) -> None:
    """Keep what somebody says it shows, unless it said something later. shown_id: of the report that said so, which
    decides among those of the same instant, and of clocks that nobody trusts; those give way to any other."""
    query = (
        "INSERT INTO sighting (token_id, point_id, mode, shown_at, shown_id, shown)"
        " VALUES (:token, :point, :mode, :at, :id, :shown)"
        " ON CONFLICT (token_id, point_id, mode) DO UPDATE"
        " SET shown_at = excluded.shown_at, shown_id = excluded.shown_id, shown = excluded.shown"
        " WHERE sighting.shown IS NULL OR coalesce(excluded.shown_at, -1) > coalesce(sighting.shown_at, -1)"
        " OR (coalesce(excluded.shown_at, -1) = coalesce(sighting.shown_at, -1)"
        " AND coalesce(excluded.shown_id, '') > coalesce(sighting.shown_id, ''))"
    )
    values: dict[str, Any] = {
        "token": token_id,
        "point": point_id,
        "mode": mode.value,
        "at": None if shown_at is None else millis(shown_at),
        "id": shown_id,
        "shown": as_text(said.model_dump(mode="json")),
    }
    conn.execute(dialect.sql(query), values)


def current(conn: Connection, mode: Mode) -> Sequence[Sighting]:
    """Of everybody who is still let in, by point."""
    query = sa.select(sighting).join_from(sighting, token).where(token.c.revoked_at.is_(None))
    query = query.where(sighting.c.mode == mode.value).order_by(sighting.c.point_id, sighting.c.token_id)
    return [
        Sighting(
            row["token_id"],
            row["point_id"],
            Mode(row["mode"]),
            row["seen_at"],
            row["seq"],
            row["shown_at"],
            None if row["shown"] is None else Showing.model_validate(row["shown"]),
        )
        for row in conn.execute(query).mappings()
    ]
