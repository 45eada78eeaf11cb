"""A contact that somebody verified, and a mention of one in a text.

Schiphol to Zeeland, 24 June 2019: while 112 was down, a national alert carried a newspaper's tip line as the
emergency number, after five to eight people had read it. Nobody had compared it with anything.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContactKind(StrEnum):
    """What a contact is."""

    PHONE = "phone"
    URL = "url"
    EMAIL = "email"
    ADDRESS = "address"


class Standing(StrEnum):
    """How a contact of the register stands at a moment."""

    PROPOSED = "proposed"  # nobody else has looked at it: as good as unknown
    VERIFIED = "verified"
    EXPIRED = "expired"  # verified, but too long ago
    RETIRING = "retiring"  # somebody says that it is wrong; another has to agree
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Mention:
    """Something in a text by which people could be told where to call, look, write or go. value: as it stands there.
    key: what it is compared by. disguised: letters of another script pretend to be Latin ones."""

    kind: ContactKind
    value: str
    key: str
    disguised: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the register. value: as people read it. label: whose it is. id: None for one from the
    configuration, signed off by whoever deploys; `source` then says where it is published.
    Persons are ids. valid_until: None holds until somebody retires it."""

    kind: ContactKind
    value: str
    key: str
    label: str
    id: str | None = None
    source: str = ""
    proposed_by: str | None = None
    proposed_at: datetime | None = None
    verified_by: str | None = None
    verified_at: datetime | None = None
    valid_until: datetime | None = None
    replaces_id: str | None = None
    doubted_by: str | None = None
    doubted_at: datetime | None = None
    retired_by: str | None = None
    retired_at: datetime | None = None

    def standing(self, now: datetime) -> Standing:
        """How it stands at `now`."""
        if self.retired_at is not None:
            return Standing.RETIRED
        if self.id is not None and self.verified_at is None:
            return Standing.PROPOSED
        if self.doubted_at is not None:
            return Standing.RETIRING
        return Standing.EXPIRED if self.valid_until is not None and self.valid_until <= now else Standing.VERIFIED


def key_of(kind: ContactKind, value: str) -> str:
    """What a contact is compared by. ValueError, in Dutch, when the value is no such thing."""
    from broadcaster.model.contacts import addresses, links, numbers  # noqa: PLC0415 (they make mentions)

    return {
        ContactKind.PHONE: numbers.key,
        ContactKind.URL: links.url_key,
        ContactKind.EMAIL: links.email_key,
        ContactKind.ADDRESS: addresses.key,
    }[kind](value)
