"""What the demo hands over at its end: the promises, and the JSON."""

from dataclasses import dataclass
from typing import Any

from broadcaster.demo.evidence import Evidence
from broadcaster.demo.office import Submitted
from broadcaster.demo.promises import Promise, judged
from broadcaster.model.cap import Status


@dataclass(frozen=True, slots=True)
class Report:
    """One broadcast, and what was counted. `seconds`: from the approval until everything was at rest."""

    submitted: Submitted
    status: Status
    seed: int
    seconds: float
    evidence: Evidence
    promises: list[Promise]

    @property
    def differences(self) -> list[str]:
        """What differs from what was promised; nothing when all is well."""
        return [promise.broken for promise in self.promises if promise.broken]

    def as_json(self) -> dict[str, Any]:
        """The JSON of `--json`."""
        found = self.evidence
        return {
            "ok": not self.differences,
            "differences": self.differences,
            "alert": self.submitted.alert,
            "number": self.submitted.number,
            "status": self.status.value,
            "digest": self.submitted.digest,
            "recipients": found.recipients,
            "seed": self.seed,
            "seconds": round(self.seconds, 2),
            "channels": found.ours.channels(),
            "simulators": {name: seen.as_json() for name, seen in found.seen.items()},
            "boards": dict(found.boards),
        }


def reported(submitted: Submitted, status: Status, seed: int, seconds: float, evidence: Evidence) -> Report:
    """The report of one broadcast, judged."""
    return Report(submitted, status, seed, seconds, evidence, judged(evidence))
