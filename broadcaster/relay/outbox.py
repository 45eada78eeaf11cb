"""Reports on their way up: a file each, kept until the hub has it and for a while after, so that nothing told is lost.

`DIGEST.jws` is a report, byte for byte as it was signed, here or by a relay below; the name is the SHA-256 of its
bytes, so that the same one that comes twice is one file, and nobody takes another's place. `DIGEST.done` says that the
hub has answered for it. `receipts.json` holds what the hub told of each report, by its id.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from broadcaster.boards.bundle import Receipt
from broadcaster.boards.ratchet import write_durably
from broadcaster.model.report import REPORT_TYP, Report
from broadcaster.seal import SignatureError, SigningKey, fingerprint, sign_text, unpack

MAX_BYTES = 4096
"""A report is some hundred bytes: what is larger is none."""
MOST_OF_ONE = 200
"""Reports of one other device that wait here at once. Nobody here can check whose they are."""
MOST = 1_000
"""Reports of other devices that wait here at once: 4 MB."""
KEPT_IN = timedelta(days=7)
"""For so long a report stays after the hub has it, and what was told of it: its host looks whether it was read."""


class NoReport(ValueError):
    """These bytes are no report."""


class NoRoom(Exception):
    """There are too many reports here that wait for the hub."""


Receipts = TypeAdapter(list[Receipt])


@dataclass(frozen=True, slots=True)
class Kept:
    """A report as it is kept. `kid` is the device it claims to be of; nobody here can check another's. done: the hub
    has answered for it."""

    token: str
    kid: str
    report: Report
    done: bool = False

    @property
    def name(self) -> str:
        """What its file is called."""
        return hashlib.sha256(self.token.encode()).hexdigest()


def read(token: str) -> Kept:
    """A report from anyone, unchecked but well-formed and of a bounded size; NoReport when it is none."""
    if len(token) > MAX_BYTES:
        raise NoReport("larger than any report")
    try:
        claim = unpack(token)
        if claim.typ != REPORT_TYP:
            raise NoReport("of another type")
        return Kept(token, claim.kid, Report.model_validate_json(claim.signed.payload))
    except (SignatureError, ValidationError) as error:
        raise NoReport("not a report") from error


class Outbox:
    """The reports of one folder, which belongs to this process alone."""

    def __init__(self, folder: Path, key: SigningKey) -> None:
        self._folder, self._key, self._kid = folder, key, fingerprint(key)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._kept = {kept.name: kept for kept in _all(folder)}
        self._receipts = {receipt.id: receipt for receipt in _receipts(folder / "receipts.json")}

    def put(self, report: Report) -> None:
        """Sign a report of this relay, and keep it: it is on disk when this returns. OSError when it cannot be."""
        token = sign_text(report.model_dump_json(exclude_none=True), REPORT_TYP, self._key)
        if not any(kept.report.id == report.id and kept.kid == self._kid for kept in self._kept.values()):
            if report.showing:
                self._supersede(report)
            self._keep(read(token))

    def take(self, token: str) -> Kept:
        """Keep a report of another device, to pass it on. NoReport when it is none, NoRoom when too many wait."""
        kept = read(token)
        if kept.name in self._kept:
            return self._kept[kept.name]
        waiting = [other.kid for other in self._kept.values() if not other.done and other.kid != self._kid]
        if len(waiting) >= MOST or waiting.count(kept.kid) >= MOST_OF_ONE:
            raise NoRoom
        self._keep(kept)
        return kept

    def waiting(self) -> list[Kept]:
        """What the hub has not answered for: this relay's own first, then oldest first."""
        open_ = [kept for kept in self._kept.values() if not kept.done]
        return sorted(open_, key=lambda kept: (kept.kid != self._kid, kept.report.id))

    def receipts(self) -> Mapping[str, Receipt]:
        """What the hub told of reports, by their ids."""
        return self._receipts

    def answered(self, results: Iterable[tuple[Kept, Receipt]]) -> None:
        """The hub answered for these."""
        results = list(results)
        for kept, _ in results:
            self._end(kept)
        self._tell(receipt for _, receipt in results)

    def told(self, receipts: Iterable[Receipt]) -> None:
        """Somebody, a relay above or a stick, told of these. It is shown, and goes on being carried: nobody signed it,
        and a report must not be lost by somebody's word."""
        self._tell(receipt for receipt in receipts if receipt.received_at is not None)

    def is_told(self, kept: Kept) -> bool:
        """Whether the hub is said to have it."""
        receipt = self._receipts.get(kept.report.id)
        return receipt is not None and receipt.received_at is not None

    def forget(self, now: datetime) -> None:
        """Let go of what the hub has had for long."""
        before = now - KEPT_IN
        for kept in [kept for kept in self._kept.values() if kept.done or self.is_told(kept)]:
            if kept.report.at < before:
                self._drop(kept)

    def _drop(self, kept: Kept) -> None:
        for end in ("jws", "done"):
            (self._folder / f"{kept.name}.{end}").unlink(missing_ok=True)
        del self._kept[kept.name]

    def _supersede(self, report: Report) -> None:
        """Of what is on only the last one counts, and of what hangs: without a line for days they must not pile up."""
        for kept in list(self._kept.values()):
            if kept.kid == self._kid and _tells_of_the_same(kept.report, report):
                self._drop(kept)

    def _keep(self, kept: Kept) -> None:
        write_durably(self._folder / f"{kept.name}.jws", kept.token)
        self._kept[kept.name] = kept

    def _end(self, kept: Kept) -> None:
        if kept.name in self._kept:
            (self._folder / f"{kept.name}.done").touch()  # lost with the power: then it is only sent once more
            self._kept[kept.name] = replace(kept, done=True)

    def _tell(self, receipts: Iterable[Receipt]) -> None:
        merged = dict(self._receipts)
        for receipt in receipts:
            known = merged.pop(receipt.id, None)
            read_at = receipt.read_at or (known.read_at if known else None)
            merged[receipt.id] = receipt.model_copy(update={"read_at": read_at})
        merged = dict(list(merged.items())[-2 * MOST :])
        if merged != self._receipts:
            text = Receipts.dump_json(list(merged.values()), exclude_none=True).decode()
            write_durably(self._folder / "receipts.json", text)
            self._receipts = merged


def _tells_of_the_same(one: Report, other: Report) -> bool:
    """Whether both tell what screens of a point show, or both what hangs there."""
    if one.showing is None or other.showing is None or (one.point, one.mode) != (other.point, other.mode):
        return False
    return (one.showing.paper is None) is (other.showing.paper is None)


def _all(folder: Path) -> Iterator[Kept]:
    for file in sorted(folder.glob("*.jws")):
        try:
            kept = read(file.read_text(encoding="ascii"))
            yield replace(kept, done=(folder / f"{kept.name}.done").exists())
        except (NoReport, OSError, UnicodeDecodeError):
            with suppress(OSError):
                file.replace(f"{file}.refused")


def _receipts(file: Path) -> list[Receipt]:
    """What was told before; without it the hub is asked again."""
    try:
        return Receipts.validate_json(file.read_bytes())
    except (OSError, ValidationError, json.JSONDecodeError):
        return []
