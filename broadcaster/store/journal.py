"""The journal: what happened, in order, each line bound to the one before by its hash.

A line's hash is SHA-256 over canonical JSON (RFC 8785) of the line and the previous hash. A chain
alone cannot show that its tail was cut off, so its head also stands in a file beside the database.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785
import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.events import Event
from broadcaster.store import dialect
from broadcaster.store.columns import as_text, millis
from broadcaster.store.tables import journal

GENESIS = "0" * 64
_LOCK = 7_021_966
_INSERT = dialect.sql(
    "INSERT INTO journal (seq, at, kind, actor, object, data, previous, hash)"
    " VALUES (:seq, :at, :kind, :actor, :object, :data, :previous, :hash)"
)


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a journal: its number (0 for an empty one) and its hash."""

    seq: int
    hash: str


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a journal was tampered with, and how it shows."""

    seq: int
    why: str


def head(conn: Connection) -> Head:
    """The head of the chain."""
    row = conn.execute(dialect.sql("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")).one_or_none()
    return EMPTY if row is None else Head(row.seq, row.hash)


def append(conn: Connection, events: Sequence[Event], now: datetime) -> None:
    """Add events to the chain. The last thing a transaction does: it holds the chain's lock."""
    if not events:
        return
    dialect.one_at_a_time(conn, _LOCK)
    last = head(conn)
    for event in events:
        line = {
            "seq": last.seq + 1,
            "at": millis(now),
            "kind": event.kind,
            "actor": event.actor,
            "object": event.object,
            "data": event.data,
            "previous": last.hash,
        }
        last = Head(last.seq + 1, line_hash(line))
        conn.execute(_INSERT, line | {"data": as_text(event.data), "hash": last.hash})


def line_hash(line: dict[str, Any]) -> str:
    """The hash of a line; `at` in milliseconds, `hash` itself left out."""
    return hashlib.sha256(rfc8785.dumps(line)).hexdigest()


def lines(conn: Connection, since: int = 0) -> Iterator[dict[str, Any]]:
    """The lines after number `since`, in order."""
    # Page by page, not with a cursor at the server: whoever reads may stop half-way.
    query = sa.select(journal).order_by(journal.c.seq).limit(1000)
    while page := conn.execute(query.where(journal.c.seq > since)).mappings().all():
        yield from map(dict, page)
        since = page[-1]["seq"]


def stands(conn: Connection, seen: Head) -> bool:
    """Whether a head seen earlier still stands in the chain."""
    return seen.seq == 0 or conn.scalar(sa.select(journal.c.hash).where(journal.c.seq == seen.seq)) == seen.hash


def verify(conn: Connection, anchors: Sequence[Head] = (), hashes: Collection[str] = ()) -> Head | Broken:
    """Walk the chain; `anchors` are heads seen earlier, `hashes` those of which nobody kept the number: each must
    still stand in it."""
    wanted: dict[int, set[str]] = {}
    for anchor in anchors:
        if anchor.seq:
            wanted.setdefault(anchor.seq, set()).add(anchor.hash)
    missing = set(hashes) - {GENESIS}
    last = EMPTY
    try:
        for line in lines(conn):
            stored = line.pop("hash")
            if line["seq"] != last.seq + 1:
                return Broken(last.seq + 1, "a line is missing")
            if line["previous"] != last.hash or line_hash(line | {"at": millis(line["at"])}) != stored:
                return Broken(line["seq"], "a line was changed")
            if wanted.pop(line["seq"], {stored}) != {stored}:
                return Broken(line["seq"], "the journal was written anew: an earlier head does not stand in it")
            missing.discard(stored)
            last = Head(line["seq"], stored)
    except (ValueError, OverflowError):
        return Broken(last.seq + 1, "a line can no longer be read")
    if wanted:
        return Broken(last.seq + 1, f"lines were cut off: it went on to number {max(wanted)} before")
    if missing:
        return Broken(
            last.seq + 1, "lines were cut off or written anew: a head that stands in a board does not stand here"
        )
    return last


def read_head_file(path: Path) -> Head | None:
    """The head in the file beside the database; None when there is no file yet. ValueError when it is no head."""
    if not path.exists():
        return None
    seq, _, hash_ = path.read_text(encoding="ascii").strip().partition(" ")
    return Head(int(seq), hash_)


def write_head_file(path: Path, new: Head) -> None:
    """Replace the file durably; an older head never replaces a newer one."""
    old = read_head_file(path)
    if old is not None and old.seq >= new.seq:
        return
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="ascii") as file:
        file.write(f"{new.seq} {new.hash}\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def about(conn: Connection, objects: Sequence[str], kinds: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The lines about these objects (of these kinds, when given), in order."""
    query = sa.select(journal).where(journal.c.object.in_(objects)).order_by(journal.c.seq)
    if kinds:
        query = query.where(journal.c.kind.in_(kinds))
    return [dict(row) for row in conn.execute(query).mappings()]
