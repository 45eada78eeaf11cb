"""What an update says otherwise than the notice it replaces: facts, side by side, for whoever approves.

The texts are compared word by word on the approver's page; a number that changed is easily missed among words.
"""

from collections.abc import Iterator, Sequence

from broadcaster.model.contacts import Mention
from broadcaster.model.draft import DraftContent
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render.scenarios import Scenario
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow.checking import WHAT, Mentioned, code, scenario_of
from broadcaster.workflow.house import House

CHANGED = ("contact-changed", "contact-new", "contact-gone", "fact-changed")
"""The rules of these findings: what stands before the colon of their codes."""
_ELSEWHERE = frozenset({"phone", "url", "address"})
"""Kinds of fields that are compared as contacts."""


def findings(
    house: House, replaced: AlertRow, content: DraftContent, before: Sequence[Mentioned], after: Sequence[Mentioned]
) -> Iterator[Finding]:
    """A notice for each fact that reads otherwise since `replaced`: contacts, and the typed fields of its scenario."""
    if before or after:
        yield from _contacts(replaced.number, before, after)
    scenario = scenario_of(house, content)
    if scenario is not None and replaced.draft.scenario == content.scenario:
        yield from _fields(replaced, content, scenario)


def _contacts(number: int, before: Sequence[Mentioned], after: Sequence[Mentioned]) -> Iterator[Finding]:
    had, has = ({(mention.kind, mention.key) for _, mention in side} for side in (before, after))
    gone = [item for item in before if (item[1].kind, item[1].key) not in has]
    came = [item for item in after if (item[1].kind, item[1].key) not in had]
    seen: set[str] = set()
    for finding in (*_pairs(number, gone, came), *_single(number, gone, came)):
        if finding.code not in seen:
            seen.add(finding.code)
            yield finding


def _pairs(number: int, gone: list[Mentioned], came: list[Mentioned]) -> Iterator[Finding]:
    """What took the place of another of its kind, in its own field; both are then done with."""
    for field, new in [*came]:
        old = next((item for item in gone if item[0] == field and item[1].kind is new.kind), None)
        if old is not None:
            _forget(gone, old[1])
            _forget(came, new)
            what, was, now = WHAT[new.kind], old[1].value, new.value
            message = f"Gewijzigd sinds nr {number}: het {what} was '{was}' en is nu '{now}'."
            yield Finding(code("contact-changed", new), FindingKind.NOTICE, field, message)


def _forget(items: list[Mentioned], mention: Mention) -> None:
    items[:] = [item for item in items if (item[1].kind, item[1].key) != (mention.kind, mention.key)]


def _single(number: int, gone: list[Mentioned], came: list[Mentioned]) -> Iterator[Finding]:
    for field, mention in came:
        message = f"Nieuw sinds nr {number}: het {WHAT[mention.kind]} '{mention.value}'."
        yield Finding(code("contact-new", mention), FindingKind.NOTICE, field, message)
    for field, mention in gone:
        message = f"Weg sinds nr {number}: het {WHAT[mention.kind]} '{mention.value}'."
        yield Finding(code("contact-gone", mention), FindingKind.NOTICE, field, message)


def _fields(replaced: AlertRow, content: DraftContent, scenario: Scenario) -> Iterator[Finding]:
    before, after = replaced.draft.fields or {}, content.fields or {}
    for name, rule in scenario.fields.items():
        if rule.kind not in _ELSEWHERE and before.get(name) != after.get(name):
            was, now = (_said(scenario, name, side.get(name)) for side in (before, after))
            message = f"Gewijzigd sinds nr {replaced.number}: {rule.label}: was '{was}', is nu '{now}'."
            yield Finding(f"fact-changed:{name}", FindingKind.NOTICE, f"fields.{name}", message)


def _said(scenario: Scenario, name: str, value: str | int | None) -> str:
    if value is None:
        return "–"
    words = scenario.texts["nl"].choices.get(name, {}) if "nl" in scenario.texts else {}
    return words.get(str(value), str(value))
