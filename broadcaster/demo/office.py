"""Two officers at work, over HTTP: one drafts from a scenario, the other approves those exact bytes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from broadcaster.demo.failure import DemoFailure
from broadcaster.demo.premises import Officer, Premises
from broadcaster.model.cap import Status

KINDS = ("sms", "email", "telegram")
"""The channel kinds of the demo that are pushed; displays come and fetch."""
_ANSWER_IN = aiohttp.ClientTimeout(total=60)
Answer = tuple[int, dict[str, Any]]


class Desk:
    """What one officer asks of the hub."""

    def __init__(self, session: aiohttp.ClientSession, hub: str, officer: Officer) -> None:
        self._session, self._hub = session, hub
        self._headers = {"Authorization": f"Bearer {officer.token}"}

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None, match: str | None = None) -> Answer:
        """The status code and the JSON of the answer. DemoFailure when there is none. match: the entity tag that a
        change is for."""
        headers = self._headers | ({"If-Match": match} if match else {})
        try:
            async with self._session.request(
                method, f"{self._hub}{path}", json=body, headers=headers, timeout=_ANSWER_IN
            ) as response:
                return response.status, await response.json(content_type=None)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise DemoFailure(f"The hub gives no answer to {method} {path}: see its log.") from error

    async def do(
        self, method: str, path: str, body: dict[str, Any] | None = None, match: str | None = None
    ) -> dict[str, Any]:
        """The JSON of a good answer. DemoFailure, with what the hub says is wrong, for any other."""
        status_code, answer = await self.ask(method, path, body, match)
        if status_code >= 300:
            wrong = [f"{fault['field']}: {fault['message']}" for fault in answer.get("errors", [])]
            said = "; ".join([str(answer.get("detail")), *wrong])
            raise DemoFailure(f"The hub answers {status_code} to {method} {path}: {said}")
        return answer


@dataclass(frozen=True, slots=True)
class Submitted:
    """A frozen alert, as submit answered. `addressees` is how many addresses it goes to."""

    alert: str
    number: int
    digest: str
    addressees: int
    languages: dict[str, int]
    accepts: list[str] = field(default_factory=list)


def draft_of(premises: Premises, status: Status, now: datetime) -> dict[str, Any]:
    """A draft about a power outage in the whole municipality, to everybody and every board."""
    settings = premises.settings
    areas, now = [area.id for area in settings.areas], now.astimezone(settings.hub.zone).replace(microsecond=0)
    since = now - timedelta(minutes=25)
    return {
        "status": status.value,
        "scenario": "power-outage",
        "fields": {
            "place": "Voorbeeldstad",
            "since": since.isoformat(),
            "households": 12_400,
            "mobile": "poor",
            "point": settings.points[0].name,
            "phone": "14 030",
        },
        "source": settings.organisations[0].name,
        "as_of": now.isoformat(),
        "expires": (now + timedelta(hours=4)).isoformat(),
        "next_update": (now + timedelta(hours=1)).isoformat(),
        "areas": areas,
        "audience": {"areas": areas, "expected": premises.addresses},
        "channels": [*KINDS, "display"],
    }


async def submit(desk: Desk, draft: dict[str, Any]) -> Submitted:
    """Write a draft and offer it."""
    made = await desk.do("POST", "/v1/drafts", draft)
    return await offer(desk, made["id"])


async def offer(desk: Desk, draft_id: str) -> Submitted:
    """Offer a draft that is there."""
    answer = await desk.do("POST", f"/v1/drafts/{draft_id}/submit")
    audience, findings = answer["audience"], answer["findings"]
    return Submitted(
        answer["alert"], answer["number"], answer["digest"], audience["count"], audience["by_language"],
        sorted({finding["code"] for finding in findings if finding["kind"] == "to-accept"}),
    )  # fmt: skip


async def refused(writer: Desk, approver: Desk, submitted: Submitted) -> list[int]:
    """Two approvals that must not pass: of one's own words, and of another digest. What the hub answered."""
    path = f"/v1/alerts/{submitted.alert}/approve"
    own, _ = await writer.ask("POST", path, _approval(submitted))
    other, _ = await approver.ask("POST", path, _approval(submitted) | {"digest": "0" * 64})
    return [own, other]


async def approve(desk: Desk, submitted: Submitted) -> None:
    """Approve exactly what was submitted."""
    await desk.do("POST", f"/v1/alerts/{submitted.alert}/approve", _approval(submitted))


def _approval(submitted: Submitted) -> dict[str, Any]:
    return {"digest": submitted.digest, "accepts": submitted.accepts, "expected": submitted.addressees}
