"""Reports on their way up: a file each, kept until the hub has it and for a while after, so that nothing told is lost.

`DIGEST.jws` is a report, byte for byte as it was signed, here or by a relay below; the name is the SHA-256 of its
bytes, so that the same one that comes twice is one file, and nobody takes another's place. `receipts.json` holds what
the hub said of each report's id.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from broadcaster.boards.ratchet import write_durably
from broadcaster.model.report import REPORT_TYP, Report
from broadcaster.seal import SignatureError, SigningKey, fingerprint, sign_text, unpack

MAX_BYTES = 8 * 1024
"""A report is some hundred bytes: what is larger is none."""


class NoReport(ValueError):
    """These bytes are no report."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A report as it is kept. `kid` is the device it claims to be of; nobody here can check another's."""

    token: str
    kid: str
    report: Report


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
        self._kept = {kept.token: kept for kept in _all(folder)}

    def put(self, report: Report) -> None:
        """Sign a report of this relay, and keep it: it is on disk when this returns. OSError when it cannot be."""
        self._keep(read(sign_text(report.model_dump_json(exclude_none=True), REPORT_TYP, self._key)))

    def waiting(self) -> list[Kept]:
        """What the hub has not confirmed, oldest first."""
        return sorted(self._kept.values(), key=lambda kept: kept.report.id)

    def _keep(self, kept: Kept) -> None:
        write_durably(self._folder / f"{hashlib.sha256(kept.token.encode()).hexdigest()}.jws", kept.token)
        self._kept[kept.token] = kept


def _all(folder: Path) -> Iterator[Kept]:
    for file in sorted(folder.glob("*.jws")):
        try:
            yield read(file.read_text(encoding="ascii"))
        except (NoReport, OSError, UnicodeDecodeError):
            file.replace(f"{file}.refused")
