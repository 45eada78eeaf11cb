"""Bulletins: an alert, or a draft as it stands, with all that its outputs say besides."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import structlog
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.draft import DraftContent
from broadcaster.render import scenarios
from broadcaster.render.bulletin import Bulletin, Earlier, Place
from broadcaster.render.outline import fewer
from broadcaster.settings.geometry import GeometryError, Ring, outer_rings
from broadcaster.settings.sections import Area
from broadcaster.store import alerts, approvals, cap_documents, corrections, people
from broadcaster.store.alerts import AlertRow
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow.house import House
from broadcaster.workflow.publishing import DISPLAY

log = structlog.get_logger()


def of_alert(conn: Connection, house: House, row: AlertRow) -> Bulletin:
    """The bulletin of a submitted alert."""
    (organisation, sender), names = alerts.organisation_of(conn, row), people.names(conn)
    series = corrections.chain(conn, row)[1:]
    approved = approvals.of(conn, row.id)
    content = row.draft
    event_code, response_types = _coded(house, content)
    return Bulletin(
        identifier=ids.as_urn(row.id),
        organisation=organisation,
        sender=sender,
        number=row.number,
        msg_type=row.msg_type,
        content=content,
        sent_at=row.sent_at,
        timezone=house.settings.hub.timezone,
        order=tuple(house.settings.hub.languages),
        places=_places(house, content),
        public=is_public(row),
        cap_url=cap_url(house, row.id),
        replaces=series[0].number if series else None,
        earlier=tuple(_earlier(conn, item) for item in series),
        release_at=row.release_at,
        incident=content.incident,
        asked_by=names.get(row.submitter_id or ""),
        approved_by=names.get(approved.approver_id) if approved else None,
        approved_at=approved.at if approved else None,
        event_code=event_code,
        response_types=response_types,
    )


def of_draft(
    house: House, row: DraftRow, content: DraftContent, number: int, replaces: int | None, at: datetime
) -> Bulletin:
    """The bulletin that a draft would have if it were submitted at `at`: nobody stands for it yet."""
    organisation = house.organisation(row.organisation_id)
    return Bulletin(
        identifier="",
        organisation=organisation.name,
        sender=organisation.sender,
        number=number,
        msg_type=row.msg_type,
        content=content,
        sent_at=at,
        timezone=house.settings.hub.timezone,
        order=tuple(house.settings.hub.languages),
        places=_places(house, content),
        public=DISPLAY in content.channels,
        replaces=replaces,
    )


def cap_url(house: House, alert_id: str) -> str:
    """Where the CAP document of an alert is."""
    return f"{house.settings.hub.url}/v1/alerts/{alert_id}.cap"


def is_public(row: AlertRow) -> bool:
    """Whether an alert is for everybody once it is out: what support points show in public is, and nothing else
    (decision 27)."""
    return DISPLAY in row.content.get("channels", [])


def is_open(conn: Connection, row: AlertRow) -> bool:
    """Whether everybody may read what is made of an alert: a real, public one that is out."""
    return is_public(row) and alerts.is_out(conn, row.id)


def _earlier(conn: Connection, row: AlertRow) -> Earlier:
    """As its document named itself; as we would name it now when it has none."""
    sender = cap_documents.sender(conn, row.id) or alerts.organisation_of(conn, row)[1]
    return Earlier(sender, ids.as_urn(row.id), row.sent_at)


def _places(house: House, content: DraftContent) -> tuple[Place, ...]:
    known = {area.id: area for area in house.settings.areas}
    return tuple(place_of(known[area]) if area in known else Place(area, area) for area in content.areas)


@lru_cache(maxsize=1024)
def _outlines(file: Path) -> tuple[Ring, ...]:
    """Those of an area as they are told to others; read once, as the hub reads its configuration once."""
    return tuple(fewer(ring) for ring in outer_rings(file))


def place_of(area: Area) -> Place:
    """An area with its outline; its name alone when the outline is gone."""
    if area.geometry is None:
        return Place(area.id, area.name, circle=area.circle)
    try:
        return Place(area.id, area.name, _outlines(area.geometry))
    except GeometryError:  # it was there at the start; now the area's name must do
        log.exception("an area has lost its geometry", area=area.id)
        return Place(area.id, area.name)


def places_of(areas: Iterable[Area]) -> list[Place]:
    """All of them."""
    return [place_of(area) for area in areas]


def _coded(house: House, content: DraftContent) -> tuple[str | None, tuple[str, ...]]:
    """What the scenario knows and a draft does not say: the event's code, and the kind of action."""
    if content.scenario is None or content.scenario not in scenarios.names(house.templates):
        return None, ()
    scenario = scenarios.load(content.scenario, house.templates)
    return scenario.event_code, scenario.response_types
