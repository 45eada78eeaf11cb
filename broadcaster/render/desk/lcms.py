"""A block of plain text for the national crisis management system (LCMS), where people paste it."""

from collections.abc import Iterator

from broadcaster.model.draft import Info
from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import words as desk

_STATUS = {"Actual": "echt", "Exercise": "oefening", "Test": "test"}
_SLOTS = {
    "headline": "Kop",
    "description": "Wat er aan de hand is",
    "impact": "Gevolgen",
    "instruction": "Wat mensen moeten doen",
    "contact": "Vragen",
    "web": "Meer informatie",
}


def block(bulletin: Bulletin) -> str:
    """The message, and how it stands, under plain headings."""
    content = bulletin.content
    own, info = bulletin.info("nl")
    facts = {
        "Organisatie": bulletin.organisation,
        "Inzet": _STATUS[bulletin.status.value],
        "Opgesteld door": bulletin.asked_by or desk.UNKNOWN,
        "Akkoord": desk.approval(bulletin),
        "Gebeurtenis": content.event or desk.UNKNOWN,
        "Ernst": desk.SEVERITY.get(content.severity or "", desk.UNKNOWN),
        "Urgentie": desk.URGENCY.get(content.urgency or "", desk.UNKNOWN),
        "Zekerheid": desk.CERTAINTY.get(content.certainty or "", desk.UNKNOWN),
        "Gebied": desk.places(bulletin),
        "Feiten van": desk.moment(bulletin, content.as_of),
        "Geldig vanaf": desk.moment(bulletin, bulletin.release_at or bulletin.sent_at),
        "Geldig tot": desk.moment(bulletin, content.expires),
        "Volgend bericht": desk.moment(bulletin, content.next_update),
        "Kanalen": ", ".join(content.channels) or "geen",
        "Talen": ", ".join(language for language, _ in bulletin.infos) or "geen",
    }
    lines = [f"CRISISCOMMUNICATIE, BERICHT {desk.numbered(bulletin)}"]
    lines += [f"{name}: {value}" for name, value in facts.items()]
    lines += ["", f"BOODSCHAP ({own})", *_message(info)]
    return desk.marked(bulletin, "\n".join(lines))


def _message(info: Info) -> Iterator[str]:
    for slot, name in _SLOTS.items():
        if text := getattr(info, slot):
            yield f"{name}:\n{text}" if "\n" in text else f"{name}: {text}"
