"""What every SMS provider shares: its settings, the sender's name, the fitting of a text, the check of a number."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from broadcaster.channel import Fitted, Spec, Texts
from broadcaster.model import gsm
from channels import _http
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


class GatewaySettings(BaseModel):
    """What `[channel."sms.…"]` holds for any gateway over HTTP.

    base_url: where it is. from: the sender that residents see. per_second: the contracted rate, in recipients.
    timeout: seconds for a request and its answer. concurrency: requests at once. most_segments: of a text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    base_url: _http.BaseUrl
    sender: Sender = Field(alias="from")
    per_second: float = Field(default=20, gt=0)
    timeout: float = Field(default=10, gt=0, le=60)
    concurrency: int = Field(default=8, ge=1, le=64)
    most_segments: int = Field(default=gsm.MOST_SEGMENTS, ge=1)


def fitting(most_segments: int) -> Callable[[Texts], Fitted]:
    """How a text becomes at most `most_segments` segments; the payload is its UTF-8."""

    def fit(texts: Texts) -> Fitted:
        field, plainly = f"infos.{texts.language}", texts.without_accents
        fitted = gsm.fit(texts.text, texts.word, most_segments, field, without_accents=plainly)
        return Fitted(
            text=fitted.text,
            payload=fitted.text.encode(),
            encoding=fitted.encoding,
            segments=fitted.segments,
            findings=fitted.findings,
        )

    return fit


def gateway_spec(settings: GatewaySettings, batch: int = 1) -> Spec:
    """What an account at a gateway is; its one secret is `token`. batch: recipients that one request can hold."""
    return Spec(
        kind="sms",
        receipts=True,
        check_address=why_not_number,
        fit=fitting(settings.most_segments),
        batch=batch,
        concurrency=settings.concurrency,
        per_second=settings.per_second,
        required_secrets=("token",),
    )
