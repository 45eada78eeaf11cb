"""Readers who said something: they ask for our messages, want no more of them, or have another address now.

Every word has an instant by the provider's own clock, in microseconds since 1970 (`heard`); of two about one address
the later one holds, in whatever order they come. A stop wins from a start of the same instant. Areas only grow.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from broadcaster.store import audience, dialect
from broadcaster.store.columns import millis
from broadcaster.store.tables import address, recipient

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MOVES = 8  # a chat moves once, to a supergroup: a longer chain is a loop


class Reader(NamedTuple):
    """Somebody who asked for our messages. name: what they are called, sealed; the same for all, because we do not
    ask. chosen: the language is no guess. areas: which ones they are told about."""

    kind: str
    sealed: bytes
    mark: bytes
    name: bytes
    language: str
    chosen: bool
    areas: tuple[str, ...]


def heard_at(at: datetime) -> int:
    """An instant as the columns have it."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def is_known(conn: Connection, kind: str, mark: bytes) -> bool:
    """Whether an address is, or was, somebody's."""
    query = dialect.sql("SELECT 1 FROM address WHERE kind = :kind AND mark = :mark LIMIT 1")
    return conn.scalar(query, {"kind": kind, "mark": mark}) is not None


def current(conn: Connection, kind: str, mark: bytes) -> bytes:
    """The mark that an address has now: its own, or that of where it moved to."""
    for _ in range(_MOST_MOVES):
        query = dialect.sql(
            "SELECT b.mark FROM address a LEFT JOIN address b ON b.id = a.moved_to_id"
            " WHERE a.kind = :kind AND a.mark = :mark ORDER BY a.retired_at IS NOT NULL, a.id DESC LIMIT 1"
        )
        to = conn.scalar(query, {"kind": kind, "mark": mark})
        if to is None:
            break
        mark = bytes(to)
    return mark


# --- a start ---------------------------------------------------------------------------------------


def subscribe(conn: Connection, organisation_id: str, reader: Reader, heard: int, now: datetime) -> None:
    """Make a reader a recipient of an organisation, in a group that is called as the kind; who is one already keeps
    what they chose later than `heard`. Whether they stopped since is `start`'s to say."""
    found = _recipient(conn, organisation_id, reader.kind, reader.mark)
    id_ = _added(conn, organisation_id, reader, now) if found is None else found
    _join(conn, organisation_id, id_, reader)
    if reader.chosen:
        query = (
            "UPDATE recipient SET language = :language, language_heard = :heard"
            " WHERE id = :id AND coalesce(language_heard, -1) < :heard"
        )
        conn.execute(dialect.sql(query), {"id": id_, "language": reader.language, "heard": heard})


def start(conn: Connection, kind: str, mark: bytes, heard: int) -> bool:
    """Send to an address again; False when a later word stands."""
    query = (
        "UPDATE address SET opted_out_at = NULL, heard = :heard WHERE kind = :kind AND mark = :mark AND heard < :heard"
    )
    return conn.execute(dialect.sql(query), {"kind": kind, "mark": mark, "heard": heard}).rowcount > 0


def _recipient(conn: Connection, organisation_id: str, kind: str, mark: bytes) -> int | None:
    query = dialect.sql(
        "SELECT r.id FROM address a JOIN recipient r ON r.id = a.recipient_id WHERE r.organisation_id = :organisation"
        " AND r.subscribed_at IS NOT NULL AND r.retired_at IS NULL AND a.retired_at IS NULL"
        " AND a.kind = :kind AND a.mark = :mark ORDER BY r.id LIMIT 1"
    )
    found = conn.scalar(query, {"organisation": organisation_id, "kind": kind, "mark": mark})
    return None if found is None else int(found)


def _added(conn: Connection, organisation_id: str, reader: Reader, now: datetime) -> int:
    values = {"organisation_id": organisation_id, "name": reader.name, "language": reader.language, "added_at": now}
    made = conn.execute(recipient.insert().values(subscribed_at=now, **values).returning(recipient.c.id)).scalar_one()
    _add_address(conn, int(made), reader.kind, reader.sealed, reader.mark, now)
    return int(made)


def _add_address(conn: Connection, recipient_id: int, kind: str, sealed: bytes, mark: bytes, now: datetime) -> int:
    """One more row for an address; what was said of it elsewhere holds here too."""
    query = dialect.sql(
        "SELECT heard, opted_out_at FROM address WHERE kind = :kind AND mark = :mark"
        " ORDER BY heard DESC, opted_out_at IS NULL LIMIT 1"
    )
    said = conn.execute(query, {"kind": kind, "mark": mark}).one_or_none()
    values = {"recipient_id": recipient_id, "kind": kind, "sealed": sealed, "mark": mark, "added_at": now}
    made = conn.execute(address.insert().values(heard=said.heard if said else 0, **values).returning(address.c.id))
    id_ = int(made.scalar_one())
    if said and said.opted_out_at is not None:
        query = dialect.sql("UPDATE address SET opted_out_at = :at WHERE id = :id")
        conn.execute(query, {"id": id_, "at": said.opted_out_at})
    return id_


def _join(conn: Connection, organisation_id: str, recipient_id: int, reader: Reader) -> None:
    group = audience.group_ids(conn, organisation_id, {reader.kind})[reader.kind]
    for table, column, values in (
        ("recipient_group", "group_id", [group]),
        ("recipient_area", "area_id", reader.areas),
    ):
        query = dialect.sql(f"INSERT INTO {table} ({column}, recipient_id) VALUES (:value, :id) ON CONFLICT DO NOTHING")
        for value in values:
            conn.execute(query, {"value": value, "id": recipient_id})


# --- a move ----------------------------------------------------------------------------------------


def move(conn: Connection, kind: str, old: bytes, sealed: bytes, new: bytes, now: datetime) -> int:
    """Give whoever has the `old` address the `new` one (its text `sealed`); how many recipients."""
    query = dialect.sql(
        "SELECT a.id, a.recipient_id, a.heard, a.opted_out_at, r.organisation_id, r.language, r.language_heard,"
        " r.subscribed_at FROM address a JOIN recipient r ON r.id = a.recipient_id"
        " WHERE a.kind = :kind AND a.mark = :mark AND a.retired_at IS NULL ORDER BY a.id"
    )
    standing: Sequence[Row[Any]] = conn.execute(query, {"kind": kind, "mark": old}).all()
    for row in standing:
        _move_one(conn, row, kind, sealed, new, now)
    return len(standing)


def _move_one(conn: Connection, row: Row[Any], kind: str, sealed: bytes, new: bytes, now: datetime) -> None:
    host = _recipient(conn, row.organisation_id, kind, new) if row.subscribed_at is not None else None
    into = row.recipient_id if host is None else host
    query = dialect.sql(
        "SELECT id FROM address WHERE recipient_id = :recipient AND kind = :kind AND mark = :mark"
        " AND retired_at IS NULL ORDER BY id LIMIT 1"
    )
    found = conn.scalar(query, {"recipient": into, "kind": kind, "mark": new})
    target = _add_address(conn, into, kind, sealed, new, now) if found is None else int(found)
    inherit = (
        "UPDATE address SET opted_out_at = :out, heard = :heard WHERE kind = :kind AND mark = :mark AND heard < :heard"
    )
    given = {"kind": kind, "mark": new, "heard": row.heard, "out": row.opted_out_at}
    conn.execute(dialect.sql(inherit), given)
    retire = "UPDATE address SET retired_at = :now, moved_to_id = :target WHERE id = :id"
    conn.execute(dialect.sql(retire), {"id": row.id, "target": target, "now": millis(now)})
    if into != row.recipient_id:
        _merge(conn, row, into, now)


def _merge(conn: Connection, row: Row[Any], into: int, now: datetime) -> None:
    """Two recipients turn out to be one reader: who had the new address takes over what the other chose."""
    given = {"from": row.recipient_id, "into": into, "language": row.language, "heard": row.language_heard}
    for statement in (
        "UPDATE recipient SET language = :language, language_heard = :heard"
        " WHERE id = :into AND coalesce(language_heard, -1) < coalesce(CAST(:heard AS bigint), -1)",
        "INSERT INTO recipient_area (area_id, recipient_id) SELECT area_id, :into FROM recipient_area"
        " WHERE recipient_id = :from ON CONFLICT DO NOTHING",
        "UPDATE recipient SET retired_at = :now WHERE id = :from AND NOT EXISTS"
        " (SELECT 1 FROM address WHERE recipient_id = :from AND retired_at IS NULL)",
    ):
        conn.execute(dialect.sql(statement), given | {"now": millis(now)})
