"""Mandates: one approver proposes, another signs, a third person may then release alone; any officer takes it away."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from broadcaster import ids
from broadcaster.model.events import Event
from broadcaster.model.mandate import LONGEST_DAYS, FieldLimit, Limits, Standing, strangers
from broadcaster.model.people import Caller, Role
from broadcaster.render import scenarios
from broadcaster.render.fields import FieldRule, refusal
from broadcaster.render.scenarios import Scenario
from broadcaster.store import audience, journal, mandates, people
from broadcaster.store.mandates import MandateRow
from broadcaster.workflow import stepping_up
from broadcaster.workflow.house import House, need_person
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, forbidden, not_found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is proposed. holder: a person's name."""

    organisation_id: str
    scenario: str
    holder: str
    limits: Limits
    valid_until: datetime


def need_mandates(house: House) -> None:
    """Refused where mandates are off, as they are until a municipality decides otherwise."""
    if not house.settings.hub.mandates:
        raise forbidden("Mandaten staan uit. De beheerder zet ze aan met [hub] mandates.")


def propose(conn: Connection, house: House, caller: Caller, wanted: Wanted, now: datetime) -> MandateRow:
    """Propose a mandate: with that an approver has signed it as the first."""
    need_mandates(house)
    need_person(caller, Role.APPROVER)
    scenario, holder_id = _scenario(house, wanted.scenario), people.named(conn, wanted.holder)
    faults = [*_faults(conn, house, caller, wanted, holder_id, now)]
    if scenario is not None:
        faults += _limit_faults(conn, house, wanted, scenario)
    if faults or scenario is None or holder_id is None or caller.person_id is None:
        raise Refused(Why.INVALID, "Dit mandaat klopt niet.", faults)
    row = MandateRow(
        ids.new_id(now),
        wanted.organisation_id,
        wanted.scenario,
        scenario.sha256,
        wanted.limits,
        holder_id,
        caller.person_id,
        now.replace(microsecond=0),
        wanted.valid_until.astimezone(UTC).replace(microsecond=0),
    )
    try:
        mandates.propose(conn, row)
    except IntegrityError as error:
        raise forbidden("De database weigert dit mandaat.") from error
    journal.append(conn, [_event("MandateProposed", caller, row)], now)
    return row


def _scenario(house: House, name: str) -> Scenario | None:
    return scenarios.load(name, house.templates) if name in scenarios.names(house.templates) else None


def _faults(
    conn: Connection, house: House, caller: Caller, wanted: Wanted, holder_id: str | None, now: datetime
) -> Iterator[Fault]:
    organisations = [item.id for item in house.settings.organisations]
    if wanted.organisation_id not in organisations:
        yield Fault("organisation", "unknown", f"kies een van: {', '.join(organisations)}")
    if wanted.scenario not in scenarios.names(house.templates):
        yield Fault("scenario", "unknown", "kies een scenario dat er is")
    if holder_id is None or Role.AUTHOR not in people.roles(conn, holder_id):
        yield Fault("holder", "unknown", "kies een medewerker die mag schrijven")
    elif holder_id == caller.person_id:
        yield Fault("holder", "own", "een mandaat is voor een ander dan wie het voorstelt of tekent")
    if not now < wanted.valid_until <= now + timedelta(days=LONGEST_DAYS):
        yield Fault("valid_until", "range", f"kies een dag in de toekomst, hoogstens {LONGEST_DAYS} dagen ver")


def _limit_faults(conn: Connection, house: House, wanted: Wanted, scenario: Scenario) -> Iterator[Fault]:
    limits = wanted.limits
    if scenario.withdraws:
        yield Fault("scenario", "withdraws", "een intrekking vraagt altijd een tweede persoon")
    known = audience.group_names(conn, wanted.organisation_id)
    for field, given, there in (
        ("limits.areas", limits.areas, [*house.area_names]),
        ("limits.channels", limits.channels, [*house.specs]),
        ("limits.groups", limits.groups, [*known]),
    ):
        for item in strangers(given, there):
            yield Fault(field, "unknown", f"'{item}' is niet bekend; bekend zijn: {', '.join(sorted(there)) or 'geen'}")
    for name in strangers([*limits.fields], [*scenario.fields]):
        yield Fault(f"limits.fields.{name}", "unknown", f"Dit scenario heeft geen veld '{name}'.")
    for name, rule in scenario.fields.items():
        if name in limits.fields:
            yield from _field_faults(house, name, rule, limits.fields[name])
        elif rule.required:
            yield Fault(f"limits.fields.{name}", "missing", f"zeg wat er mag staan in '{rule.label}'")


def _field_faults(house: House, name: str, rule: FieldRule, limit: FieldLimit) -> Iterator[Fault]:
    """Numbers have a range, times need none, and of all else every value that may be chosen is written down."""
    where = f"limits.fields.{name}"
    if rule.kind == "number" and (limit.least is None or limit.most is None or limit.least > limit.most):
        yield Fault(where, "range", f"geef het laagste en het hoogste getal voor '{rule.label}'")
    if rule.kind not in ("number", "time") and not limit.values:
        yield Fault(where, "values", f"zeg welke waarden er mogen staan in '{rule.label}'")
    for value in limit.values:
        if reason := refusal(rule, value, house.area_names):
            yield Fault(where, "invalid", f"{rule.label}: dit {reason}.")


def mandate_of(conn: Connection, mandate_id: str) -> MandateRow:
    """The mandate or proposal; Refused when there is none."""
    row = mandates.get(conn, mandate_id) if ids.is_id(mandate_id) else None
    if row is None:
        raise not_found("Dit mandaat")
    return row


def sign(conn: Connection, house: House, caller: Caller, mandate_id: str, digest: str, now: datetime) -> MandateRow:
    """Sign another's proposal as the second: exactly `digest`, of a scenario that still reads as it did."""
    need_mandates(house)
    need_person(caller, Role.APPROVER)
    row = mandate_of(conn, mandate_id)
    if row.standing(now) is not Standing.PROPOSED:
        raise conflict("Dit mandaat wacht niet op een handtekening.")
    if digest != row.digest:
        raise conflict(
            "U tekent iets anders dan wat er staat: laad de pagina opnieuw.", Fault("digest", "other", row.digest)
        )
    if caller.person_id is None or caller.person_id in (row.proposer_id, row.holder_id):
        raise forbidden("Een mandaat wordt getekend door een ander dan wie het voorstelt en wie het krijgt.")
    stepping_up.require(conn, caller, digest, now)
    scenario = _scenario(house, row.scenario)
    if scenario is None or scenario.sha256 != row.scenario_sha256:
        raise conflict("De teksten van dit scenario zijn veranderd: stel een nieuw mandaat voor.")
    try:
        mandates.sign(conn, row, caller.person_id, now)
    except IntegrityError as error:
        raise forbidden("De database weigert dit mandaat.") from error
    journal.append(conn, [_event("MandateSigned", caller, row)], now)
    return mandate_of(conn, mandate_id)


def revoke(conn: Connection, actor: str, mandate_id: str, now: datetime) -> MandateRow:
    """Take a mandate or a proposal away, at once; also where mandates are off."""
    row = mandate_of(conn, mandate_id)
    if row.ended_at is None:
        mandates.end(conn, row.id, now)
        journal.append(conn, [Event("MandateRevoked", actor, row.id, {"holder": row.holder_id})], now)
    return replace(row, ended_at=row.ended_at or now)


def _event(kind: str, caller: Caller, row: MandateRow) -> Event:
    data = {
        "digest": row.digest,
        "holder": row.holder_id,
        "scenario": row.scenario,
        "valid_until": row.valid_until.isoformat(),
    }
    return Event(kind, caller.actor, row.id, data)
