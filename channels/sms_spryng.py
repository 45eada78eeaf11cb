"""SMS through Spryng: the REST API, version 1, JSON.

What is established, and where:
- docs.spryngsms.com ("Spryng REST API"): an API key of the portal goes as a bearer token; requests are limited
  per key. simple.docs.spryngsms.com, for the sister API: 1,200 requests a minute, then 429; 401 for a token that
  is not valid, 422 for missing or invalid parameters. `per_second` is by default that lower limit.
- The official SDKs (github.com/Spryng: rest-api-php, MessageClient and BalanceClient; rest-api-node and
  rest-api-java, Message): POST /v1/messages with body, encoding, originator, recipients (31612345678), reference,
  route and scheduled_at; the answer is one message object with an id, whatever the number of recipients, and so
  there is one recipient to a request here. GET /v1/balance answers with an amount.
- docs.workato.com/en/connectors/spryng: encoding is auto, plain (GSM 03.38) or unicode; route is "business" or the
  id of one's own.
- NotifyNL, a user with references of 36 characters (app/clients/sms/spryng.py): a sent message is answered with
  200; a status report is a GET with STATUS, REASONCODE and REFERENCE in its query, 10 for delivered and 20 for not.

What is not established:
- There is no validity among the documented fields: what Spryng took may be delivered after the notice expired.
- Nothing promises that a second message with the same reference is dropped.
- The body of a 422. It is read as `message` and `errors` by field; without those it is about us, like any 4xx. A
  402 is about us too, documented or not.
- Whether a 429 names a wait, the longest text and reference, other statuses than 10 and 20 (taken as not
  final), and the number in a report. Reports are not signed.
Version 2 (developer.spryng.nl, api.spryng.nl) has a validity but documents no reference of ours to be reported on.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from broadcaster.channel import Accepted, Fact, Failed, FailureKind, Inbound, Outcome, Parcel, Receipt, Spec
from broadcaster.clock import Clock
from channels import _http
from channels._address import cut
from channels._sms import GatewaySettings, gateway_spec

MESSAGES = "/v1/messages"
BALANCE = "/v1/balance"

FIELDS: dict[str, tuple[FailureKind, str]] = {
    "recipients": (FailureKind.BAD_ADDRESS, "the recipient is not usable"),
    "body": (FailureKind.BAD_CONTENT, "the text is not usable"),
    "originator": (FailureKind.BAD_CONFIG, "the sender is not allowed"),
    "route": (FailureKind.BAD_CONFIG, "the route is not usable"),
}
"""What a 422 about this field alone means."""

_DELIVERED, _NOT_DELIVERED = 10, 20

_as_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode  # `json.dumps` makes one for each


class Settings(GatewaySettings):
    """`[channel."sms.…"]` with `module = "channels.sms_spryng"`.

    base_url: "https://rest.spryngsms.com". route: "business", or the id of the route in the contract.
    """

    route: str = Field(default="business", min_length=1)


def spec(settings: Settings) -> Spec:
    """SMS, one to a request."""
    return gateway_spec(settings)


def connect(name: str, settings: Settings, secrets: Mapping[str, str], clock: Clock) -> "SpryngAccount":  # noqa: ARG001 - part of the port
    """A live account; the secret is `token`, an API key."""
    return SpryngAccount(settings, secrets["token"], clock)


class SpryngAccount:
    """One API key at Spryng."""

    def __init__(self, settings: Settings, token: str, clock: Clock) -> None:
        self._settings = settings
        self._token = _http.as_header(token)
        bearer = f"Bearer {self._token}"
        self._http = _http.HttpAccount(
            settings.base_url,
            {"Authorization": bearer, "Content-Type": "application/json", "Accept": "application/json"},
            concurrency=settings.concurrency,
            timeout_in=settings.timeout,
            clock=clock,
        )

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """One POST for each."""
        return [await self._sent(parcel) for parcel in parcels]

    async def _sent(self, parcel: Parcel) -> Outcome:
        answer = await self._http.post(MESSAGES, self._request(parcel))
        return answer if isinstance(answer, Failed) else self._outcome(answer)

    def _request(self, parcel: Parcel) -> bytes:
        """`encoding` auto: the gateway picks GSM-7 or UCS-2 by the same table as we did."""
        message = {
            "body": parcel.rendition.payload.decode(),
            "encoding": "auto",
            "originator": self._settings.sender,
            "recipients": [parcel.address.removeprefix("+")],
            "reference": parcel.reference,
            "route": self._settings.route,
        }
        return _as_json(message).encode()

    def _outcome(self, answer: _http.Answer) -> Outcome:
        document = answer.document() or {}
        ref = document.get("id")
        if answer.status_code in (200, 201) and isinstance(ref, str) and ref:
            return Accepted(ref=ref)
        if answer.status_code == 422 and (known := _about(document.get("errors"))):
            return self._refused(*known, document.get("message"))
        return _http.refused(answer)

    def _refused(self, kind: FailureKind, words: str, said: Any) -> Failed:
        detail = f"{words}: {cut(said, self._token)}" if isinstance(said, str) and said else words
        return Failed(kind, detail, "422")

    async def probe(self) -> Failed | None:
        """The balance: it takes the key and sends nothing. How much is left is between Spryng and its customer."""
        answer = await self._http.get(BALANCE)
        if isinstance(answer, Failed):
            return _http.probed(answer)
        if answer.status_code == 200 and "amount" in (answer.document() or {}):
            return None
        return _http.probed(_http.refused(answer))

    def facts(self, inbound: Inbound) -> list[Fact]:
        """The receipt in a status report; ValueError when it is none.

        A report without a reference is of a message that is not ours, and says nothing to us.
        """
        try:
            status, reference = int(inbound.query["STATUS"]), inbound.query["REFERENCE"]
        except KeyError as error:
            raise ValueError("not a status report of Spryng") from error
        if not reference:
            return []
        code = inbound.query.get("REASONCODE") or str(status)
        final = status in (_DELIVERED, _NOT_DELIVERED)
        return [Receipt(reference, delivered=status == _DELIVERED, final=final, provider_code=code)]

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._http.aclose()


def _about(errors: Any) -> tuple[FailureKind, str] | None:
    """What the errors of a 422, by field (`recipients`, or `recipients.0`), are about; None without any."""
    if not isinstance(errors, dict) or not errors:
        return None
    fields = {name.partition(".")[0] for name in errors}
    field = fields.pop()
    return FIELDS[field] if not fields and field in FIELDS else (FailureKind.BAD_CONFIG, "a field is not usable")
