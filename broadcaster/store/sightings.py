"""What was last seen of whoever fetches a board, and what it said that it shows.

Two people write here: who notes that boards are fetched (a set at a time), and who takes what screens and hosts say.
Neither touches the other's columns.
"""

from collections.abc import Collection
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
class Said:
    """What somebody said. at: when; None by a clock that nobody trusts."""

    at: datetime | None
    what: Showing


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last of somebody: its fetch, what it said of its screen, and of its wall."""

    token_id: str
    point_id: str
    mode: Mode
    seen_at: datetime | None
    seq: int | None
    screen: Said | None
    paper: Said | None


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
    at: datetime | None,
    report_id: str | None = None,
) -> None:
    """Keep what somebody says is on or hangs, each unless it said something later of it. report_id: of the report that
    said so, which decides among those of the same instant, and of clocks that nobody trusts; those give way to any
    other."""
    if said.screen is not None or said.seq is not None:
        _put(conn, "screen", token_id, point_id, mode, said.model_copy(update={"paper": None}), at, report_id)
    if said.paper is not None:
        _put(conn, "paper", token_id, point_id, mode, Showing(paper=said.paper), at, report_id)


def _put(
    conn: Connection,
    what: str,
    token_id: str,
    point_id: str,
    mode: Mode,
    said: Showing,
    at: datetime | None,
    report_id: str | None,
) -> None:
    new, old = f"coalesce(excluded.{what}_at, -1)", f"coalesce(sighting.{what}_at, -1)"
    query = (
        f"INSERT INTO sighting (token_id, point_id, mode, {what}_at, {what}_id, {what})"
        " VALUES (:token, :point, :mode, :at, :id, :said)"
        " ON CONFLICT (token_id, point_id, mode) DO UPDATE"
        f" SET {what}_at = excluded.{what}_at, {what}_id = excluded.{what}_id, {what} = excluded.{what}"
        f" WHERE sighting.{what} IS NULL OR {new} > {old} OR ({new} = {old}"
        f" AND coalesce(excluded.{what}_id, '') > coalesce(sighting.{what}_id, ''))"
    )
    values: dict[str, Any] = {
        "token": token_id,
        "point": point_id,
        "mode": mode.value,
        "at": None if at is None else millis(at),
        "id": report_id,
        "said": as_text(said.model_dump(mode="json", exclude_none=True)),
    }
    conn.execute(dialect.sql(query), values)


def current(conn: Connection, mode: Mode) -> list[Sighting]:
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
            _said(row["screen"], row["screen_at"]),
            _said(row["paper"], row["paper_at"]),
        )
        for row in conn.execute(query).mappings()
    ]


def _said(what: Any, at: datetime | None) -> Said | None:
    return None if what is None else Said(at, Showing.model_validate(what))
