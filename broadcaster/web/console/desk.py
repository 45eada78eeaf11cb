"""All that a draft's page shows: what stands in its fields, what may be chosen, and what lies around it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from broadcaster.model import translations
from broadcaster.model.cap import Category, Certainty, MsgType, Severity, Status, Urgency
from broadcaster.model.contacts import Contact, ContactKind
from broadcaster.model.draft import INFO_SLOTS
from broadcaster.render import scenarios
from broadcaster.render.scenarios import Scenario
from broadcaster.store import alerts, audience, contacts, drafts, incidents, journal, people
from broadcaster.store.alerts import AlertRow
from broadcaster.store.drafts import DraftRow
from broadcaster.store.incidents import IncidentRow
from broadcaster.web.console import form, reading
from broadcaster.web.console.times import Times
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused

_CHOICES = {"category": Category, "severity": Severity, "urgency": Urgency, "certainty": Certainty}
_DAYS = 15
"""Days that a moment may be chosen from: today and two weeks on; any day further stays as it was given."""
_BESIDE_IN = timedelta(minutes=15)
"""How long somebody who wrote counts as at work."""
_OPTIONAL_SLOTS = ("short", "contact", "web")


@dataclass(frozen=True, slots=True)
class Returned:
    """Why an offered draft came back."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What lies around a draft. replaces: the number of the notice it corrects or withdraws. incidents: those it may
    be about, its own among them. others: who else is at work on it, and since when they have been silent. begun: of a
    correction that another began, who and when."""

    author: str | None
    changed_at: datetime
    group_sizes: dict[str, int]
    area_sizes: dict[str, int]
    returned: Returned | None
    replaces: int | None
    incident: IncidentRow | None
    incidents: list[IncidentRow]
    people: dict[str, str]
    contacts: tuple[Contact, ...]
    others: list[tuple[str, datetime]]
    begun: tuple[str, datetime] | None


def around(conn: Connection, row: DraftRow, person_id: str | None, now: datetime) -> Around:
    """Read it, for a person."""
    names = people.names(conn)
    author, changed_at = drafts.last_change(conn, row)
    replaced = alerts.get(conn, row.replaces_id) if row.replaces_id else None
    own, ongoing = incidents.get(conn, row.content.get("incident")), incidents.ongoing(conn, row.organisation_id)
    return Around(
        names.get(author or ""),
        changed_at,
        *audience.sizes(conn, row.organisation_id),
        returned(conn, row.id, names),
        replaced.number if replaced else None,
        own,
        [own, *ongoing] if own is not None and own not in ongoing else ongoing,
        names,
        tuple(contacts.current(conn)),
        [
            (names.get(other, ""), at)
            for other, at in drafts.writers_since(conn, row.id, now - _BESIDE_IN)
            if other != person_id
        ],
        _begun(conn, row, person_id, names),
    )


def _begun(
    conn: Connection, row: DraftRow, person_id: str | None, names: Mapping[str, str]
) -> tuple[str, datetime] | None:
    """Who presses to correct what a colleague is correcting already, is told whose it is."""
    by, at = drafts.first_change(conn, row)
    return (names.get(by or "", ""), at) if row.replaces_id is not None and by != person_id else None


def returned(conn: Connection, draft_id: str, names: Mapping[str, str]) -> Returned | None:
    """The last time that a draft was sent back; None when it never was."""
    made = [row.id for row in alerts.of_draft(conn, draft_id)]
    lines = journal.about(conn, made, ["AlertReturned"]) if made else []
    if not lines:
        return None
    last = lines[-1]
    return Returned(str(last["data"].get("reason", "")), names.get(last["actor"], ""), last["at"])


def scenario_of(house: House, row: DraftRow | AlertRow) -> Scenario | None:
    """The scenario a draft or alert is made from; None for free text, and for one that is no longer there."""
    name = row.content.get("scenario")
    return scenarios.load(name, house.templates) if name in scenarios.names(house.templates) else None


def title_of(house: House, row: DraftRow) -> str:
    """What people call a draft: its event, or its scenario's title; empty for neither."""
    scenario = scenario_of(house, row)
    return str(row.content.get("event") or (scenario.title if scenario else ""))


def languages_of(house: House, row: DraftRow) -> list[str]:
    """The languages a free text can be written in: the hub's, and those it has already."""
    own = list(house.settings.hub.languages)
    return [*own, *(language for language in row.content.get("infos", {}) if language not in own)]


def recorded_languages(house: House, row: DraftRow) -> list[str]:
    """The languages that a draft can have a recording in: those of its texts."""
    scenario = scenario_of(house, row)
    return languages_of(house, row) if scenario is None else sorted(scenario.texts, key=_hub_first(house))


def _hub_first(house: House) -> Callable[[str], tuple[bool, str]]:
    return lambda language: (language not in house.settings.hub.languages, language)


def fields_of(house: House, row: DraftRow) -> frozenset[str]:
    """The names of the fields on the page, for what is said about them to lead to."""
    scenario = scenario_of(house, row)
    names = {*form.LINES, *form.MOMENTS, "release_at", "areas", "channels", "audience.groups", "audience.areas"}
    names |= {"audience.expected", "audience"}
    if row.content["status"] != Status.EXERCISE:
        names.discard("exercise")
    if row.replaces_id is not None:
        names.discard("release_at")
    if row.msg_type is MsgType.CANCEL:
        names -= {"audience.groups", "audience.areas", "audience.expected"}
    if scenario is not None:
        return frozenset(names | {f"fields.{name}" for name in scenario.fields})
    slots = {f"infos.{language}.{slot}" for language in languages_of(house, row) for slot in form.SLOTS}
    return frozenset(names | slots | {"infos"})


def shown(
    house: House, row: DraftRow, lying: Around, posted: form.Posted | None, refused: Refused | None, times: Times
) -> dict[str, Any]:
    """What the template takes. `posted` is what the officer typed, when that was not taken."""
    values = posted if posted is not None else form.values(row.content, times.zone)
    known, scenario = fields_of(house, row), scenario_of(house, row)
    if not lying.incidents:
        known -= {"incident"}
    wrong = {fault.field: fault.message for fault in refused.faults} if refused else {}
    return {
        "row": row,
        "event": title_of(house, row) or times.words("draft.untitled"),
        "around": lying,
        "incident": lying.incident,
        "scenario": scenario,
        "languages": languages_of(house, row),
        "value": lambda name: form.one(values, name),
        "chosen": lambda name, item: item in values.get(name, ()),
        "days": lambda name: list(_days(times, form.one(values, f"{name}.day"))),
        "choices": {name: [item.value for item in kind] for name, kind in _CHOICES.items()},
        "required_slots": INFO_SLOTS,
        "optional_slots": _OPTIONAL_SLOTS,
        "chosen_anybody": any(values.get(f"audience.{name}") for name in ("groups", "areas", "expected")),
        "areas": house.area_names,
        "channels": sorted(house.specs),
        "is_on": lambda kind: house.specs[kind].pull or kind in house.accounts,
        "anchors": lambda name: form.anchor(name, known),
        "field_names": sorted(known - {"audience", "infos"}),
        "fault_of": lambda name: wrong.get(name, ""),
        "field_label": reading.labels(times.words, scenario),
        "people": lying.people,
        "translations": _translations(house, row),
        "checkable": [language for language in row.translations if language != _source(house, row)],
        "contacts": _choices(house, lying, times.now),
        "choice_words": reading.choices(times.words, scenario),
    }


def _source(house: House, row: DraftRow) -> str | None:
    return translations.source_of(row.translations, house.settings.hub.languages)


def _translations(house: House, row: DraftRow) -> dict[str, dict[str, Any]]:
    """Who wrote and checked each language, for the page; a scenario's are not the draft's."""
    stale = translations.stale(row.translations, house.settings.hub.languages)
    return {
        language: {
            "by": one.by,
            "at": datetime.fromisoformat(one.at),
            "checked_by": one.checked_by,
            "checked_at": datetime.fromisoformat(one.checked_at) if one.checked_at else None,
            "stale": language in stale,
        }
        for language, one in row.translations.items()
    }


def _choices(house: House, lying: Around, now: datetime) -> dict[str, list[Contact]]:
    """The contacts that each kind of field offers."""
    register = house.register(lying.contacts)
    return {kind.value: register.choices(kind, now) for kind in ContactKind}


def _days(times: Times, own: str) -> Iterator[tuple[str, str]]:
    """Days to choose from, as (value, words); the one that was chosen is always among them."""
    today = times.local(times.now)
    found = {f"{day:%Y-%m-%d}": day for day in (today + timedelta(days=n) for n in range(_DAYS))}
    if own and own not in found:
        with suppress(ValueError):
            found = {own: datetime.fromisoformat(own).replace(tzinfo=times.zone), **found}
    for value, day in found.items():
        near = times.day(day) if abs((day.date() - today.date()).days) <= 1 else ""
        words = near or ("" if value != f"{today:%Y-%m-%d}" else times.words("time.today"))
        yield value, f"{words}, {times.date(day)}" if words else times.date(day)
