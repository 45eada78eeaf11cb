"""Writing drafts: a draft may be incomplete, a field that is given must be valid."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.alert import Stage
from broadcaster.model.cap import MsgType
from broadcaster.model.draft import Audience, DraftContent, Info
from broadcaster.model.events import Event
from broadcaster.model.people import Caller, Role
from broadcaster.model.release import NoSuchTime, parse_release, zone_named
from broadcaster.render import scenarios
from broadcaster.store import audience, drafts, incidents, journal
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow import recording
from broadcaster.workflow.house import House, need, need_person, writers
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, faults_from, faults_of, not_found


def parse(content: Mapping[str, Any]) -> DraftContent:
    """The content of a draft; Refused when it does not have the form the API describes."""
    try:
        return DraftContent.model_validate(content)
    except ValidationError as error:
        raise Refused(Why.MALFORMED, "Het concept heeft niet de juiste vorm.", faults_of(error)) from error


def organisation_of(house: House, content: DraftContent) -> str:
    """Whose draft it is: the one named, or the only one there is."""
    known = [item.id for item in house.settings.organisations]
    if content.organisation is None and len(known) == 1:
        return known[0]
    if content.organisation is None or content.organisation not in known:
        fault = Fault("organisation", "unknown", f"kies een van: {', '.join(known)}")
        raise Refused(Why.INVALID, "De organisatie is onbekend.", [fault])
    return content.organisation


def _unknown(field: str, given: list[str], known: set[str]) -> Iterator[Fault]:
    for item in given:
        if item not in known:
            yield Fault(field, "unknown", f"'{item}' is niet bekend; bekend zijn: {', '.join(sorted(known)) or 'geen'}")


def _release_faults(house: House, content: DraftContent) -> Iterator[Fault]:
    try:
        if content.release_at is not None:
            parse_release(content.release_at, content.timezone, house.settings.hub.timezone)
        elif content.timezone is not None:
            zone_named(content.timezone)
    except NoSuchTime as error:
        yield Fault(error.field, "no-such-time", str(error))


def _incident_faults(conn: Connection, organisation_id: str, content: DraftContent) -> Iterator[Fault]:
    given = content.incident
    if given is not None and not (ids.is_id(given) and incidents.of_organisation(conn, organisation_id, given)):
        yield Fault("incident", "unknown", "dit incident is niet bekend")


def _scenario_faults(house: House, content: DraftContent, msg_type: MsgType) -> Iterator[Fault]:
    if content.scenario is None:
        return
    if content.scenario not in (known := scenarios.names(house.templates)):
        yield from _unknown("scenario", [content.scenario], set(known))
        return
    scenario = scenarios.load(content.scenario, house.templates)
    if scenario.withdraws and msg_type is not MsgType.CANCEL:
        yield Fault("scenario", "withdraws", "deze tekst trekt een bericht in: kies bij dat bericht 'intrekken'")
    found = scenarios.check(scenario, content.fields or {}, house.area_names)
    yield from faults_from(finding for finding in found if finding.code != "field-missing")


def check(
    conn: Connection,
    house: House,
    organisation_id: str,
    content: DraftContent,
    msg_type: MsgType = MsgType.ALERT,
) -> None:
    """Refuse content that names what this installation does not have; every fault at once."""
    areas = set(house.area_names)
    faults = [
        *_unknown("areas", content.areas, areas),
        *_unknown("channels", content.channels, set(house.specs)),
        *_release_faults(house, content),
        *_scenario_faults(house, content, msg_type),
        *_incident_faults(conn, organisation_id, content),
        *recording.faults(conn, content),
    ]
    if content.audience is not None:
        faults += _unknown("audience.areas", content.audience.areas, areas)
        faults += _unknown("audience.groups", content.audience.groups, audience.group_names(conn, organisation_id))
    if faults:
        raise Refused(Why.INVALID, "Het concept noemt iets dat niet kan.", faults)


def create(
    conn: Connection,
    house: House,
    caller: Caller,
    content: DraftContent,
    now: datetime,
    origin: Mapping[str, Any] | None = None,
) -> DraftRow:
    """Store a new draft. origin: where its words come from, for the journal."""
    need(caller, Role.AUTHOR)
    organisation_id = organisation_of(house, content)
    check(conn, house, organisation_id, content)
    content = content.model_copy(update={"organisation": organisation_id})
    row = DraftRow(ids.new_id(now), organisation_id, Stage.DRAFT, 1, MsgType.ALERT, None, content.as_json())
    row = drafts.create(conn, row, caller, now)
    journal.append(
        conn, [Event("DraftCreated", caller.actor, row.id, {"status": content.status.value} | dict(origin or {}))], now
    )
    return row


def read(conn: Connection, draft_id: str) -> DraftRow:
    """The draft; Refused when there is none."""
    row = drafts.get(conn, draft_id) if ids.is_id(draft_id) else None
    if row is None:
        raise not_found("Dit concept")
    return row


def merged(content: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396 JSON merge patch."""
    result = dict(content)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            old = result.get(key)
            result[key] = merged(old if isinstance(old, dict) else {}, value)
        else:
            result[key] = value
    return result


def _unknown_nulls(patch: Mapping[str, Any]) -> Iterator[Fault]:
    """Names that are taken away and never were there to be: the merge would swallow them."""
    infos = patch.get("infos")
    parts: list[tuple[str, type[BaseModel], Any]] = [
        ("", DraftContent, patch),
        ("audience.", Audience, patch.get("audience")),
    ]
    parts += [(f"infos.{name}.", Info, info) for name, info in infos.items()] if isinstance(infos, dict) else []
    for at, model, given in parts:
        for name, value in given.items() if isinstance(given, Mapping) else ():
            if value is None and name not in model.model_fields:
                yield Fault(f"{at}{name}", "extra-forbidden", "dit veld is onbekend")


def revise(
    conn: Connection,
    house: House,
    caller: Caller,
    draft_id: str,
    expected: int,
    patch: Mapping[str, Any],
    now: datetime,
) -> DraftRow:
    """Store the next revision of a draft, if `expected` is still the latest."""
    row = read(conn, draft_id)
    need(caller, *writers(row.msg_type))
    if unknown := list(_unknown_nulls(patch)):
        raise Refused(Why.MALFORMED, "Het concept heeft niet de juiste vorm.", unknown)
    content = parse(merged(row.content, patch))
    if row.stage is not Stage.DRAFT:
        raise conflict("Een aangeboden concept wijzigt niet meer: laat het eerst terugsturen.")
    fixed = [name for name in ("status", "organisation") if content.as_json().get(name) != row.content.get(name)]
    if fixed:
        faults = [Fault(name, "fixed", "dit ligt vast vanaf het begin: maak een nieuw concept") for name in fixed]
        raise Refused(Why.INVALID, "Dit kan niet meer veranderen.", faults)
    check(conn, house, row.organisation_id, content, row.msg_type)
    if not drafts.revise(conn, draft_id, expected, content.as_json(), caller, now):
        raise Refused(Why.STALE, f"Iemand anders wijzigde dit concept: het staat nu op versie {row.revision}.")
    journal.append(conn, [Event("DraftRevised", caller.actor, draft_id, {"revision": expected + 1})], now)
    return read(conn, draft_id)


def check_language(
    conn: Connection, caller: Caller, draft_id: str, language: str, expected: int | None, now: datetime
) -> DraftRow:
    """Note that a person went over the text in one language, at revision `expected` when given. It writes nothing, so
    who checks may still approve."""
    row = read(conn, draft_id)
    need_person(caller, Role.AUTHOR, Role.APPROVER)
    if row.stage is not Stage.DRAFT:
        raise conflict("Een aangeboden concept wijzigt niet meer: laat het eerst terugsturen.")
    if language not in row.translations:
        raise not_found("Een eigen tekst in deze taal")
    stale = expected is not None and expected != row.revision
    if stale or not drafts.check(conn, row, language, caller.person_id or "", now):
        raise Refused(Why.STALE, f"Iemand anders wijzigde dit concept: het staat nu op versie {row.revision}.")
    data = {"language": language, "revision": row.revision}
    journal.append(conn, [Event("TranslationChecked", caller.actor, draft_id, data)], now)
    return read(conn, draft_id)


def delete(conn: Connection, caller: Caller, draft_id: str, now: datetime, expected: int | None = None) -> None:
    """Put a draft away, if `expected` (when given) is still its revision; what was written stays for the
    evaluation."""
    row = read(conn, draft_id)
    need(caller, *writers(row.msg_type))
    if row.stage is not Stage.DRAFT:
        raise conflict("Een aangeboden concept is niet te verwijderen.")
    if not drafts.delete(conn, draft_id, row.revision if expected is None else expected, now):
        raise Refused(Why.STALE, f"Iemand anders wijzigde dit concept: het staat nu op versie {row.revision}.")
    journal.append(conn, [Event("DraftDeleted", caller.actor, draft_id)], now)
