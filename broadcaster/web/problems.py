"""Refusals as RFC 9457 problems. The `type` is stable, the title belongs to it, the detail to the case."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from broadcaster.store.answers import Answer
from broadcaster.workflow.refusals import Fault, Refused, Why

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "2"
"""Seconds: a busy database is back sooner than an officer has read the sentence."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its status code, and its title for officers."""

    status_code: int
    title: str


KINDS = {
    Why.MALFORMED.value: Kind(400, "Dit verzoek heeft niet de juiste vorm."),
    "unauthenticated": Kind(401, "Meld u eerst aan."),
    Why.FORBIDDEN.value: Kind(403, "Dit mag u niet doen."),
    Why.STEP_UP.value: Kind(403, "Laat eerst nog eens zien dat u het bent."),
    "foreign": Kind(403, "Dit verzoek kwam van een andere website."),
    Why.NOT_FOUND.value: Kind(404, "Dit bestaat niet."),
    "method-not-allowed": Kind(405, "Dit kan hier niet."),
    "timeout": Kind(408, "Uw verzoek kwam te langzaam binnen."),
    Why.CONFLICT.value: Kind(409, "Dit kan nu niet."),
    Why.STALE.value: Kind(412, "Iemand anders was u voor."),
    "too-large": Kind(413, "Dit verzoek is te groot."),
    "unsupported-type": Kind(415, "Deze vorm van inhoud kennen wij niet."),
    "expectation-failed": Kind(417, "Aan deze verwachting voldoen wij niet."),
    Why.INVALID.value: Kind(422, "Dit kan zo niet."),
    "key-taken": Kind(422, "Deze sleutel is al gebruikt voor een ander verzoek."),
    "revision-required": Kind(428, "Noem de versie die u wijzigt."),
    "too-many": Kind(429, "Dit is te veel tegelijk. Probeer het zo opnieuw."),
    "unexpected": Kind(500, "Er ging iets mis. Waarschuw de beheerder."),
    "unavailable": Kind(503, "De centrale is even niet bereikbaar. Probeer het zo opnieuw."),
    Why.FULL.value: Kind(507, "De schijf is vol. Waarschuw de beheerder."),
}


class ProblemDetails(TypedDict):
    """A problem (RFC 9457). `type` is stable; `errors` has every field's fault; `instance` names what is in the log."""

    type: Annotated[str, Field(pattern="^urn:omroeper:problem:[a-z-]+$")]
    title: str
    status: int
    detail: str
    errors: list[Fault]
    instance: NotRequired[str]


def type_of(kind: str) -> str:
    """The stable `type` of a kind of problem."""
    return f"urn:omroeper:problem:{kind}"


class Problem(Exception):
    """A request that gets a problem as its answer; `kind` is a key of `KINDS`."""

    def __init__(
        self, kind: str, detail: str = "", faults: Iterable[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(kind)
        self.kind, self.detail, self.faults, self.headers = kind, detail, list(faults), dict(headers or {})


def malformed(detail: str, *faults: Fault) -> Problem:
    """Not what the API describes."""
    return Problem(Why.MALFORMED.value, detail, faults)


def of_refusal(refused: Refused) -> Problem:
    """A refusal of the workflow."""
    return Problem(refused.why.value, refused.title, refused.faults)


def content(problem: Problem, instance: str | None = None) -> dict[str, Any]:
    """What there is to say of a problem, by RFC 9457's names."""
    kind = KINDS[problem.kind]
    body: dict[str, Any] = {
        "type": type_of(problem.kind),
        "title": kind.title,
        "status": kind.status_code,
        "detail": problem.detail or kind.title,
        "errors": [fault.as_json() for fault in problem.faults],
    }
    if instance is not None:
        body["instance"] = instance
    return body


def as_answer(problem: Problem, instance: str | None = None) -> Answer:
    """The problem as it goes out to a program."""
    body = content(problem, instance)
    headers = {"Content-Type": MEDIA_TYPE, **problem.headers}
    return Answer(body["status"], json.dumps(body, ensure_ascii=False), headers)
