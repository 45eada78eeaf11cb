"""Displays at support points: nothing is sent, they come for the signed board.

Ours to define: no provider. A view holds 60 words at most, which reads in about 20 seconds from across
a room; a longer text is shown in numbered views, and one that needs more than ten is refused.
"""

import math

from pydantic import BaseModel, ConfigDict

from broadcaster.channel import Fitted, Spec, Texts
from broadcaster.model.finding import Finding, FindingKind

WORDS_A_VIEW = 60
MOST_WORDS = 600


class Settings(BaseModel):
    """Displays have none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def spec(settings: Settings) -> Spec:
    """The rules of displays."""
    del settings
    return Spec(kind="display", check_address=_check_address, fit=fit, pull=True)


def _check_address(address: str) -> str | None:
    return None if address else "een scherm heeft een naam nodig"


def fit(texts: Texts) -> Fitted:
    """The text as UTF-8, with what its length means for readers."""
    return Fitted(text=texts.text, payload=texts.text.encode(), findings=_findings(texts))


def _findings(texts: Texts) -> tuple[Finding, ...]:
    words, field = len(texts.text.split()), f"infos.{texts.language}"
    if words > MOST_WORDS:
        message = f"De tekst is {words - MOST_WORDS} woorden te lang voor een scherm. Maak de tekst korter."
        return (Finding(f"display-too-long:{texts.language}", FindingKind.BLOCKING, field, message),)
    if words > WORDS_A_VIEW:
        views = math.ceil(words / WORDS_A_VIEW)
        message = f"Op een scherm staat deze tekst ({texts.language}) in {views} delen na elkaar."
        return (Finding(f"display-views:{texts.language}", FindingKind.NOTICE, field, message),)
    return ()
