"""What a check has to say about a draft: it blocks, or someone accepts it by name."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FindingKind(StrEnum):
    """What a finding asks of people."""

    BLOCKING = "blocking"  # refused at submit
    TO_ACCEPT = "to-accept"  # the approver accepts it by its code
    NOTICE = "notice"  # shown, asks nothing


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`code` names the rule (and what it is about: "language-missing:en"); `field` is the draft's
    field in dotted form; `message` says what is wrong and what to do, in Dutch B1."""

    code: str
    kind: FindingKind
    field: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The finding as the API gives it."""
        return asdict(self)


def blocking(findings: list[Finding]) -> list[Finding]:
    """Those that refuse the draft."""
    return [finding for finding in findings if finding.kind is FindingKind.BLOCKING]


def to_accept(findings: list[Finding]) -> list[str]:
    """The codes an approver must accept by name."""
    return sorted({finding.code for finding in findings if finding.kind is FindingKind.TO_ACCEPT})
