"""CM.com's Business Messaging API, as its pages describe it (see channels/sms_cm.py for which).

Every documented refusal of a message and of a request is given for the reason that is documented.
"""

import json
import re
from typing import Any

from broadcaster.demo.simulators.http import HttpSimulator, Reply, Request
from broadcaster.demo.simulators.reports import Fate, Report, Spelt
from broadcaster.model import gsm

PATH = "/v1.0/message"
MOST_MESSAGES = 100
_NUMBER = re.compile(r"00[1-9][0-9]{6,14}")
_REFERENCE = re.compile(r"[A-Za-z0-9]{1,32}")
_VALIDITY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( GMT|[+-]\d{1,2}(:\d\d)?)?|\d+[hHmM]")
_STATUS = {
    Fate.UNDER_WAY: (0, "accepted by the operator"),
    Fate.DELIVERED: (2, "delivered"),
    Fate.NOT_DELIVERED: (3, "failed"),
}


class CmGateway(HttpSimulator):
    """One gateway."""

    def spell(self, report: Report) -> Spelt:
        """The JSON template of a status report."""
        code, description = _STATUS[report.fate]
        status = {"code": code, "errorCode": "", "errorDescription": "", "description": description}
        entry = {"received": "", "to": report.recipient, "reference": report.reference, "status": status}
        return Spelt(body=json.dumps({"messages": {"msg": entry}}).encode())

    def call(self, request: Request) -> str | None:
        """The first recipient: our references differ from run to run, and faults follow from the seed alone."""
        messages = _messages(request.body)
        return str(messages[0]["to"][0]["number"]) if messages else None

    def answer(self, request: Request) -> Reply:
        """What CM.com would answer."""
        if request.path != PATH:
            return Reply(404)
        if request.method != "POST":
            return Reply(405)
        if not self.knows(request.headers.get("x-cm-producttoken")):
            return _refusal(101, "No account found for the given authentication")
        messages = _messages(request.body)
        if messages is None:
            return _refusal(202, "The request is malformed")
        if not 1 <= len(messages) <= MOST_MESSAGES:
            return _refusal(203, "A MESSAGES node requires at least one MSG node")
        return self._take(messages)

    def _take(self, messages: list[dict[str, Any]]) -> Reply:
        entries = [self._entry(message) for message in messages]
        created = sum(entry["status"] == "Accepted" for entry in entries)
        document = {
            "details": f"Created {created} message(s)",
            "errorCode": 0 if created == len(entries) else 201,
            "messages": entries,
        }
        return Reply(200 if created else 400, json.dumps(document).encode())

    def _entry(self, message: dict[str, Any]) -> dict[str, Any]:
        number, reference = message["to"][0]["number"], message.get("reference")
        code, details = self._refusal(message, number)
        if code == 0:
            self.took(str(reference), number)
        return {
            "to": number,
            "status": "Rejected" if code else "Accepted",
            "reference": reference,
            "parts": 0 if code else _parts(message["body"]["content"]),
            "messageDetails": details,
            "messageErrorCode": code,
        }

    def _refusal(self, message: dict[str, Any], number: str) -> tuple[int, str | None]:
        if not message.get("from") or len(message["from"]) > 11:
            return 301, "The From field is invalid"
        if not _NUMBER.fullmatch(number) or self._faults.refuses(number):
            return 303, f"Gsm '{number}' is not a number."
        if not message.get("body", {}).get("content"):
            return 304, "A body without content was found"
        if not _REFERENCE.fullmatch(message.get("reference", "")) or not _VALIDITY.fullmatch(message["validity"]):
            return 305, "A field is invalid"
        return 0, None


def _messages(body: bytes) -> list[dict[str, Any]] | None:
    try:
        messages = json.loads(body)["messages"]["msg"]
    except (ValueError, KeyError, TypeError):
        return None
    return messages if isinstance(messages, list) else None


def _refusal(code: int, details: str) -> Reply:
    return Reply(400, json.dumps({"details": details, "errorCode": code, "messages": []}).encode())


def _parts(content: str) -> int:
    encoding = gsm.encoding_of(content)
    units = gsm.units(content, encoding)
    return 1 if units <= gsm.SINGLE[encoding] else -(-units // gsm.SEGMENT[encoding])
