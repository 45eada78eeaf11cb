"""Devices that were let in, and the codes that let them in. A code is kept as a keyed hash, and used once."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model.device import Device, DeviceKind
from broadcaster.store.tables import device, device_code, token


def add_code(
    conn: Connection, mark: bytes, point_id: str, kind: DeviceKind, now: datetime, expires_at: datetime
) -> None:
    """Keep a code that may be used once."""
    values = {"mark": mark, "point_id": point_id, "kind": kind.value, "created_at": now, "expires_at": expires_at}
    conn.execute(device_code.insert().values(values))


def use_code(conn: Connection, mark: bytes, kind: DeviceKind, now: datetime) -> str | None:
    """Use a code up for a device of this kind: the point that it was made for. None when it is unknown, was used, is
    too old, or is for another kind."""
    open_ones = (device_code.c.used_at.is_(None), device_code.c.expires_at > now)
    query = device_code.update().where(device_code.c.mark == mark, device_code.c.kind == kind.value, *open_ones)
    found = conn.scalars(query.values(used_at=now).returning(device_code.c.point_id)).one_or_none()
    return None if found is None else str(found)


def forget_codes(conn: Connection, before: datetime) -> None:
    """Let go of codes that ended before an instant."""
    conn.execute(device_code.delete().where(device_code.c.expires_at < before))


def add(conn: Connection, row: Device) -> None:
    """Let a device in. IntegrityError when another has its key."""
    conn.execute(
        device.insert().values(
            id=row.id,
            token_id=row.token_id,
            point_id=row.point_id,
            kind=row.kind.value,
            name=row.name,
            kid=row.kid,
            x=row.x,
            enrolled_at=row.enrolled_at,
        )
    )


def has_key(conn: Connection, kid: str) -> bool:
    """Whether any device, of now or before, has this key."""
    return conn.scalar(sa.select(device.c.id).where(device.c.kid == kid)) is not None


def get(conn: Connection, device_id: str) -> Device | None:
    """One device; None when there is none."""
    return next(iter(_found(conn, sa.select(device).where(device.c.id == device_id))), None)


def by_kid(conn: Connection, kids: Collection[str]) -> dict[str, Device]:
    """Devices by their key, revoked ones too."""
    found = _found(conn, sa.select(device).where(device.c.kid.in_(sorted(kids))))
    return {item.kid: item for item in found if item.kid is not None}


def listed(conn: Connection) -> list[Device]:
    """Every device there ever was, by point, the latest first."""
    return _found(conn, sa.select(device).order_by(device.c.point_id, device.c.id.desc()))


def revoke(conn: Connection, device_id: str, now: datetime) -> bool:
    """Let a device in no more: its token and its key are worthless. False when there was no such valid one."""
    query = device.update().where(device.c.id == device_id, device.c.revoked_at.is_(None))
    token_id = conn.scalar(query.values(revoked_at=now).returning(device.c.token_id))
    if token_id is None:
        return False
    conn.execute(token.update().where(token.c.id == token_id, token.c.revoked_at.is_(None)).values(revoked_at=now))
    return True


def _found(conn: Connection, query: sa.Select[tuple[object, ...]]) -> list[Device]:
    return [
        Device(
            row["id"],
            row["token_id"],
            row["point_id"],
            DeviceKind(row["kind"]),
            row["name"],
            row["kid"],
            row["x"],
            row["enrolled_at"],
            row["revoked_at"],
        )
        for row in conn.execute(query).mappings()
    ]
