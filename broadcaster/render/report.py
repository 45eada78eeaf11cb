"""The report of an alert on paper, for who evaluates: a tagged PDF (PDF/UA-1) in Dutch, A4.

It says what the evidence says and nothing else. Drawn by Typst from `templates/report/report.typ`, see `drawing`; the
same evidence gives the same bytes.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from broadcaster.model.cap import Status
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
_SHOWN = {"password": "wachtwoord", "passkey": "passkey"}
_MSG_TYPES = {"Alert": "nieuw bericht", "Update": "nieuwe versie", "Cancel": "intrekking"}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything in it. word: the exercise's, None when real. Tables are rows of cells."""

    title: str
    organisation: str
    word: str | None
    facts: tuple[tuple[str, str], ...]
    decision: tuple[tuple[str, str], ...]
    sum: str
    counts: tuple[tuple[str, ...], ...]
    by_hand: tuple[tuple[str, ...], ...]
    timeline: tuple[tuple[str, ...], ...]
    texts: tuple[dict[str, Any], ...]
    made_at: str
    sheet: str = "report"

    def as_line(self) -> str:
        """As the template reads it: one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def report_of(evidence: Mapping[str, Any], of: Of) -> Report:
    """The report of an alert."""
    return Report(
        title=f"Verslag van nr {evidence['number']}: {evidence['event']}",
        organisation=evidence["organisation"],
        word=desk.words("nl").word(Status(evidence["status"])),
        facts=tuple(_facts(evidence, of)),
        decision=tuple(_decision(evidence)),
        sum=_sum(evidence),
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
        STATES[item["state"]],
        due,
        when,
        item["by"] or item["owner"] or "",
        item["where"] or item["reason"] or "",
    )


def _happened(item: Mapping[str, Any], of: Of) -> tuple[str, ...]:
    what = of("event", item["event"])
    more = [part for part in (item["channel"], item["detail"]) if part]
    return said(item["at"]), f"{what}: {'; '.join(more)}" if more else what, item["who"] or "het systeem"


def _text(item: Mapping[str, Any], of: Of) -> dict[str, Any]:
    return {
        "name": f"{of('channel', item['channel'])}, {of('language', item['language'])}",
        "lang": base(item["language"]),
        "rtl": direction(item["language"]) == "rtl",
        "subject": item["subject"],
        "lines": item["text"].splitlines(),
    }
