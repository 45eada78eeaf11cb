"""The journal's events: past tense, about alerts and groups of deliveries, ids only, never addresses."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `actor` is a user's id, or "system"; `object` is what it happened to."""

    kind: str
    actor: str
    object: str
    data: dict[str, Any] = field(default_factory=dict)


SYSTEM = "system"
