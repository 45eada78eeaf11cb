"""Whether the municipality says that 112 is down. Pure.

A board carries no kind of event, so its words are read: a sentence that names 112 and says that it does not work. Who
is told so wrongly is shown the notice's own instruction, which says when to call 112; who is told nothing is told to
call 112. Only real notices count: in an exercise 112 works.
"""

import re
from collections.abc import Iterable

from broadcaster.model.board import Notice
from broadcaster.model.cap import Status

_DOWN = re.compile(
    r"niet (?:te )?bereik|onbereikbaar|werkt (?:nu )?niet|doet het (?:nu )?niet|ligt (?:er ?)?(?:uit|plat)"
    r"|buiten werking"
    r"|cannot be reached|can't be reached|not work|out of (?:order|service)|unavailable|is down",
    re.IGNORECASE,
)
_OVER = re.compile(r"\b(?:was|weer|again)\b", re.IGNORECASE)
_SLOTS = ("headline", "description", "impact", "instruction")


def silent_112(notices: Iterable[Notice]) -> Notice | None:
    """The notice that says so, the newest of them; None when none does."""
    said = [notice for notice in notices if notice.status is Status.ACTUAL and _says_so(notice)]
    return max(said, key=lambda notice: notice.number, default=None)


def _says_so(notice: Notice) -> bool:
    texts = (pieces.get(slot, "") for pieces in notice.languages.values() for slot in _SLOTS)
    sentences = (sentence for text in texts for sentence in re.split(r"[.!?\n]", text))
    return any("112" in one and _DOWN.search(one) and not _OVER.search(one) for one in sentences)
