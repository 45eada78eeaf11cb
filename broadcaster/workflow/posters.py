"""Posters of alerts, from what was frozen at submit. Not of what is over: nobody should hang that up any more."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.board import Mode
from broadcaster.model.draft import DraftContent
from broadcaster.render.poster import Poster, Size, poster_of
from broadcaster.render.request import RenderRequest
from broadcaster.seal import BoardSigner
from broadcaster.store import alerts
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, vouching
from broadcaster.workflow.composing import Composed, Material
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import conflict

_OVER = frozenset({Stage.SUPERSEDED, Stage.CANCELLED, Stage.EXPIRED, Stage.RETURNED})


def of_alert(conn: Connection, house: House, signers: Mapping[Mode, BoardSigner], alert_id: str, size: Size) -> Poster:
    """The poster of an alert; before its approval one that says so, and without a code."""
    row = approving.alert_of(conn, alert_id)
    after = alerts.get(conn, row.replaced_by) if row.replaced_by else None
    if after is not None:
        raise conflict(f"Nr {row.number} geldt niet meer. Druk nr {after.number} af.")
    if row.stage in _OVER:
        raise conflict(f"Nr {row.number} geldt niet meer: hang er geen poster van op.")
    replaced = alerts.get(conn, row.replaces_id) if row.replaces_id else None
    replaces = replaced.number if replaced else None
    link = vouching.link_of(house, row, replaces, signers) if row.stage is Stage.APPROVED else None
    return poster_of(_request(house, row, replaces), size, link)


def of_draft(house: House, material: Material, composed: Composed) -> Poster:
    """The poster of a draft that nothing blocks, on the usual sheet."""
    replaces = material.series[0].number if material.series else None
    given = (material.row.organisation_id, composed.content, composed.at, material.number, replaces)
    return poster_of(_of(house, *given), Size.A4, None)


def _request(house: House, row: AlertRow, replaces: int | None) -> RenderRequest:
    return _of(house, row.organisation_id, row.draft, row.sent_at, row.number, replaces)


def _of(
    house: House, organisation_id: str, content: DraftContent, at: datetime, number: int, replaces: int | None
) -> RenderRequest:
    organisation, hub = house.organisation(organisation_id), house.settings.hub
    return RenderRequest(
        content=content,
        organisation_name=organisation.name,
        sender=organisation.sender,
        sent_at=at,
        timezone=hub.timezone,
        kinds=(),
        languages=tuple(hub.languages),
        area_names={area: house.area_names[area] for area in content.areas if area in house.area_names},
        number=number,
        replaces=replaces,
    )
