"""SMS through CM.com: the Business Messaging API, JSON.

Pages of developers.cm.com/messaging/docs, and what each says:
- `integration`: POST /v1.0/message, the product token in the header X-CM-PRODUCTTOKEN (recommended).
- `shared-features`: the fields of a `msg`; numbers as 00, country, number; every channel of the account is
  allowed unless `allowedChannels` names them.
- `responses-errors-json`: every `msg` is judged by itself and answered with `to`, `status` (Accepted or
  Rejected), `reference`, `parts`, `messageErrorCode`; a request that is refused as a whole is a 400 with
  `errorCode` and no messages; a request of which every msg is rejected is a 400 too.
- `incoming-status-report`: the JSON of a report, sent again for 7 days until it is answered with success.
The official SDKs (github.com/cmdotcom/text-sdk-dotnet: TextClientStatusCode, Message; text-sdk-php: Message)
name all error codes, a reference of 1 to 32 letters and digits, the form of `validity`, and 8 parts at most.
A validity of more than 48 hours is not supported (cm.com/knowledge-center, "Validity periode").
Nothing anywhere promises that a second message with the same reference is dropped.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from pydantic import Field

from broadcaster.channel import Accepted, Fact, Failed, FailureKind, Inbound, Outcome, Parcel, Receipt, Spec
from broadcaster.clock import Clock
from broadcaster.model import gsm
from channels import _http
from channels._address import cut
from channels._sms import GatewaySettings, gateway_spec

PATH = "/v1.0/message"
BATCH = 100
"""Messages in one request (the SDKs' limit)."""
MOST_PARTS = 8
"""Always allowed in full: a lower maximum would have the gateway cut a warning short where its count differs."""
LONGEST_VALIDITY = timedelta(hours=48)

MESSAGE_CODES: dict[int, tuple[FailureKind, str]] = {
    301: (FailureKind.BAD_CONFIG, "the sender is not allowed"),
    302: (FailureKind.BAD_ADDRESS, "the recipient is not usable"),
    303: (FailureKind.BAD_ADDRESS, "the recipient is not a phone number"),
    304: (FailureKind.BAD_CONTENT, "the text is not usable"),
    305: (FailureKind.BAD_CONFIG, "a field is not usable"),
    401: (FailureKind.BAD_CONTENT, "filtered as spam"),
    402: (FailureKind.OPTED_OUT, "on the blacklist"),
    403: (FailureKind.BAD_CONFIG, "rejected"),  # credit, suspicion or local rules: cm.com/help/3308
    500: (FailureKind.UNCERTAIN, "an internal error at the gateway"),
    999: (FailureKind.UNCERTAIN, "an unknown error at the gateway"),
}
"""What a rejected message's `messageErrorCode` means."""
REQUEST_CODES: dict[int, tuple[FailureKind, str]] = {
    101: (FailureKind.BAD_CONFIG, "no account for this product token"),
    102: (FailureKind.BAD_CONFIG, "the balance is insufficient"),
    103: (FailureKind.BAD_CONFIG, "the product token is not right"),
    202: (FailureKind.BAD_CONFIG, "the request is malformed"),
    203: (FailureKind.BAD_CONFIG, "the list of messages is not usable"),
    500: (FailureKind.UNCERTAIN, "an internal error at the gateway"),
    999: (FailureKind.UNCERTAIN, "an unknown error at the gateway"),
}
"""What the `errorCode` of a request refused as a whole means."""
NOTHING_TO_SEND = 203
"""The code for a request without messages, from which the probe sees that its token was accepted."""

_DELIVERED = {2, 4}  # delivered, read
_FINAL = {1, 2, 3, 4}  # 0 is "accepted by the operator"; 1 rejected, 3 failed
_quoted = json.JSONEncoder(ensure_ascii=False).encode
_accepted = lru_cache(maxsize=64)(partial(Accepted, None))  # nearly always the same one


class Settings(GatewaySettings):
    """`[channel."sms.…"]` with `module = "channels.sms_cm"`.

    base_url: "https://gw.messaging.cm.com" (over Cloudflare, a sub-processor outside the EU) or the other one
    CM gives on request.
    """

    per_second: float = Field(default=100, gt=0)
    most_segments: int = Field(default=gsm.MOST_SEGMENTS, ge=1, le=MOST_PARTS)


def spec(settings: Settings) -> Spec:
    """SMS, a hundred to a request."""
    return gateway_spec(settings, BATCH)


def connect(name: str, settings: Settings, secrets: Mapping[str, str], clock: Clock) -> "CmAccount":  # noqa: ARG001 - part of the port
    """A live account; the secret is `token`."""
    return CmAccount(settings, secrets["token"], clock)


class CmAccount:
    """One product token at CM.com."""

    def __init__(self, settings: Settings, token: str, clock: Clock) -> None:
        self._sender = _quoted(settings.sender)
        self._token = _http.as_header(token)
        self._clock = clock
        headers = {"X-CM-PRODUCTTOKEN": self._token, "Content-Type": "application/json", "Accept": "application/json"}
        self._http = _http.HttpAccount(
            settings.base_url,
            headers,
            concurrency=settings.concurrency,
            timeout_in=settings.timeout,
            clock=clock,
        )

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """One POST for all of them."""
        answer = await self._http.post(PATH, self._request(parcels))
        if isinstance(answer, Failed):
            return [answer] * len(parcels)
        return self._outcomes(parcels, answer)

    def _request(self, parcels: Sequence[Parcel]) -> bytes:
        until = self._clock.now() + LONGEST_VALIDITY
        # Everything that is the same for all who get one rendition is written once.
        tails: dict[tuple[int, datetime], str] = {}
        messages = []
        for parcel in parcels:
            key = (id(parcel.rendition), parcel.expires_at)
            tail = tails.get(key)
            if tail is None:
                tail = tails[key] = self._tail(parcel, until)
            # Nothing in a reference needs quoting, nor in a number that the check of addresses let pass; another may.
            number = _number(parcel.address)
            quoted = f'"{number}"' if number.isalnum() and number.isascii() else _quoted(number)
            messages.append(f'{{"to":[{{"number":{quoted}}}],"reference":"{parcel.reference}",{tail}}}')
        return f'{{"messages":{{"msg":[{",".join(messages)}]}}}}'.encode()

    def _tail(self, parcel: Parcel, until: datetime) -> str:
        """The fields of a message that do not depend on its recipient.

        `type` auto: the gateway picks GSM-7 or UCS-2 by the same table as we did.
        """
        validity = min(parcel.expires_at, until).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S GMT")
        content = _quoted(parcel.rendition.payload.decode())
        return (
            f'"allowedChannels":["SMS"],"from":{self._sender},"body":{{"type":"auto","content":{content}}},'
            f'"minimumNumberOfMessageParts":1,"maximumNumberOfMessageParts":{MOST_PARTS},"validity":"{validity}"'
        )

    def _outcomes(self, parcels: Sequence[Parcel], answer: _http.Answer) -> list[Outcome]:
        document = _document(answer)
        entries = document.get("messages") if document else None
        if not isinstance(entries, list) or not entries:
            return [self._whole(answer, document)] * len(parcels)
        found = _in_order(parcels, entries) or _by_reference(parcels, entries)
        return [self._outcome(entry) for entry in found]

    def _outcome(self, entry: Any) -> Outcome:
        if entry is None:
            return Failed(FailureKind.UNCERTAIN, "the answer does not name this message")
        status, code = entry.get("status"), entry.get("messageErrorCode")
        if status == "Accepted" and not code:
            parts = entry.get("parts")
            return _accepted(parts if isinstance(parts, int) and parts > 0 else None)
        known = MESSAGE_CODES.get(code) if status == "Rejected" and isinstance(code, int) else None
        kind, words = known or (FailureKind.UNCERTAIN, "not a documented answer")
        return self._failed(kind, words, code, entry.get("messageDetails"))

    def _whole(self, answer: _http.Answer, document: dict[str, Any] | None) -> Failed:
        """What an answer without a word on any single message means for all of them."""
        code = document.get("errorCode") if document else None
        known = REQUEST_CODES.get(code) if isinstance(code, int) else None
        if known is None or document is None:
            return _http.refused(answer)
        return self._failed(*known, code, document.get("details"))

    def _failed(self, kind: FailureKind, words: str, code: Any, said: Any) -> Failed:
        code = code if isinstance(code, int) else None
        detail = f"{words}: {cut(said, self._token)}" if isinstance(said, str) and said else words
        return Failed(kind, detail, None if code is None else str(code))

    async def probe(self) -> Failed | None:
        """A request without a message in it: CM.com checks the token, finds nothing to send and says so."""
        answer = await self._http.post(PATH, b'{"messages":{"msg":[]}}')
        if isinstance(answer, Failed):
            return _http.probed(answer)
        document = _document(answer)
        if document and (answer.status_code == 200 or document.get("errorCode") == NOTHING_TO_SEND):
            return None
        return _http.probed(self._whole(answer, document))

    def facts(self, inbound: Inbound) -> list[Fact]:
        """The receipts in a status report (the JSON template of the Channels app); ValueError otherwise.

        A report without a reference is of a message that is not ours, and says nothing to us.
        """
        try:
            reports = json.loads(inbound.body)["messages"]["msg"]
            return [fact for report in (reports if isinstance(reports, list) else [reports]) for fact in _facts(report)]
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not a status report of CM.com") from error

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._http.aclose()


def _number(address: str) -> str:
    """E.164 as CM.com wants it: 00 in place of the plus sign."""
    return "00" + address.removeprefix("+")


def _e164(number: str) -> str | None:
    digits = number.strip().removeprefix("+").removeprefix("00")
    return f"+{digits}" if digits.isdecimal() and digits.isascii() else None


def _document(answer: _http.Answer) -> dict[str, Any] | None:
    """The JSON object of an answer that CM.com documents: status 200 or 400."""
    return answer.document() if answer.status_code in (200, 400) else None


def _in_order(parcels: Sequence[Parcel], entries: list[Any]) -> list[Any] | None:
    """The entries themselves, when each stands at its message's place with its message's reference."""
    if len(entries) != len(parcels):
        return None
    for parcel, entry in zip(parcels, entries, strict=True):
        if not isinstance(entry, dict) or entry.get("reference") != parcel.reference:
            return None
    return entries


def _by_reference(parcels: Sequence[Parcel], entries: list[Any]) -> list[Any]:
    """The entry of each message, wherever it stands; None for a message that is named nowhere, or twice."""
    named: dict[str, Any] = {}
    for entry in entries:
        reference = entry.get("reference") if isinstance(entry, dict) else None
        if isinstance(reference, str):
            named[reference] = None if reference in named else entry
    return [named.get(parcel.reference) for parcel in parcels]


def _facts(report: dict[str, Any]) -> Iterator[Receipt]:
    status, reference = report["status"], report.get("reference")
    code, error = int(status["code"]), status.get("errorCode")
    if reference:
        yield Receipt(
            reference=str(reference),
            delivered=code in _DELIVERED,
            final=code in _FINAL,
            address=_e164(str(report.get("to", ""))),
            provider_code=str(error or code),
        )
