"""Opening and closing incidents from the command line; each is in the journal."""

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.clock import SystemClock
from broadcaster.model.events import SYSTEM, Event
from broadcaster.settings import Settings
from broadcaster.store import alerts, incidents, journal
from broadcaster.store.incidents import HIGHEST_GRIP, IncidentRow

_LONGEST = 60
"""Characters: the name stands in the bar of every page about it."""


class IncidentError(Exception):
    """What was asked of an incident cannot be; the message says what to do."""


def open_one(conn: Connection, settings: Settings, name: str, grip: int, organisation: str | None) -> str:
    """Open an incident; the id."""
    owner, now = _owner(settings, organisation), SystemClock().now()
    if not (name.strip() == name and name.isprintable() and 0 < len(name) <= _LONGEST):
        raise IncidentError(f"A name is one line of at most {_LONGEST} characters: give another.")
    if any(item.name == name for item in incidents.ongoing(conn)):
        raise IncidentError(f"There is an incident '{name}' already: close it, or give this one another name.")
    _check(grip)
    alerts.sync_organisations(conn, [(item.id, item.name, item.sender) for item in settings.organisations])
    incident_id = ids.new_id(now)
    incidents.add(conn, incident_id, owner, name, grip, now)
    journal.append(conn, [Event("IncidentOpened", SYSTEM, incident_id, {"grip": grip})], now)
    return incident_id


def raise_to(conn: Connection, name: str, grip: int) -> None:
    """Handle an incident at another GRIP level, up or down."""
    found, now = _named(conn, name), SystemClock().now()
    _check(grip)
    incidents.set_grip(conn, found.id, grip)
    journal.append(conn, [Event("GripChanged", SYSTEM, found.id, {"grip": grip})], now)


def close(conn: Connection, name: str) -> None:
    """Close an incident: it is offered to no new draft."""
    found, now = _named(conn, name), SystemClock().now()
    incidents.close(conn, found.id, now)
    journal.append(conn, [Event("IncidentClosed", SYSTEM, found.id)], now)


def _named(conn: Connection, name: str) -> IncidentRow:
    found = next((item for item in incidents.ongoing(conn) if item.name == name), None)
    if found is None:
        raise IncidentError(f"There is no open incident '{name}': see 'omroeper incident list'.")
    return found


def _check(grip: int) -> None:
    if not 0 <= grip <= HIGHEST_GRIP:
        raise IncidentError(f"GRIP is a number from 0 (none) to {HIGHEST_GRIP}: give one of those.")


def _owner(settings: Settings, named: str | None) -> str:
    known = [item.id for item in settings.organisations]
    if named is None and len(known) == 1:
        return known[0]
    if named not in known:
        raise IncidentError(f"Say whose incident it is: --organisation, one of {', '.join(known)}.")
    return named
