"""A rendition: the bytes of one channel kind and one language, frozen at submit."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Hole(StrEnum):
    """The closed set of places in a payload that are filled per recipient. SMS has none.

    The member's value is the name in the digest; `token` is what stands in the payload: plain ASCII
    that no text can hold, because texts refuse control characters.
    """

    RECIPIENT = "recipient"
    MESSAGE_ID = "message-id"
    ENVELOPE_SENDER = "envelope-sender"
    UNSUBSCRIBE = "unsubscribe"

    @property
    def token(self) -> bytes:
        """The bytes that mark the hole in a payload."""
        return b"\x1a" + self.value.encode() + b"\x1a"


@dataclass(frozen=True, slots=True)
class Rendition:
    """One channel kind in one language.

    `subject`, `text` and `html` are what people read; `payload` is what goes to the provider
    (UTF-8 text for SMS, a whole MIME message with holes for email). `encoding` and `segments` are
    set for SMS only.
    """

    id: str
    kind: str
    language: str
    text: str
    payload: bytes
    subject: str | None = None
    html: str | None = None
    holes: tuple[Hole, ...] = ()
    encoding: str | None = None
    segments: int | None = None

    def as_digested(self) -> dict[str, Any]:
        """What the digest covers: everything, the payload by its SHA-256."""
        return {
            "channel": self.kind,
            "language": self.language,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "payload": hashlib.sha256(self.payload).hexdigest(),
            "holes": [hole.value for hole in self.holes],
            "encoding": self.encoding,
            "segments": self.segments,
        }
