"""The register of contacts: one person proposes, another verifies; editing and retiring take two people too.

An edit is a proposal that replaces a line: whoever verifies it retires the old one in the same breath.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from broadcaster import ids
from broadcaster.model.contacts import Contact, ContactKind, key_of
from broadcaster.model.events import Event
from broadcaster.model.people import Caller, Role
from broadcaster.store import contacts, journal
from broadcaster.workflow.house import House, need_person
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, forbidden, not_found

USUAL = timedelta(days=365)
"""How long a verification holds when nobody says."""
_LONGEST = timedelta(days=5 * 366)
_OFFICERS = (Role.AUTHOR, Role.APPROVER)


def read(conn: Connection, contact_id: str, *, lock: bool = False) -> Contact:
    """A line of the register; Refused when there is none."""
    found = contacts.get(conn, contact_id, lock=lock) if ids.is_id(contact_id) else None
    if found is None:
        raise not_found("Dit contact")
    return found


def propose(
    conn: Connection,
    house: House,
    caller: Caller,
    kind: ContactKind,
    value: str,
    label: str,
    replaces: str | None,
    now: datetime,
) -> Contact:
    """Propose a contact; with `replaces`, instead of another."""
    need_person(caller, *_OFFICERS)
    try:
        key = key_of(kind, value)
    except ValueError as error:
        raise Refused(Why.INVALID, "Dit contact klopt niet.", [Fault("value", "form", str(error))]) from error
    old = _to_replace(conn, replaces) if replaces is not None else None
    for line in _known(conn, house):
        if (line.kind, line.key) == (kind, key) and (old is None or line.id != old.id):
            raise conflict("Dit contact staat al in de lijst.", Fault("value", "known", line.label))
    line = Contact(
        kind,
        value.strip(),
        key,
        label,
        ids.new_id(now),
        proposed_by=caller.person_id,
        proposed_at=now,
        replaces_id=replaces,
    )
    contacts.add(conn, line)
    _write_down(conn, "ContactProposed", caller, line, now)
    return line


def _to_replace(conn: Connection, contact_id: str) -> Contact:
    old = contacts.get(conn, contact_id) if ids.is_id(contact_id) else None
    if old is None or old.retired_at is not None:
        raise Refused(
            Why.INVALID, "Dit contact klopt niet.", [Fault("replaces", "unknown", "dat contact is er niet (meer)")]
        )
    return old


def _known(conn: Connection, house: House) -> Iterator[Contact]:
    yield from house.contacts
    yield from contacts.current(conn)


def verify(conn: Connection, caller: Caller, contact_id: str, until: datetime | None, now: datetime) -> Contact:
    """Say that somebody else's proposal is right (again), until `until`."""
    need_person(caller, *_OFFICERS)
    line = read(conn, contact_id, lock=True)
    if caller.person_id is None or caller.person_id == line.proposed_by:
        raise forbidden("U stelde dit contact voor: een ander moet het controleren.")
    _refuse_retired(line)
    until = until or now + USUAL
    if not now < until <= now + _LONGEST:
        fault = Fault("valid_until", "range", "kies een moment in de komende vijf jaar")
        raise Refused(Why.INVALID, "Dit contact klopt niet.", [fault])
    try:
        contacts.verify(conn, line.id or "", caller.person_id, until, now)
    except IntegrityError as error:
        raise forbidden("De database weigert dit: een ander moet dit contact controleren.") from error
    events = [Event("ContactVerified", caller.actor, contact_id, {"kind": line.kind.value})]
    old = contacts.get(conn, line.replaces_id, lock=True) if line.replaces_id and line.verified_at is None else None
    if old is not None and old.retired_at is None:
        # Two people agreed on the new one, so two people let go of the old one: its proposer and its verifier.
        contacts.doubt(conn, old.id or "", line.proposed_by or "", now)
        contacts.retire(conn, old.id or "", caller.person_id, now)
        events.append(Event("ContactRetired", caller.actor, old.id or "", {"replaced_by": contact_id}))
    journal.append(conn, events, now)
    return read(conn, contact_id)


def retire(conn: Connection, caller: Caller, contact_id: str, now: datetime) -> Contact:
    """Say that a contact is wrong. The first to say so puts it in doubt, another retires it; what nobody verified
    goes at once."""
    need_person(caller, *_OFFICERS)
    line = read(conn, contact_id, lock=True)
    _refuse_retired(line)
    person_id = caller.person_id or ""
    if line.verified_at is None or (line.doubted_by is not None and line.doubted_by != person_id):
        contacts.retire(conn, contact_id, person_id, now)
        _write_down(conn, "ContactRetired", caller, line, now)
    elif line.doubted_by == person_id:
        raise forbidden("U vroeg al om dit contact te schrappen: een ander moet het doen.")
    else:
        contacts.doubt(conn, contact_id, person_id, now)
        _write_down(conn, "ContactDoubted", caller, line, now)
    return read(conn, contact_id)


def _refuse_retired(line: Contact) -> None:
    if line.retired_at is not None:
        raise conflict("Dit contact is al geschrapt.")


def _write_down(conn: Connection, kind: str, caller: Caller, line: Contact, now: datetime) -> None:
    journal.append(conn, [Event(kind, caller.actor, line.id or "", {"kind": line.kind.value})], now)
