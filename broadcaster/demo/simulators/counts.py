"""What a simulator saw: its word against ours."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """connections: ever accepted. copies: how often each message was taken, by reference and recipient.
    violations: requests in spite of a halt, where the provider counts them."""

    connections: int = 0
    violations: int = 0
    copies: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)

    def took(self, reference: str, recipient: str) -> None:
        """The provider has taken a message: it would reach somebody."""
        self.copies[reference, recipient] += 1

    def as_json(self) -> dict[str, int]:
        """connections, messages, unique (by reference and recipient), duplicates, copies_max; violations if any."""
        messages, unique = self.copies.total(), len(self.copies)
        return {
            "connections": self.connections,
            "messages": messages,
            "unique": unique,
            "duplicates": messages - unique,
            "copies_max": max(self.copies.values(), default=0),
            **({"violations": self.violations} if self.violations else {}),
        }
