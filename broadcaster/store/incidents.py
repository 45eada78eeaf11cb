"""Incidents: what groups alerts, with the GRIP level at which they are handled (0 for none, to 5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.store.tables import incident

HIGHEST_GRIP = 5
"""GRIP 1 to 4 rise from the scene to a whole safety region, 5 is for several regions; 0 says that there is none
(Gecoördineerde Regionale Incidentbestrijdingsprocedure)."""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """closed_at: None while it goes on."""

    id: str
    organisation_id: str
    name: str
    grip: int
    closed_at: datetime | None


_COLUMNS = (incident.c.id, incident.c.organisation_id, incident.c.name, incident.c.grip, incident.c.closed_at)


def add(conn: Connection, incident_id: str, organisation_id: str, name: str, grip: int, now: datetime) -> None:
    """Open one."""
    values = {"id": incident_id, "organisation_id": organisation_id, "name": name, "grip": grip, "opened_at": now}
    conn.execute(incident.insert().values(values))


def get(conn: Connection, incident_id: str | None) -> IncidentRow | None:
    """The incident; None when there is none."""
    return next(iter(_rows(sa.select(*_COLUMNS).where(incident.c.id == incident_id), conn)), None)


def of_organisation(conn: Connection, organisation_id: str, incident_id: str) -> bool:
    """Whether the organisation has this incident."""
    found = get(conn, incident_id)
    return found is not None and found.organisation_id == organisation_id


def ongoing(conn: Connection, organisation_id: str | None = None) -> list[IncidentRow]:
    """Those not closed, the latest first; of one organisation, or of all."""
    query = sa.select(*_COLUMNS).where(incident.c.closed_at.is_(None)).order_by(incident.c.id.desc())
    if organisation_id is not None:
        query = query.where(incident.c.organisation_id == organisation_id)
    return _rows(query, conn)


def set_grip(conn: Connection, incident_id: str, grip: int) -> None:
    """Handle it at another level."""
    conn.execute(incident.update().where(incident.c.id == incident_id).values(grip=grip))


def close(conn: Connection, incident_id: str, now: datetime) -> None:
    """It is over: no new draft is about it."""
    conn.execute(incident.update().where(incident.c.id == incident_id).values(closed_at=now))


def _rows(query: sa.Select[Any], conn: Connection) -> list[IncidentRow]:
    return [IncidentRow(*row) for row in conn.execute(query)]
