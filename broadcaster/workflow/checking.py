"""What the facts of a draft come to: contacts against the register, texts against what they translate."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from broadcaster.model import translations
from broadcaster.model.contacts import Contact, ContactKind, Mention, Register, Standing
from broadcaster.model.draft import DraftContent
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render import scenarios
from broadcaster.render.scenarios import FACTS_OLD, Scenario
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow.house import House

__all__ = ["FACTS_OLD", "aged", "findings", "scenario_of", "stale_translations"]
Mentioned = tuple[str, Mention]
WHAT = {
    ContactKind.PHONE: "telefoonnummer",
    ContactKind.URL: "webadres",
    ContactKind.EMAIL: "mailadres",
    ContactKind.ADDRESS: "adres",
}
_LONGEST_KEY = 120


def findings(mentions: Iterable[Mentioned], register: Register, now: datetime) -> Iterator[Finding]:
    """What the register says of each contact: unknown blocks (Schiphol to Zeeland, 24 June 2019), one whose
    verification is over or in doubt is accepted by name. The same in an exercise, which rehearses it."""
    for field, mention in mentions:
        if mention.disguised:
            message = (
                f"'{mention.value}' is een {WHAT[mention.kind]} met letters die op andere lijken. Typ het zelf over."
            )
            yield Finding(code("contact-disguised", mention), FindingKind.BLOCKING, field, message)
            continue
        standing, line = register.says(mention, now)
        if standing is not Standing.VERIFIED:
            yield _finding(field, mention, standing, line)


def _finding(field: str, mention: Mention, standing: Standing, line: Contact | None) -> Finding:
    value, what = mention.value, WHAT[mention.kind]
    if standing is Standing.EXPIRED and line is not None and line.valid_until is not None:
        message = f"Het {what} '{value}' ({line.label}) is te lang geleden gecontroleerd. Laat het opnieuw controleren."
        return Finding(code("contact-expired", mention), FindingKind.TO_ACCEPT, field, message)
    if standing is Standing.RETIRING and line is not None:
        message = f"Iemand twijfelt aan het {what} '{value}' ({line.label}). Zoek uit of het nog klopt."
        return Finding(code("contact-doubted", mention), FindingKind.TO_ACCEPT, field, message)
    message = f"Het {what} '{value}' staat niet bij de contacten. Kies een ander, of laat het eerst controleren."
    return Finding(code("contact-unknown", mention), FindingKind.BLOCKING, field, message)


def aged(house: House, content: DraftContent, now: datetime) -> Iterator[Finding]:
    """What became too old while it waited for approval: whoever approves says by name that it still holds."""
    if scenario := scenario_of(house, content):
        for finding in scenarios.age_findings(scenario, content, now):
            yield replace(finding, kind=FindingKind.TO_ACCEPT)


def scenario_of(house: House, content: DraftContent) -> Scenario | None:
    """The scenario a draft is made from; None for free text, and for one that is no longer there or broken."""
    with suppress(KeyError, ValueError):
        return None if content.scenario is None else scenarios.load(content.scenario, house.templates)
    return None


def code(rule: str, mention: Mention) -> str:
    """The code of a finding about a contact: the rule, and what it is compared by."""
    return f"{rule}:{mention.key[:_LONGEST_KEY]}"


def stale_translations(row: DraftRow, content: DraftContent, order: Sequence[str]) -> Iterator[Finding]:
    """A finding to accept for every language whose text is older than what it translates. A scenario's texts change
    together."""
    if content.scenario is not None:
        return
    for language in translations.stale(row.translations, order):
        if language in content.infos:
            message = f"De tekst in '{language}' is ouder dan de tekst die hij vertaalt. Pas hem aan, of kijk hem na."
            yield Finding(f"translation-stale:{language}", FindingKind.TO_ACCEPT, f"infos.{language}", message)
