"""What every SMS provider shares: the sender's name, the fitting of a text, the check of a number."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from broadcaster.channel import Fitted, Texts
from broadcaster.model import gsm
from channels._address import why_not

why_not_number = partial(why_not, "sms")
"""Why a number cannot be used; None when it can."""


def _is_sender(name: str) -> str:
    # 3GPP TS 23.040, section 9.1.2.5: an alphanumeric address is 11 characters of the default alphabet.
    if name != name.strip() or any(char not in gsm.BASIC or char in "\r\n" for char in name):
        raise ValueError("use letters, digits and signs of the GSM alphabet, at most 11, no blank at either end")
    return name


Sender = Annotated[str, Field(min_length=1, max_length=11), AfterValidator(_is_sender)]
"""Whom a text message says it is from."""


def fitting(most_segments: int) -> Callable[[Texts], Fitted]:
    """How a text becomes at most `most_segments` segments; the payload is its UTF-8."""

    def fit(texts: Texts) -> Fitted:
        fitted = gsm.fit(texts.text, texts.word, most_segments, field=f"infos.{texts.language}")
        return Fitted(
            text=fitted.text,
            payload=fitted.text.encode(),
            encoding=fitted.encoding,
            segments=fitted.segments,
            findings=fitted.findings,
        )

    return fit
