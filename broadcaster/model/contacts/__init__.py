"""Phone numbers, web, mail and street addresses: what they are, how they compare, and how they are found in a text."""

from broadcaster.model.contacts.finder import found_in
from broadcaster.model.contacts.noun import Contact, ContactKind, Mention, Standing, key_of
from broadcaster.model.contacts.register import Register

__all__ = ["Contact", "ContactKind", "Mention", "Register", "Standing", "found_in", "key_of"]
