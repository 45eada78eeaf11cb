"""From a draft to what would go out: texts from the layouts, fitted by each channel, and every finding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import Connection

from broadcaster.channel import Texts
from broadcaster.model.cap import MsgType, Status
from broadcaster.model.contacts import Contact
from broadcaster.model.draft import DraftContent, about_lives
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.model.release import parse_release
from broadcaster.model.rendition import Hole, Rendition
from broadcaster.render import scenarios
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import nl_alert
from broadcaster.render.limited import Renderer
from broadcaster.render.readability import readability
from broadcaster.render.request import RenderRequest
from broadcaster.store import alerts, contacts, corrections
from broadcaster.store.alerts import AlertRow
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow import bulletins, changing, check_messages, checking, correcting, drafting, recording
from broadcaster.workflow.house import House

_OFFLINE_MISSING = (
    "Dit bericht redt levens en gaat alleen via internet: wie geen stroom of internet heeft, krijgt het niet."
    " Kies er sms of schermen bij, en gebruik de radiotekst en de aanvraag voor een NL-Alert."
)


@dataclass(frozen=True, slots=True)
class Material:
    """A draft at one revision, and what its texts say besides: its number and what it replaces, with what
    that replaced before. contacts: the register's."""

    row: DraftRow
    content: DraftContent
    number: int
    series: tuple[AlertRow, ...] = ()
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    """What would go out, as of the instant `at`. `own` has the findings of each rendition, `findings` those
    of the draft."""

    at: datetime
    content: DraftContent
    renditions: tuple[Rendition, ...]
    findings: tuple[Finding, ...]
    own: dict[tuple[str, str], tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def every_finding(self) -> list[Finding]:
        """All findings, each once, in a fixed order."""
        return sorted({*self.findings, *(finding for own in self.own.values() for finding in own)})


def gather(conn: Connection, draft_id: str) -> Material:
    """Read a draft and the number its notice would get."""
    row = drafting.read(conn, draft_id)
    replaced = alerts.get(conn, row.replaces_id) if row.replaces_id else None
    number = alerts.last_number(conn, row.organisation_id) + 1
    series = corrections.chain(conn, replaced) if replaced else []
    known = tuple(contacts.current(conn))
    return Material(row, DraftContent.model_validate(row.content), number, tuple(series), known)


async def compose(house: House, renderer: Renderer, material: Material, now: datetime) -> Composed:
    """Render and fit every channel kind and language of a draft; pure but for the renderer's process."""
    content = _with_scenario(house, material.content)
    organisation = house.organisation(material.row.organisation_id)
    hub = house.settings.hub
    rendered = await renderer.render(
        RenderRequest(
            content=content,
            organisation_name=organisation.name,
            sender=organisation.sender,
            number=material.number,
            replaces=material.series[0].number if material.series else None,
            replaced=_replaced(material),
            sent_at=now,
            timezone=hub.timezone,
            kinds=tuple(kind for kind in content.channels if kind in house.specs),
            area_names={area: house.area_names[area] for area in content.areas if area in house.area_names},
            languages=tuple(hub.languages),
        )
    )
    full = content.model_copy(update={"infos": rendered.infos})
    fitted = [_fit(house, kind, texts, rendered.boards) for (kind, _), texts in sorted(rendered.texts.items())]
    findings = [*rendered.findings, *_house_findings(house, full, now), *recording.findings(full)]
    findings += checking.findings(rendered.mentions, house.register(material.contacts), now)
    findings += checking.stale_translations(material.row, full, hub.languages)
    if check_messages.is_one(full):
        findings += check_messages.findings(house, full)
    if material.series:
        findings += changing.findings(house, material.series[0], full, rendered.replaced, rendered.mentions)
        findings += correcting.findings(material.series, material.row.msg_type, full)
    if about_lives(full):
        findings += nl_alert.findings(bulletin_of(house, material, full, now))
    return Composed(
        now,
        full,
        tuple(rendition for rendition, _ in fitted),
        tuple(findings),
        {(rendition.kind, rendition.language): own for rendition, own in fitted},
    )


def bulletin_of(house: House, material: Material, content: DraftContent, now: datetime) -> Bulletin:
    """What a draft tells the desks, as it stands."""
    replaces = material.series[0].number if material.series else None
    return bulletins.of_draft(house, material.row, content, material.number, replaces, now)


def _replaced(material: Material) -> DraftContent | None:
    """What an update replaces; a withdrawal says nothing that could be compared with it."""
    return material.series[0].draft if material.row.msg_type is MsgType.UPDATE else None


def _with_scenario(house: House, content: DraftContent) -> DraftContent:
    """The content with what its scenario fills in."""
    if content.scenario is None or content.scenario not in scenarios.names(house.templates):
        return content  # the renderer says that there is no such scenario
    return scenarios.with_defaults(scenarios.load(content.scenario, house.templates), content)


def _fit(
    house: House, kind: str, texts: Texts, boards: Mapping[str, Mapping[str, str]]
) -> tuple[Rendition, tuple[Finding, ...]]:
    spec = house.specs[kind]
    fit = spec.fit(texts)
    rendition = Rendition(
        id=f"{kind}.{texts.language}",
        kind=kind,
        language=texts.language,
        text=_as_read(house, fit.text),
        # A display shows the pieces of a text in its own places, so those are what is approved.
        payload=rfc8785.dumps(dict(boards[texts.language])) if spec.pull else fit.payload,
        subject=texts.subject,
        html=None if texts.html is None else _as_read(house, texts.html),
        holes=fit.holes,
        encoding=fit.encoding,
        segments=fit.segments,
    )
    return rendition, fit.findings


def _as_read(house: House, text: str) -> str:
    """A text as an approver reads it, where every reader gets a link of their own."""
    return text.replace(Hole.UNSUBSCRIBE.token.decode(), f"{house.settings.hub.url}/uit/…")


def _house_findings(house: House, content: DraftContent, now: datetime) -> Iterator[Finding]:
    """What the installation has to say: what it no longer has, accounts that are off, the release's instant."""
    for area in content.areas:
        if area not in house.area_names:
            message = f"Het gebied '{area}' bestaat niet meer: kies een ander."
            yield Finding("area-unknown", FindingKind.BLOCKING, "areas", message)
    for kind in content.channels:
        if kind not in house.specs:
            message = f"Het kanaal '{kind}' bestaat niet meer: kies een ander."
            yield Finding("channel-unknown", FindingKind.BLOCKING, "channels", message)
            continue
        off = kind not in house.accounts and not house.specs[kind].pull
        if content.status is Status.ACTUAL and off:
            message = f"Het kanaal {kind} heeft geen werkende aansluiting: kies een ander, of vraag de beheerder."
            yield Finding("channel-off", FindingKind.BLOCKING, "channels", message)
    if about_lives(content) and _needs_internet(house, content):
        yield Finding("offline-missing", FindingKind.TO_ACCEPT, "channels", _OFFLINE_MISSING)
    if content.release_at is not None:
        yield from _release_findings(house, content, now)


def _needs_internet(house: House, content: DraftContent) -> bool:
    """Whether nobody gets it where the internet is out (Maui, August 2023: only posts, without power and mobile)."""
    known = [house.specs[kind] for kind in content.channels if kind in house.specs]
    return bool(known) and all(spec.internet for spec in known)


def _release_findings(house: House, content: DraftContent, now: datetime) -> Iterator[Finding]:
    release = parse_release(content.release_at or "", content.timezone, house.settings.hub.timezone)
    if release.at <= now:
        message = "Het moment van verzenden is al voorbij: kies een later moment, of laat het weg."
        yield Finding("release-past", FindingKind.BLOCKING, "release_at", message)
    if content.expires is not None and content.expires <= release.at:
        message = "Het bericht is niet meer geldig op het moment van verzenden."
        yield Finding("release-after-expiry", FindingKind.BLOCKING, "release_at", message)
    if release.twice:
        message = f"Dit tijdstip komt die nacht twee keer; gekozen is de eerste keer ({release.at:%H:%M} UTC)."
        yield Finding("release-twice", FindingKind.TO_ACCEPT, "release_at", message)


def preview(composed: Composed, recipients: Mapping[int, int] | None = None) -> list[dict[str, Any]]:
    """The renditions as the API shows them, each with its own findings and the draft's, and how readable it is.
    recipients: by position."""
    readable = readable_of(composed.content)
    return [
        as_preview(
            item,
            [*composed.own[item.kind, item.language], *composed.findings],
            None if recipients is None else recipients.get(position, 0),
        )
        | readable[item.language]
        for position, item in enumerate(composed.renditions)
    ]


def readable_of(content: DraftContent) -> dict[str, dict[str, Any]]:
    """By language, what a rendition says of how readable its words are: nothing where that is not counted."""
    found = {
        language: readability(info.model_dump(exclude_none=True), language) for language, info in content.infos.items()
    }
    return {language: {"readability": each.as_json()} if each else {} for language, each in found.items()}


def as_preview(item: Rendition, findings: Sequence[Finding], recipients: int | None = None) -> dict[str, Any]:
    """One rendition as people read it; what it has not is left out. recipients: addresses that get it, once known."""
    shown = {
        "channel": item.kind,
        "language": item.language,
        "subject": item.subject,
        "text": item.text,
        "html": item.html,
        "encoding": item.encoding,
        "segments": item.segments,
        "recipients": recipients,
    }
    return {name: value for name, value in shown.items() if value is not None} | {
        "findings": [f.as_json() for f in findings]
    }
