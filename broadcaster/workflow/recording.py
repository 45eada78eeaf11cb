"""A message read aloud: kept with its draft, and let out only when who approves it has heard the whole of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.cap import Lane
from broadcaster.model.draft import DraftContent
from broadcaster.model.events import Event
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.model.people import Caller, Role
from broadcaster.model.recording import Sound, whole
from broadcaster.store import alerts, journal, recordings
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import publishing
from broadcaster.workflow.house import need, need_person
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, not_found

_UNKNOWN = "deze opname is er niet: stuur haar eerst op"


def keep(conn: Connection, caller: Caller, sound: Sound, now: datetime) -> Sound:
    """Store a recording, for a draft to name."""
    need(caller, Role.AUTHOR, Role.APPROVER)
    recordings.keep(conn, sound, now)
    return sound


def faults(conn: Connection, content: DraftContent) -> Iterator[Fault]:
    """Recordings that a draft names and that are not here."""
    there = recordings.known(conn, content.audio.values()) if content.audio else set()
    for language, name in content.audio.items():
        if name not in there:
            yield Fault(f"audio.{language}", "unknown", _UNKNOWN)


def findings(content: DraftContent) -> Iterator[Finding]:
    """A recording says what its text says: without one there is nothing to compare it with."""
    for language in content.audio:
        if language not in content.infos:
            message = f"Er is een opname in '{language}', maar geen tekst. Voeg de tekst toe, of haal de opname weg."
            yield Finding("audio-without-text", FindingKind.BLOCKING, f"audio.{language}", message)


def listen(
    conn: Connection,
    caller: Caller,
    row: AlertRow,
    name: str,
    played: Sequence[tuple[float, float]],
    duration: float,
    now: datetime,
) -> None:
    """Note that a person heard a recording of an alert that waits; Refused when it was not the whole of it."""
    need_person(caller, Role.APPROVER)
    if name not in row.draft.audio.values():
        raise not_found("Deze opname")
    if row.stage is not Stage.SUBMITTED:
        raise conflict(f"Deze melding wacht niet op akkoord (stand: {row.stage.value}).")
    if not whole(list(played), duration):
        fault = Fault("played", "not-whole", "luister de opname van begin tot eind")
        raise Refused(Why.INVALID, "U hebt de opname nog niet helemaal gehoord.", [fault])
    assert caller.person_id is not None
    if recordings.note(conn, row.id, name, caller.person_id, now):
        journal.append(conn, [Event("RecordingHeard", caller.actor, row.id, {"recording": name})], now)


def unheard(conn: Connection, row: AlertRow, person_id: str) -> list[Fault]:
    """The recordings that keep a person from approving."""
    if not row.draft.audio:
        return []
    heard = recordings.listened(conn, row.id, person_id)
    return [
        Fault("audio", f"audio-unheard:{language}", f"luister eerst de hele opname in '{language}'")
        for language, name in sorted(row.draft.audio.items())
        if name not in heard
    ]


def shown(conn: Connection, now: datetime) -> dict[str, dict[str, str]]:
    """The recordings of what is shown to everybody, by alert and language."""
    rows = alerts.shown(conn, Lane.LIVE, now)
    return {row.id: row.draft.audio for row in rows if row.draft.audio and publishing.DISPLAY in row.draft.channels}


def public(conn: Connection, name: str, now: datetime) -> Sound | None:
    """A recording of what is shown to everybody; None for any other."""
    is_shown = any(name in audio.values() for audio in shown(conn, now).values())
    return recordings.get(conn, name) if is_shown else None
