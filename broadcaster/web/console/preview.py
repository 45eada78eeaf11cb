"""What each reader would get of a draft as it stands, and everything there is to say about it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broadcaster.model import gsm
from broadcaster.model.approval import beyond_expected
from broadcaster.model.draft import Audience
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import texts_of
from broadcaster.store import audience, corrections
from broadcaster.store.drafts import DraftRow
from broadcaster.web.calls import Call
from broadcaster.web.console import coverage
from broadcaster.web.console.coverage import Coverage
from broadcaster.workflow.composing import Composed, Material, bulletin_of, compose, gather, preview
from broadcaster.workflow.house import House
from broadcaster.workflow.submitting import posted, variants

_WORST_FIRST = (FindingKind.BLOCKING, FindingKind.TO_ACCEPT, FindingKind.NOTICE)
_NEAREST_FIRST = {"sms": 0, "telegram": 1, "email": 2, "display": 3}
"""Channels in the order in which they reach people: the shortest text first."""


@dataclass(frozen=True, slots=True)
class Preview:
    """renditions: by language, the hub's own first. reach: addresses by channel kind as of now. unexpected: whether
    that is far from what the author expects. desk_texts: by the name of the desk; none before there is a text.
    languages_of_kind: addresses by language of what they get, and by channel kind.
    plain_letters: languages whose SMS goes without accents; dear_letters: those where accents make it dearer."""

    number: int
    renditions: dict[str, list[dict[str, Any]]]
    findings: list[Finding]
    reach: dict[str, int]
    expected: int | None
    unexpected: bool
    desk_texts: dict[str, str]
    coverage: Coverage
    languages_of_kind: dict[str, dict[str, int]]
    plain_letters: frozenset[str]
    dear_letters: frozenset[str]

    @property
    def count(self) -> int:
        """All addresses together."""
        return sum(self.reach.values())

    @property
    def codes(self) -> set[str]:
        """The codes of all findings."""
        return {finding.code for finding in self.findings}

    @property
    def by_kind(self) -> dict[str, list[Finding]]:
        """The findings of each kind."""
        return {
            kind.value.replace("-", "_"): [finding for finding in self.findings if finding.kind is kind]
            for kind in _WORST_FIRST
        }


async def of_draft(call: Call, draft_id: str) -> tuple[Material, Preview]:
    """A draft, and what would come of it."""
    parts = call.parts
    material = await parts.store.read(gather, draft_id)
    composed = await compose(parts.house, parts.renderer, material, parts.clock.now().replace(microsecond=0))
    reach, each = await parts.store.read(_reach, parts.house, material.row, composed, parts.clock.now())
    cover = Coverage()
    if material.row.replaces_id is None:
        who = material.row.organisation_id
        cover = await parts.store.read(coverage.read, parts.house, who, composed.content)
    told = bulletin_of(parts.house, material, composed.content, composed.at)
    return material, _preview(parts.house, material, composed, (reach, each), cover, told)


Reach = tuple[dict[str, int], dict[int, int]]
"""Addresses by channel kind, and by the position of the rendition they would get."""


def _reach(conn: Connection, house: House, row: DraftRow, composed: Composed, now: datetime) -> Reach:
    """None before there is a text. A correction goes to whoever may have what it corrects: who is chosen besides comes
    on top, and is counted when it is submitted."""
    if row.replaces_id is not None:
        found = corrections.reached(conn, row.replaces_id, now)
        return {kind: count for kind, count in found.items() if kind in composed.content.channels}, {}
    if not composed.renditions:
        return {}, {}
    content = composed.content
    rendered = {item.kind for item in composed.renditions}
    known = replace(
        composed,
        content=content.model_copy(update={"channels": [kind for kind in content.channels if kind in rendered]}),
    )
    wanted, organisation_id = content.audience or Audience(), row.organisation_id
    people = variants(conn, house, organisation_id, known)
    found_of_each = audience.reach(conn, organisation_id, wanted, people, posted(house, known))
    by_kind: dict[str, int] = {}
    for (kind, _), count in found_of_each.items():
        by_kind[kind] = by_kind.get(kind, 0) + count
    return by_kind, {position: count for (_, position), count in found_of_each.items()}


def _preview(
    house: House, material: Material, composed: Composed, reached: Reach, cover: Coverage, told: Bulletin
) -> Preview:
    reach, each = reached
    expected = composed.content.audience.expected if composed.content.audience else None
    items = [
        item | _beside(house, composed, position) | ({"recipients": each[position]} if position in each else {})
        for position, item in enumerate(preview(composed))
    ]
    return Preview(
        material.number,
        by_language(items, house.settings.hub.languages),
        worst_first(composed.every_finding),
        dict(reach),
        expected,
        bool(reach) and beyond_expected(sum(reach.values()), expected),
        texts_of(told) if composed.content.infos else {},
        cover,
        _by_language_and_kind(composed, each, house.settings.hub.languages),
        frozenset(composed.content.without_accents),
        _dear(composed),
    )


def _beside(house: House, composed: Composed, position: int) -> dict[str, Any]:
    """What stands beside one rendition: its own findings, and for a display the pieces that stand in its places."""
    item = composed.renditions[position]
    found: dict[str, Any] = {"own": worst_first(composed.own[item.kind, item.language])}
    return found | ({"screen": json.loads(item.payload)} if house.specs[item.kind].pull else {})


def _by_language_and_kind(composed: Composed, each: dict[int, int], first: Sequence[str]) -> dict[str, dict[str, int]]:
    items = [
        {"channel": item.kind, "language": item.language, "count": each[position]}
        for position, item in enumerate(composed.renditions)
        if each.get(position)
    ]
    return {
        language: {item["channel"]: item["count"] for item in own}
        for language, own in by_language(items, first).items()
    }


def _dear(composed: Composed) -> frozenset[str]:
    """The languages in which plain letters would make a text cheaper."""
    return frozenset(
        language
        for (_, language), own in composed.own.items()
        if any(finding.code.startswith(gsm.DEARER) for finding in own)
    )


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Findings in the order in which people need them."""
    return sorted(findings, key=lambda finding: _WORST_FIRST.index(finding.kind))


def by_language(items: Sequence[dict[str, Any]], first: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Renditions by language: those of the hub first, then the others by name."""
    languages = sorted({item["language"] for item in items})
    order = [*(language for language in first if language in languages), *(x for x in languages if x not in first)]
    by_kind = sorted(items, key=lambda item: (_NEAREST_FIRST.get(item["channel"], 9), item["channel"]))
    return {language: [item for item in by_kind if item["language"] == language] for language in order}
