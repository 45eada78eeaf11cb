"""The register of contacts: proposed by one person, verified by another, retired by two. Lines are kept."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.contacts import Contact, ContactKind
from broadcaster.store.tables import contact

_MOST = 10_000
"""Lines that are read at once; a register is a page or two."""


def add(conn: Connection, line: Contact) -> None:
    """Store a proposal."""
    conn.execute(
        contact.insert().values(
            id=line.id,
            kind=line.kind.value,
            value=line.value,
            key=line.key,
            label=line.label,
            replaces_id=line.replaces_id,
            proposer_id=line.proposed_by,
            proposed_at=line.proposed_at,
        )
    )


def get(conn: Connection, contact_id: str, *, lock: bool = False) -> Contact | None:
    """One line; None when there is none. lock: until the transaction ends."""
    query = sa.select(contact).where(contact.c.id == contact_id)
    return next(iter(_lines(conn, query.with_for_update() if lock else query)), None)


def current(conn: Connection) -> list[Contact]:
    """Every line that is not retired, the latest first."""
    query = sa.select(contact).where(contact.c.retired_at.is_(None))
    return _lines(conn, query.order_by(contact.c.id.desc()).limit(_MOST))


def listed(conn: Connection, before: str | None, limit: int) -> list[Contact]:
    """Every line there ever was, the latest first, those older than `before`."""
    query = sa.select(contact).order_by(contact.c.id.desc()).limit(limit)
    return _lines(conn, query if before is None else query.where(contact.c.id < before))


def retired_since(conn: Connection, at: datetime) -> bool:
    """Whether any line was retired at or after an instant."""
    return conn.scalar(sa.select(contact.c.id).where(contact.c.retired_at >= at).limit(1)) is not None


def verify(conn: Connection, contact_id: str, person_id: str, until: datetime, now: datetime) -> None:
    """Somebody else called or looked: it holds until `until`, and nobody doubts it any more."""
    values = {"verifier_id": person_id, "verified_at": now, "valid_until": until}
    _change(conn, contact_id, values | {"doubter_id": None, "doubted_at": None})


def doubt(conn: Connection, contact_id: str, person_id: str, now: datetime) -> None:
    """Somebody says that it is wrong."""
    _change(conn, contact_id, {"doubter_id": person_id, "doubted_at": now})


def retire(conn: Connection, contact_id: str, person_id: str, now: datetime) -> None:
    """It is not used any more."""
    _change(conn, contact_id, {"retirer_id": person_id, "retired_at": now})


def _change(conn: Connection, contact_id: str, values: dict[str, object]) -> None:
    conn.execute(contact.update().where(contact.c.id == contact_id).values(values))


def _lines(conn: Connection, query: sa.Select[tuple[object, ...]]) -> list[Contact]:
    return [_line(row) for row in _mappings(conn, query)]


def _mappings(conn: Connection, query: sa.Select[tuple[object, ...]]) -> Iterable[sa.RowMapping]:
    return conn.execute(query).mappings()


def _line(row: sa.RowMapping) -> Contact:
    return Contact(
        kind=ContactKind(row["kind"]),
        value=row["value"],
        key=row["key"],
        label=row["label"],
        id=row["id"],
        proposed_by=row["proposer_id"],
        proposed_at=row["proposed_at"],
        verified_by=row["verifier_id"],
        verified_at=row["verified_at"],
        valid_until=row["valid_until"],
        replaces_id=row["replaces_id"],
        doubted_by=row["doubter_id"],
        doubted_at=row["doubted_at"],
        retired_by=row["retirer_id"],
        retired_at=row["retired_at"],
    )
