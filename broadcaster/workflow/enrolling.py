"""Letting a device in: a code, made for one point and kind, is typed once and becomes a token of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.device import CODE_IN, Device, DeviceKind, new_code, read_code
from broadcaster.model.events import Event
from broadcaster.seal import Seal, SignatureError, fingerprint, public_key
from broadcaster.settings import Settings
from broadcaster.store import devices, journal, people
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, not_found

_CONTEXT = "device code"


@dataclass(frozen=True, slots=True)
class Code:
    """A code to hand out: shown once."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device, and its token: shown once."""

    device: Device
    token: str = field(repr=False)


def invite(
    conn: Connection, settings: Settings, seal: Seal, actor: str, point_id: str, kind: DeviceKind, now: datetime
) -> Code:
    """A code that lets in one device of a kind at a point, within a day."""
    if point_id not in settings.scope_of(point_id):
        raise Refused(Why.INVALID, "Deze code kan niet.", [Fault("point", "unknown", "kies een noodsteunpunt")])
    code, expires_at = new_code(), now + CODE_IN
    devices.forget_codes(conn, now - CODE_IN)
    devices.add_code(conn, seal.mark(read_code(code) or "", _CONTEXT), point_id, kind, now, expires_at)
    journal.append(conn, [Event("DeviceInvited", actor, point_id, {"kind": kind.value})], now)
    return Code(code, expires_at)


def letters_of(code: str) -> str:
    """What is typed, as a code; refused when a letter must be wrong."""
    letters = read_code(code)
    if letters is None:
        raise _wrong(Fault("code", "check", "er staat een teken verkeerd: kijk nog eens naar het briefje"))
    return letters


def enrol(
    conn: Connection,
    settings: Settings,
    seal: Seal,
    letters: str,
    kind: DeviceKind,
    name: str,
    key: Mapping[str, Any] | None,
    now: datetime,
) -> Enrolled:
    """Use a code up. key: the public half, as a JWK; a relay needs one."""
    kid, x = _key_of(key, kind)
    point_id = devices.use_code(conn, seal.mark(letters, _CONTEXT), kind, now)
    if point_id is None or point_id not in settings.scope_of(point_id):
        raise _wrong(Fault("code", "unknown", "deze code is niet (meer) geldig: vraag een nieuwe"))
    if kid is not None and devices.has_key(conn, kid):
        raise _wrong(Fault("key", "known", "deze sleutel is al van een ander apparaat: maak een nieuwe"))
    token_id, secret = ids.new_id(now), ids.new_secret()
    people.add_token(conn, token_id, secret, now, point_id=point_id)
    row = Device(ids.new_id(now), token_id, point_id, kind, name, kid, x, now, None)
    devices.add(conn, row)
    event = Event("DeviceEnrolled", f"token:{token_id}", row.id, {"point": point_id, "kind": kind.value})
    journal.append(conn, [event], now)
    return Enrolled(row, secret)


def revoke(conn: Connection, actor: str, device_id: str, now: datetime) -> Device:
    """Let a device in no more."""
    found = devices.get(conn, device_id)
    if found is None:
        raise not_found("Dit apparaat")
    if not devices.revoke(conn, device_id, now):
        raise conflict("Dit apparaat was al ingetrokken.")
    journal.append(conn, [Event("DeviceRevoked", actor, device_id, {"point": found.point_id})], now)
    return found


def _key_of(key: Mapping[str, Any] | None, kind: DeviceKind) -> tuple[str | None, str | None]:
    if key is None:
        if kind is DeviceKind.RELAY:
            raise _wrong(Fault("key", "missing", "een relaispost heeft een sleutel nodig"))
        return None, None
    try:
        return fingerprint(public_key(key)), str(key["x"])
    except SignatureError:
        raise _wrong(Fault("key", "key", "dit is geen openbare Ed25519-sleutel (JWK)")) from None


def _wrong(fault: Fault) -> Refused:
    return Refused(Why.INVALID, "Dit apparaat kan zo niet worden aangemeld.", [fault])
