"""Taking an audience file: every row is checked before one is stored; the file is taken or refused whole."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from broadcaster.model.audience import ADDRESS_KINDS, Recipient, normal_address
from broadcaster.model.events import Event
from broadcaster.seal import Seal
from broadcaster.store import intake, journal
from broadcaster.store.audience import SealedRecipient
from broadcaster.workflow.refusals import Fault, Refused, Why

HEADER = ("name", "language", "groups", "areas", *ADDRESS_KINDS)
_MOST_FAULTS = 100
_MOST_TEXT = 200
Known = Callable[[str], bool]


def parse(data: bytes, areas: set[str], most: int = _MOST_FAULTS) -> list[Recipient]:
    """The recipients of a CSV file. Refused with line number and reason for every bad row, `most` of them at most."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _refused([Fault(f"line {line}", "utf-8", "this line is not UTF-8: save the file as UTF-8")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    faults: list[Fault] = []
    try:
        header = next(reader, [])
        if tuple(header) != HEADER:
            raise _refused([Fault("line 1", "header", f"the first line must be: {','.join(HEADER)}")])
        rows = list(_rows(reader, areas, faults))
    except csv.Error as error:
        broken = Fault(f"line {reader.line_num}", "csv", f"this line is not CSV: {error}")
        raise _refused([*faults, broken], most) from None
    if not rows and not faults:
        faults.append(Fault("line 2", "empty", "the file has no recipients"))
    if faults:
        raise _refused(faults, most)
    return rows


def _refused(faults: Sequence[Fault], most: int = _MOST_FAULTS) -> Refused:
    return Refused(Why.INVALID, "The audience file is refused as a whole.", faults[:most])


def _rows(reader: Any, areas: set[str], faults: list[Fault]) -> Iterator[Recipient]:
    for row in reader:
        where, found = f"line {reader.line_num}", len(faults)
        if not row:
            continue
        if len(row) != len(HEADER):
            faults.append(Fault(where, "columns", f"{len(row)} columns instead of {len(HEADER)}"))
            continue
        recipient = _recipient(dict(zip(HEADER, row, strict=True)), areas, where, faults)
        if len(faults) == found:
            yield recipient


def _recipient(row: Mapping[str, str], areas: set[str], where: str, faults: list[Fault]) -> Recipient:
    faults += _text_faults(row, where)
    named = _several(row["areas"])
    faults += [
        Fault(where, "area", f"there is no area '{area}' in the configuration") for area in named if area not in areas
    ]
    addresses = tuple(
        (kind, address) for kind in ADDRESS_KINDS for address in _addresses(kind, row[kind], where, faults)
    )
    if not addresses:
        faults.append(Fault(where, "address", "this recipient has no address at all"))
    return Recipient(row["name"].strip(), row["language"].strip(), _several(row["groups"]), named, addresses)


def _text_faults(row: Mapping[str, str], where: str) -> Iterator[Fault]:
    for column, text in row.items():
        if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text) or len(text) > _MOST_TEXT:
            yield Fault(where, column, f"'{column}' has control characters, or more than {_MOST_TEXT} characters")
        elif any(_is_formula(column, part) for part in _several(text)):
            yield Fault(where, column, f"'{column}' begins like a spreadsheet formula")
    if not row["name"].strip():
        yield Fault(where, "name", "the name is empty")
    if not row["language"].strip().replace("-", "").isalpha():
        yield Fault(where, "language", "the language is not a code such as nl or en")


def _is_formula(column: str, text: str) -> bool:
    """What a spreadsheet would run has no place in a list of people (CWE-1236); some take full-width signs for the
    plain ones."""
    starts = {"sms": "=@", "telegram": "=+"}.get(column, "=+-@")
    return unicodedata.normalize("NFKC", text[0])[0] in starts


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _addresses(kind: str, text: str, where: str, faults: list[Fault]) -> Iterator[str]:
    for part in _several(text):
        try:
            yield normal_address(kind, part)
        except ValueError:
            faults.append(Fault(where, kind, f"the {kind} column holds something that is no address of that kind"))


def sealed(seal: Seal, recipient: Recipient) -> SealedRecipient:
    """A recipient as it is stored: nothing in it can be read without the key."""
    addresses = tuple(
        (kind, seal.seal(address, kind), seal.mark(address, kind)) for kind, address in recipient.addresses
    )
    return SealedRecipient(
        seal.seal(recipient.name, "name"), recipient.language, recipient.groups, recipient.areas, addresses
    )


def take(
    conn: Connection,
    organisation_id: str,
    rows: Sequence[SealedRecipient],
    actor: str,
    now: datetime,
    *,
    replace: bool = False,
) -> dict[str, int]:
    """Store a whole file in this one transaction; how many recipients were added, renewed and retired."""
    put, added = intake.put(conn, organisation_id, rows, now)
    retired = intake.retire_others(conn, organisation_id, put, now) if replace else 0
    counts = {"added": added, "renewed": len(put) - added, "retired": retired}
    journal.append(conn, [Event("AudienceImported", actor, organisation_id, counts)], now)
    return counts
