"""Boards: the number that each support point's board has reached, and the last one signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy import Connection, text

from broadcaster.model.board import Mode
from broadcaster.store.tables import board, board_key

_NONE: Mapping[tuple[str, Mode], int] = MappingProxyType({})


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


def unsigned(conn: Connection, *, lock: bool = False) -> list[tuple[str, Mode, int]]:
    """Boards whose number moved on since they were signed, as (point, mode, number). `lock`: whoever would give one of
    them another number, or sign it too, waits for this transaction."""
    query = sa.select(board.c.point_id, board.c.mode, board.c.seq).where(board.c.seq > board.c.signed_seq)
    query = query.order_by(board.c.point_id, board.c.mode)
    found = conn.execute(query.with_for_update() if lock else query)
    return [(point, Mode(mode), seq) for point, mode, seq in found]


def store_signed(
    conn: Connection, point_id: str, mode: Mode, seq: int, jws: str, key_epoch: int, now: datetime
) -> None:
    """Keep a signed board, unless a newer one came first."""
    query = board.update().where(board.c.point_id == point_id, board.c.mode == mode.value, board.c.signed_seq < seq)
    conn.execute(query.values(signed_seq=seq, jws=jws, key_epoch=key_epoch, issued_at=now))


def signed(conn: Connection, known: Mapping[tuple[str, Mode], int] = _NONE) -> list[SignedBoard]:
    """The last signed board of every point, without those whose number is `known`."""
    numbers = sa.select(board.c.point_id, board.c.mode, board.c.signed_seq).where(board.c.jws.is_not(None))
    news = [(point, mode) for point, mode, seq in conn.execute(numbers) if known.get((point, Mode(mode))) != seq]
    return [_signed(conn, point, mode) for point, mode in news]


def _signed(conn: Connection, point: str, mode: str) -> SignedBoard:
    query = sa.select(board.c.signed_seq, board.c.jws).where(board.c.point_id == point, board.c.mode == mode)
    seq, jws = conn.execute(query).one()
    return SignedBoard(point, Mode(mode), seq, jws)


def keep_key(conn: Connection, kid: str, mode: Mode, epoch: int, certificate: str, now: datetime) -> None:
    """Note a key that signs boards, with its root's certificate; a known one stays as it is."""
    known = conn.scalar(sa.select(board_key.c.kid).where(board_key.c.kid == kid))
    if known is None:
        values = {"kid": kid, "mode": mode.value, "epoch": epoch, "certificate": certificate, "added_at": now}
        conn.execute(board_key.insert().values(values))
