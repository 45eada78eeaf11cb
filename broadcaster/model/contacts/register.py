"""The register: which contacts somebody verified, and what it says of one that is mentioned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from broadcaster.model.contacts import addresses, links
from broadcaster.model.contacts.noun import Contact, ContactKind, Mention, Standing

_BEST_FIRST = (Standing.VERIFIED, Standing.RETIRING, Standing.EXPIRED)


@dataclass(frozen=True, slots=True)
class Register:
    """contacts: those of the configuration and of the database together. places: names and addresses of our own
    support points, which are the configuration's word too."""

    contacts: tuple[Contact, ...]
    places: frozenset[str] = frozenset()

    @classmethod
    def of(cls, contacts: Iterable[Contact], places: Iterable[str] = ()) -> "Register":
        """A register."""
        return cls(tuple(contacts), frozenset(map(addresses.key, places)))

    def says(self, mention: Mention, now: datetime) -> tuple[Standing, Contact | None]:
        """How a mentioned contact stands, and the line that says so. PROPOSED without a line: nobody knows it."""
        if mention.kind is ContactKind.ADDRESS and mention.key in self.places:
            return Standing.VERIFIED, None
        lines = [contact for contact in self.contacts if _same(contact, mention)]
        for standing in _BEST_FIRST:
            for contact in lines:
                if contact.standing(now) is standing:
                    return standing, contact
        return Standing.PROPOSED, None

    def choices(self, kind: ContactKind, now: datetime) -> list[Contact]:
        """What may be chosen for a field."""
        return [item for item in self.contacts if item.kind is kind and item.standing(now) is Standing.VERIFIED]


def _same(contact: Contact, mention: Mention) -> bool:
    if contact.kind is not mention.kind:
        return False
    if contact.kind is ContactKind.URL:
        return links.covers(contact.key, mention.key)
    if contact.kind is ContactKind.ADDRESS:
        return mention.key in (contact.key, addresses.street_of(contact.value))
    return contact.key == mention.key
