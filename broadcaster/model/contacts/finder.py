"""Every contact in a text, in any language: what a reader could call, open, write or go to."""

from functools import lru_cache

from broadcaster.model.contacts import addresses, links, numbers
from broadcaster.model.contacts.noun import Mention
from broadcaster.model.contacts.plain import plain

LONGEST = 4000
"""Characters looked at of one text; a draft's fields hold half of that."""


@lru_cache(maxsize=512)  # a draft is looked at after every pause in typing, and most of it is as it was
def found_in(text: str, called: bool = False) -> tuple[Mention, ...]:
    """The contacts of a text, each once. called: it is there to say whom to call, so a short number is one."""
    bare = plain(text[:LONGEST])
    named, rest = links.mentions(bare)
    found = [*named, *addresses.mentions(rest), *numbers.mentions(rest, called)]
    return tuple({(mention.kind, mention.key): mention for mention in reversed(found)}.values())[::-1]
