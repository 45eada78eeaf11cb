"""What an approver signs: one digest over everything that will go out."""

import hashlib
from dataclasses import dataclass
from typing import Any

import rfc8785

from broadcaster.model.rendition import Rendition

EXPECTED_MARGIN = 0.2
"""An audience further than this fraction from what the author expected needs its number typed."""


@dataclass(frozen=True, slots=True)
class AddresseesSeal:
    """How many addressees there are, and the SHA-256 over them in order."""

    count: int
    sha256: str


NOBODY = AddresseesSeal(0, "")
"""Not frozen yet."""


def digest(alert: dict[str, Any], renditions: list[Rendition], addressees: AddresseesSeal) -> str:
    """SHA-256, in hex, of the canonical JSON (RFC 8785) of alert, renditions and addressees.

    `alert` holds the mode, channels, expiry and release instant, as text: the canon has no floats.
    """
    subject: dict[str, Any] = {
        "alert": alert,
        "renditions": [r.as_digested() for r in sorted(renditions, key=lambda r: (r.kind, r.language))],
        "addressees": {"count": addressees.count, "sha256": addressees.sha256},
    }
    return hashlib.sha256(rfc8785.dumps(subject)).hexdigest()


def beyond_expected(count: int, expected: int | None) -> bool:
    """Whether an audience is further from the stated expectation than the margin allows."""
    return expected is not None and abs(count - expected) > expected * EXPECTED_MARGIN
