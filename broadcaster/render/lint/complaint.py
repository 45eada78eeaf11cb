"""What is wrong with a scenario file, as a sentence that names the file, the key and the remedy."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One thing to mend. file: below the folder of scenarios ("smoke/tr.toml"). key: empty when the file as a whole
    is meant. grave: a scenario with it cannot be used; the rest is advice about its words."""

    file: str
    key: str
    message: str
    remedy: str
    grave: bool = True

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        return f"{place} {self.message}: {self.remedy}."

    def as_json(self) -> dict[str, Any]:
        """As the command line gives it."""
        return asdict(self)
