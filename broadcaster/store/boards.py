"""Boards: the number that each support point's board has reached, and the last one signed."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, text

from broadcaster.model.board import Mode
from broadcaster.store.tables import board, board_key


@dataclass(frozen=True, slots=True)
class SignedBoard:
    """The last signed board of a point."""

    point_id: str
    mode: Mode
    seq: int
    jws: str


def next_number(conn: Connection, point_id: str, mode: Mode) -> int:
    """Allocate a board's next number, in the transaction that changes what it shows."""
    query = (
        "INSERT INTO board (point_id, mode, seq) VALUES (:point, :mode, 1)"
        " ON CONFLICT (point_id, mode) DO UPDATE SET seq = board.seq + 1 RETURNING seq"
    )
    return int(conn.execute(text(query), {"point": point_id, "mode": mode.value}).scalar_one())


def ensure(conn: Connection, point_ids: list[str]) -> None:
    """Give points that have no board yet an empty first one, so that a display has something to verify."""
    known = {(point, mode) for point, mode in conn.execute(sa.select(board.c.point_id, board.c.mode))}
    for point_id in point_ids:
        for mode in Mode:
            if (point_id, mode.value) not in known:
                next_number(conn, point_id, mode)


def renew(conn: Connection, mode: Mode, key_epoch: int, before: datetime) -> None:
    """Give a next number to boards signed before an instant, or by another key epoch: they are signed anew."""
    query = board.update().where(board.c.mode == mode.value, board.c.seq == board.c.signed_seq)
    old = sa.or_(board.c.issued_at < before, board.c.key_epoch != key_epoch)
    conn.execute(query.where(old).values(seq=board.c.seq + 1))


def unsigned(conn: Connection) -> list[tuple[str, Mode, int]]:
    """Boards whose number moved on since they were signed, as (point, mode, number)."""
    query = sa.select(board.c.point_id, board.c.mode, board.c.seq).where(board.c.seq > board.c.signed_seq)
    return [(point, Mode(mode), seq) for point, mode, seq in conn.execute(query.order_by(board.c.point_id))]


def store_signed(
    conn: Connection, point_id: str, mode: Mode, seq: int, jws: str, key_epoch: int, now: datetime
) -> None:
    """Keep a signed board, unless a newer one came first."""
    query = board.update().where(board.c.point_id == point_id, board.c.mode == mode.value, board.c.signed_seq < seq)
    conn.execute(query.values(signed_seq=seq, jws=jws, key_epoch=key_epoch, issued_at=now))


def signed(conn: Connection) -> list[SignedBoard]:
    """The last signed board of every point."""
    query = sa.select(board.c.point_id, board.c.mode, board.c.signed_seq, board.c.jws).where(board.c.jws.is_not(None))
    return [SignedBoard(point, Mode(mode), seq, jws) for point, mode, seq, jws in conn.execute(query)]


def keep_key(conn: Connection, kid: str, mode: Mode, epoch: int, certificate: str, now: datetime) -> None:
    """Note a key that signs boards, with its root's certificate; a known one stays as it is."""
    known = conn.scalar(sa.select(board_key.c.kid).where(board_key.c.kid == kid))
    if known is None:
        values = {"kid": kid, "mode": mode.value, "epoch": epoch, "certificate": certificate, "added_at": now}
        conn.execute(board_key.insert().values(values))
