"""Spryng's REST API, as far as it is established (see channels/sms_spryng.py): one message to a request."""

import json
import re
import uuid
from typing import Any

from broadcaster.demo.simulators.http import HttpSimulator, Reply, Request
from broadcaster.demo.simulators.reports import Fate, Report, Spelt

MESSAGES = "/v1/messages"
BALANCE = "/v1/balance"
_NUMBER = re.compile(r"[1-9][0-9]{6,14}")
_ENCODINGS = ("auto", "plain", "unicode")
_STATUS = {Fate.UNDER_WAY: "0", Fate.DELIVERED: "10", Fate.NOT_DELIVERED: "20"}


class SpryngGateway(HttpSimulator):
    """One gateway."""

    def spell(self, report: Report) -> Spelt:
        """A status report: a GET with everything in its query."""
        query = {"STATUS": _STATUS[report.fate], "REASONCODE": "", "REFERENCE": report.reference}
        return Spelt("GET", query)

    def call(self, request: Request) -> str | None:
        """The first recipient: our references differ from run to run, and faults follow from the seed alone."""
        recipients = _message(request.body).get("recipients")
        return str(recipients[0]) if isinstance(recipients, list) and recipients else None

    def answer(self, request: Request) -> Reply:
        """What Spryng would answer."""
        if request.path not in (MESSAGES, BALANCE):
            return _said(404, "Not Found")
        if request.method != ("POST" if request.path == MESSAGES else "GET"):
            return _said(405, "Method Not Allowed")
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not self.knows(token):
            return _said(401, "Unauthenticated.")
        if request.path == BALANCE:
            return Reply(body=b'{"amount":125.5}')
        return self._take(_message(request.body))

    def _take(self, message: dict[str, Any]) -> Reply:
        errors = {name: [f"The {name} is invalid."] for name in self._invalid(message)}
        if errors:
            return _said(422, "The given data was invalid.", errors=errors)
        for recipient in message["recipients"]:
            self.took(str(message["reference"]), recipient)
        taken = message | {"id": str(uuid.uuid4()), "credits": 1.0, "canceled_at": None}
        return Reply(body=json.dumps(taken).encode())

    def _invalid(self, message: dict[str, Any]) -> list[str]:
        """The fields that are not right."""
        recipients = message.get("recipients") or [""]
        found = {f"recipients.{n}": self._reachable(number) for n, number in enumerate(recipients)}
        found["body"] = bool(message.get("body"))
        found["encoding"] = message.get("encoding") in _ENCODINGS
        found["originator"] = 1 <= len(message.get("originator", "")) <= 11
        found["route"] = bool(message.get("route"))
        return [name for name, right in found.items() if not right]

    def _reachable(self, number: str) -> bool:
        return bool(_NUMBER.fullmatch(number)) and not self._faults.refuses(number)


def _message(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _said(status_code: int, message: str, **more: Any) -> Reply:
    return Reply(status_code, json.dumps({"message": message, **more}).encode())
