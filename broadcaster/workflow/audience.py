"""Taking an audience file in two steps: what it would do is looked at first, then all of it is taken, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.seal import Seal
from broadcaster.store.audience import SealedRecipient
from broadcaster.workflow import importing
from broadcaster.workflow.refusals import Fault, Refused, conflict

MOST_LINES = 250_000
"""More than that is for the command line: it is held in memory whole."""
MOST_FAULTS = 10_000
Faults = Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was read: its people, sealed, or every line that is wrong. Nothing in it can be read without the
    key."""

    rows: Sequence[SealedRecipient] = field(default=(), repr=False)
    faults: Faults = ()


def look(seal: Seal, data: bytes, areas: set[str]) -> Looked:
    """Read a file; it takes seconds for 100,000 people."""
    if data.count(b"\n") > MOST_LINES:
        return Looked(faults=[Fault(f"line {MOST_LINES + 1}", "too-long", "")])
    try:
        found = importing.parse(data, areas, MOST_FAULTS)
    except Refused as refused:
        return Looked(faults=refused.faults)
    return Looked([importing.sealed(seal, recipient) for recipient in found])


def take(
    conn: Connection,
    organisation_id: str,
    rows: Sequence[SealedRecipient],
    actor: str,
    now: datetime,
    going: int | None,
) -> dict[str, int]:
    """Take a file whole; see `importing.take`. going: how many the reader said that leave the list, None when nobody
    does. Refused, with nothing taken, when it would be another number."""
    counts = importing.take(conn, organisation_id, rows, actor, now, replace=going is not None)
    if going is not None and counts["retired"] != going:
        fault = Fault("going", "size", f"er zouden nu {counts['retired']} mensen weggaan: kies het bestand opnieuw")
        raise conflict("Het bestand is niet overgenomen.", fault)
    return counts
