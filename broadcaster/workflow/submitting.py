"""Offering a draft: everything is rendered, the addressees are frozen, and one digest covers it all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.clock import Clock
from broadcaster.model.alert import Stage
from broadcaster.model.approval import AddresseesSeal, beyond_expected
from broadcaster.model.draft import Audience
from broadcaster.model.events import Event
from broadcaster.model.finding import Finding, FindingKind, blocking
from broadcaster.model.people import Caller
from broadcaster.model.release import Release, parse_release
from broadcaster.render.languages import resolve
from broadcaster.render.limited import Renderer
from broadcaster.store import alerts, audience, corrections, drafts, journal
from broadcaster.store.alerts import AlertRow
from broadcaster.store.audience import Variant
from broadcaster.store.database import Database
from broadcaster.store.freezing import Step, Telling
from broadcaster.workflow import check_messages, checking, correcting
from broadcaster.workflow.composing import Composed, Material, compose, gather, preview
from broadcaster.workflow.house import House, need_person, writers
from broadcaster.workflow.refusals import Refused, Why, conflict, faults_from

NOBODY = Audience()


class Outrun(Exception):
    """Between reading and writing, somebody else took the number or changed the draft: start over."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What an author gets to see of the frozen alert."""

    alert: AlertRow
    renditions: list[dict[str, Any]]
    by_channel: dict[str, int]
    by_language: dict[str, int]
    findings: list[Finding]


async def prepare(
    store: Database, house: House, renderer: Renderer, caller: Caller, draft_id: str, clock: Clock
) -> tuple[Material, Composed]:
    """Read and render a draft for submitting; Refused with every blocking finding."""
    material = await store.read(_offered, draft_id)
    need_person(caller, *writers(material.row.msg_type))
    if material.row.stage is not Stage.DRAFT:
        raise conflict("Dit concept is al aangeboden.")
    composed = await compose(house, renderer, material, _whole_second(clock.now()))
    refuse_blocking(composed.every_finding)
    return material, composed


def _offered(conn: Connection, draft_id: str) -> Material:
    material = gather(conn, draft_id)
    if material.series:
        correcting.refuse_uncorrectable(conn, material.series[0])
    return material


def refuse_blocking(findings: list[Finding]) -> None:
    """Refused with every blocking finding there is."""
    if faults := faults_from(blocking(findings)):
        raise Refused(Why.INVALID, "Het concept kan zo niet worden aangeboden.", faults)


def _whole_second(now: datetime) -> datetime:
    """CAP times have no fractions (CAP 1.2, section 3.2.1: sent)."""
    return now - timedelta(microseconds=now.microsecond)


def freeze(
    conn: Connection,
    house: House,
    caller: Caller,
    material: Material,
    composed: Composed,
    now: datetime,
    telling: Telling | None = None,
) -> Submitted:
    """Write the alert, its renditions and addressees, and seal them; Outrun when somebody came first. telling: who
    hears how far it is."""
    organisation_id = material.row.organisation_id
    house.need_room(material.row.msg_type)
    if not drafts.move(conn, material.row.id, Stage.DRAFT, Stage.SUBMITTED, material.row.revision):
        raise Outrun
    if not alerts.take_number(conn, organisation_id, material.number):
        raise Outrun
    row = _alert_row(ids.new_id(now), house, caller, material, composed)
    alerts.insert(conn, row, composed.renditions, composed.content.incident)
    given = variants(conn, house, organisation_id, composed), posted(house, composed)
    sealed = _addressed(conn, row, _wanted(composed), *given, now, telling)
    if telling is not None:
        telling.at(Step.WRITING, 0, sealed.count)
    by_channel, by_language = audience.counts(conn, row.id)
    findings = [*composed.every_finding, *_audience_findings(house, row, composed, sealed)]
    if check_messages.is_one(composed.content):
        findings += check_messages.too_many(house, by_channel)
    refuse_blocking(findings)
    alerts.add_findings(conn, row.id, findings)
    row = alerts.freeze(conn, row, list(composed.renditions), sealed, now)
    journal.append(conn, [_event(caller, row, by_channel)], now)
    made = preview(composed, audience.by_rendition(conn, row.id))
    return Submitted(row, made, by_channel, by_language, findings)


def _addressed(
    conn: Connection,
    row: AlertRow,
    wanted: Audience,
    people: list[Variant],
    posts: list[Variant],
    now: datetime,
    telling: Telling | None,
) -> AddresseesSeal:
    """Write who gets it: for a correction those reached, public channels too, and then whoever the officer chose."""
    if row.replaces_id is not None:
        corrections.address(conn, row, people, posts, now, telling)
        if not wanted.groups and not wanted.areas:
            return audience.sealed(conn, row.id, telling)
    return audience.freeze(conn, row.id, row.organisation_id, wanted, people, posts, telling)


def _wanted(composed: Composed) -> Audience:
    return composed.content.audience or NOBODY


def _event(caller: Caller, row: AlertRow, by_channel: dict[str, int]) -> Event:
    data = {"number": row.number, "status": row.status.value, "digest": row.digest, "addressees": by_channel}
    return Event("AlertSubmitted", caller.actor, row.id, data)


def _alert_row(id_: str, house: House, caller: Caller, material: Material, composed: Composed) -> AlertRow:
    content, now = composed.content, composed.at
    assert content.expires is not None  # a missing one is a blocking finding
    release, scenario = _release(house, composed), checking.scenario_of(house, content)
    return AlertRow(
        id=id_,
        draft_id=material.row.id,
        revision=material.row.revision,
        organisation_id=material.row.organisation_id,
        number=material.number,
        status=content.status,
        msg_type=material.row.msg_type,
        replaces_id=material.row.replaces_id,
        content=content.as_json(),
        sent_at=now,
        expires_at=content.expires,
        release_at=release.at if release else None,
        zone=release.zone if release else house.settings.hub.timezone,
        submitter_id=caller.person_id,
        scenario_sha256=scenario.sha256 if scenario else None,
    )


def _release(house: House, composed: Composed) -> Release | None:
    content = composed.content
    return (
        parse_release(content.release_at, content.timezone, house.settings.hub.timezone) if content.release_at else None
    )


def variants(conn: Connection, house: House, organisation_id: str, composed: Composed) -> list[tuple[str, str, int]]:
    """Which rendition a reader of each language gets on each channel: (kind, language, position)."""
    available = list(composed.content.infos)
    order = list(house.settings.hub.languages)
    position = {(item.kind, item.language): i for i, item in enumerate(composed.renditions)}
    return [
        (kind, wanted, position[kind, resolve(wanted, available, order)])
        for kind in composed.content.channels
        if not house.specs[kind].pull
        for wanted in audience.languages(conn, organisation_id)
    ]


def posted(house: House, composed: Composed) -> list[tuple[str, str, int]]:
    """Which rendition a public channel of each language gets: its own, or none; never a foreign one.
    A check message is not for the public."""
    if check_messages.is_one(composed.content):
        return []
    return [
        (item.kind, item.language, position)
        for position, item in enumerate(composed.renditions)
        if not house.specs[item.kind].pull
    ]


def _audience_findings(house: House, row: AlertRow, composed: Composed, sealed: AddresseesSeal) -> list[Finding]:
    """Nobody is refused (but for a correction, which boards may need all the same), and a size beyond what was
    expected must be typed (Los Angeles, January 2025)."""
    pushed = [kind for kind in composed.content.channels if not house.specs[kind].pull]
    expected = _wanted(composed).expected
    if pushed and sealed.count == 0 and row.replaces_id is not None:
        message = "Niemand kreeg het bericht, dus niemand krijgt deze correctie: alleen de borden veranderen."
        return [Finding("audience-not-reached", FindingKind.TO_ACCEPT, "audience", message)]
    if pushed and sealed.count == 0:
        message = "Niemand krijgt dit bericht: kies groepen of gebieden waar ontvangers in staan."
        return [Finding("audience-empty", FindingKind.BLOCKING, "audience", message)]
    if pushed and beyond_expected(sealed.count, expected):
        message = f"Dit bericht gaat naar {sealed.count} adressen, verwacht was {expected}. Typ het aantal over."
        return [Finding("audience-unexpected", FindingKind.TO_ACCEPT, "audience.expected", message)]
    return []
