"""The report of an alert on paper, for who evaluates: a tagged PDF (PDF/UA-1) in Dutch, A4.

It says what the evidence says and nothing else. Drawn by Typst from `templates/report/report.typ`, see `drawing`; the
same evidence gives the same bytes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from broadcaster.model.cap import Status
from broadcaster.render.areas import Chart
from broadcaster.render.desk import words as desk
from broadcaster.render.languages import base, direction

Of = Callable[[str, str], str]
"""The word for a value of a closed set, by group and name."""
STATES = {
    "due": "onderweg",
    "claimed": "onderweg",
    "started": "onderweg",
    "accepted": "aangenomen",
    "delivered": "afgeleverd",
    "failed": "mislukt",
    "uncertain": "onzeker",
    "expired": "te laat",
    "superseded": "vervangen",
    "halted": "gestopt",
    "offered": "niet gevraagd",
    "open": "niet gedaan",
    "placed": "geplaatst",
    "not-needed": "niet nodig",
}
"""What a delivery or a task is at, in an evaluator's words."""
MEANS = {"second-person": "akkoord van een tweede persoon", "mandate": "vrijgegeven met een mandaat"}
_BESIDE = 12
"""Names that stand beside a map; more of them stand below it, over as many pages as they take."""
_SHOWN = {"password": "wachtwoord", "passkey": "passkey"}
_MSG_TYPES = {"Alert": "nieuw bericht", "Update": "nieuwe versie", "Cancel": "intrekking"}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything in it. word: the exercise's, None when real. curve, chart: drawings, each with a text for who does not
    see it (`alt`); None when there is nothing to draw. Tables are rows of cells."""

    title: str
    organisation: str
    word: str | None
    facts: tuple[tuple[str, str], ...]
    decision: tuple[tuple[str, str], ...]
    sum: str
    curve: dict[str, Any] | None
    chart: dict[str, Any] | None
    counts: tuple[tuple[str, ...], ...]
    by_hand: tuple[tuple[str, ...], ...]
    timeline: tuple[tuple[str, ...], ...]
    texts: tuple[dict[str, Any], ...]
    made_at: str
    sheet: str = "report"

    def as_line(self) -> str:
        """As the template reads it: one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


class Line(Protocol):
    """How many had it when."""

    @property
    def points(self) -> tuple[tuple[int, int], ...]:
        """The line, in a box of 1000 by 300; y goes down."""

    @property
    def marks(self) -> tuple[datetime, ...]:
        """Moments at equal distances below it."""

    @property
    def is_short(self) -> bool:
        """Whether seconds matter."""


def report_of(evidence: Mapping[str, Any], of: Of, line: Line | None = None, chart: Chart | None = None) -> Report:
    """The report of an alert, with its drawings."""
    return Report(
        title=f"Verslag van nr {evidence['number']}: {evidence['event']}",
        organisation=evidence["organisation"],
        word=desk.words("nl").word(Status(evidence["status"])),
        facts=tuple(_facts(evidence, of)),
        decision=tuple(_decision(evidence)),
        sum=_sum(evidence),
        curve=None if line is None else _curve(evidence, line),
        chart=None if chart is None else _chart(chart),
        counts=tuple(_count(item, of) for item in evidence["counts"]),
        by_hand=tuple(_by_hand(item) for item in evidence["by_hand"]),
        timeline=tuple(_happened(item, of) for item in evidence["timeline"]),
        texts=tuple(_text(item, of) for item in evidence["texts"]),
        made_at=evidence["read_at"],
    )


def said(at: str | None) -> str:
    """An instant with its day and its second: who reads this compares it with other logs."""
    if at is None:
        return "–"
    local = datetime.fromisoformat(at)
    return f"{local.day} {desk.words('nl').months[local.month - 1]} {local.year} {local:%H:%M:%S}"


def _facts(evidence: Mapping[str, Any], of: Of) -> list[tuple[str, str]]:
    incident = evidence["incident"]
    grip = f" (GRIP {evidence['grip']})" if evidence["grip"] else ""
    facts = {
        "Incident": f"{incident}{grip}" if incident else None,
        "Soort": f"{of('mode', evidence['status'])}, {_MSG_TYPES[evidence['msg_type']]}",
        "Stand": of("stage", evidence["stage"]),
        "Ernst": of("severity", evidence["severity"]),
        "Afzender": evidence["source"],
        "Gebied": ", ".join(evidence["areas"]),
        "Aangeboden": said(evidence["submitted_at"]),
        "Gepland voor": said(evidence["release_at"]) if evidence["release_at"] else None,
        "Gestopt": said(evidence["halted_at"]) if evidence["halted_at"] else None,
        "Geldig tot": said(evidence["expires_at"]),
        "Volgend bericht beloofd": said(evidence["next_update"]),
        "Vervangt": f"nr {evidence['replaces']}" if evidence["replaces"] else None,
        "Vervangen door": f"nr {evidence['replaced_by']}" if evidence["replaced_by"] else None,
        "Controlegetal": _apart(evidence["digest"]),
        "Kenmerk": evidence["alert"],
        "Stand van": said(evidence["read_at"]),
    }
    return [(name, value) for name, value in facts.items() if value]


def _apart(digest: str) -> str:
    return " ".join(digest[n : n + 8] for n in range(0, len(digest), 8))


def _decision(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = evidence["approval"]
    lines = [
        ("Geschreven door", ", ".join(evidence["writers"]) or "–"),
        ("Aangeboden door", evidence["submitted_by"] or "–"),
    ]
    if found is None:
        return [*lines, ("Akkoord", "niemand gaf akkoord")]
    lines += [
        ("Akkoord van", found["by"]),
        ("Wanneer", said(found["at"])),
        ("Op welke manier", MEANS.get(found["means"], found["means"])),
        ("Aangetoond met", _SHOWN.get(found["shown"], found["shown"] or "een sleutel van de API")),
        ("Bij naam aanvaard", ", ".join(found["accepts"]) or "niets"),
    ]
    if found["expected"] is not None:
        lines.append(("Aantal overgetypt", str(found["expected"])))
    return lines


def _sum(evidence: Mapping[str, Any]) -> str:
    if not evidence["total"]:
        return "Dit bericht ging naar geen enkel adres."
    times = [f"de helft om {said(evidence['half_at'])}"] if evidence["half_at"] else []
    times += [f"95 % om {said(evidence['most_at'])}"] if evidence["most_at"] else []
    when = f" Bereikt: {', '.join(times)}." if times else ""
    return f"{evidence['reached']} van {evidence['total']} adressen bereikt.{when}"


def _curve(evidence: Mapping[str, Any], line: Line) -> dict[str, Any]:
    """The line, what stands along its sides, and the same in a sentence: how many at each of the moments below it."""
    total, clock = evidence["total"], "%H:%M:%S" if line.is_short else "%H:%M"
    marks = [f"{at:{clock}}" for at in line.marks]
    days = [_day(at) for at in line.marks]
    had = [_had_by(evidence["over_time"], at) for at in line.marks]
    told = [f"om {mark} {count}" for mark, count in zip(marks, had, strict=True)]
    return {
        "points": line.points,
        "marks": marks,
        "days": [day if n == 0 or day != days[n - 1] else "" for n, day in enumerate(days)],
        "levels": [str(total), str(round(total / 2)), "0"],
        "alt": f"Lijn van het aantal bereikte adressen, vanaf {days[0]}: {', '.join(told)}, van {total} in totaal.",
    }


def _day(at: datetime) -> str:
    return f"{at.day} {desk.words('nl').months[at.month - 1]}"


def _had_by(steps: Sequence[Mapping[str, Any]], at: datetime) -> int:
    return max((step["reached"] for step in steps if datetime.fromisoformat(step["at"]) <= at), default=0)


def _chart(chart: Chart) -> dict[str, Any]:
    """The map and the names that belong to its numbers; and what it shows in a sentence."""
    kilometres, bar = chart.bar
    length = f"{kilometres:g} km".replace(".", ",")
    names = sorted((shape.number, shape.name) for shape in chart.shapes if shape.number is not None)
    others = any(shape.number is None for shape in chart.shapes)
    rest = " De witte gebieden horen er niet bij." if others else ""
    return {
        "width": chart.width,
        "height": chart.height,
        "shapes": [
            {"number": shape.number and str(shape.number), "rings": shape.rings, "at": shape.at}
            for shape in chart.shapes
        ],
        "names": [(str(number), name) for number, name in names],
        "lacking": chart.lacking,
        "beside": len(names) <= _BESIDE,
        "bar": bar,
        "length": length,
        "caption": f"Waar dit bericht voor was: de gearceerde gebieden.{rest} Het noorden is boven.",
        "alt": f"Kaart met het noorden boven. Gearceerd: {', '.join(name for _, name in names)}.{rest}"
        f" Het streepje linksonder is {length}.",
    }


def _count(item: Mapping[str, Any], of: Of) -> tuple[str, ...]:
    reason = of("reason", item["reason"]) if item["reason"] and item["state"] == "failed" else ""
    return (
        of("channel", item["channel"]),
        of("language", item["language"]),
        STATES[item["state"]],
        reason,
        str(item["count"]),
    )


def _by_hand(item: Mapping[str, Any]) -> tuple[str, ...]:
    when = said(item["placed_at"]) if item["placed_at"] else ""
    due = said(item["due_at"]) if item["due_at"] else ""
    return (
        item["name"],
        hand_state(item),
        due,
        when,
        item["by"] or item["owner"] or "",
        item["where"] or item["reason"] or "",
    )


def hand_state(item: Mapping[str, Any]) -> str:
    """What a task is at, in an evaluator's words: what was asked to go, is gone."""
    return "weggehaald" if item["act"] == "remove" and item["state"] == "placed" else STATES[item["state"]]


def _happened(item: Mapping[str, Any], of: Of) -> tuple[str, ...]:
    what = of("event", item["event"])
    more = [part for part in (item["channel"], of("reason", item["detail"] or "")) if part]
    return said(item["at"]), f"{what}: {'; '.join(more)}" if more else what, item["who"] or "het systeem"


def _text(item: Mapping[str, Any], of: Of) -> dict[str, Any]:
    return {
        "name": f"{of('channel', item['channel'])}, {of('language', item['language'])}",
        "lang": base(item["language"]),
        "rtl": direction(item["language"]) == "rtl",
        "subject": item["subject"],
        "lines": item["text"].splitlines(),
    }
