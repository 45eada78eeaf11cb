"""Drafts, alerts and deliveries as the API shows them. Times are RFC 3339 in the hub's zone.

The types say what the functions below them make, for `GET /v1/openapi.json`; a test holds every answer to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from broadcaster import ids
from broadcaster.model import translations
from broadcaster.model.alert import Stage
from broadcaster.model.cap import Category, Certainty, MsgType, Severity, Status, Urgency
from broadcaster.model.delivery import State
from broadcaster.model.draft import DraftContent, FieldValue, Info, Language, Name
from broadcaster.model.finding import Finding
from broadcaster.store.alerts import AlertRow
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow.submitting import Submitted

T = TypeVar("T")
Id = Annotated[str, Field(pattern=ids.PATTERN)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
ByState = Annotated[Mapping[str, int], Field(json_schema_extra={"propertyNames": {"enum": [*State]}})]
Counts = Mapping[str, ByState]
"""Deliveries by channel kind and state."""
Release = Literal["waiting", "held", "released", "dropped"]


class Page(TypedDict, Generic[T]):
    """A page of a list; `cursor` is that of the next page, null on the last."""

    items: list[T]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What never changes of an alert, and costs something to count."""

    by_channel: dict[str, int]
    by_language: dict[str, int]
    findings: tuple[Finding, ...]


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant with its offset, in whole seconds."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else moment(at, zone)


class Reach(TypedDict):
    """Addresses that a correction goes to: those that have, may have or are about to get what it replaces."""

    count: int
    by_channel: dict[str, int]


class Translation(TypedDict):
    """The text of one language: who changed it last (an id; null: a machine), and who went over it since."""

    by: str | None
    at: Time
    checked_by: str | None
    checked_at: Time | None
    stale: Annotated[bool, Field(description="older than the text it translates, and not checked since")]


class Draft(DraftContent):
    """A draft: its content, and where it stands."""

    model_config = ConfigDict(extra="ignore")
    id: Id
    revision: int = Field(ge=1)
    stage: Stage
    organisation: Name
    msg_type: MsgType
    replaces: Id | None = Field(description="the alert that this draft updates or cancels")
    findings: list[Finding] = Field(default=[], description="of a draft made of CAP: what was not taken over")
    translations: dict[Language, Translation] = Field(description="of each language of free texts")


class Correction(Draft):
    """A new draft that updates or cancels an alert, and how many addresses it would go to now."""

    reached: Reach


def etag(row: DraftRow) -> str:
    """A draft's entity tag: its revision."""
    return f'"{row.revision}"'


def draft(row: DraftRow, languages: Sequence[str]) -> dict[str, Any]:
    """A draft: its content, and where it stands. languages: the hub's, the first of which the others translate."""
    return {
        "id": row.id,
        "revision": row.revision,
        "stage": row.stage.value,
        "organisation": row.organisation_id,
        "msg_type": row.msg_type.value,
        "replaces": row.replaces_id,
        "translations": _translations(row, languages),
        **row.content,
    }


def _translations(row: DraftRow, languages: Sequence[str]) -> dict[str, Any]:
    stale = translations.stale(row.translations, languages)
    return {
        language: {
            "by": one.by,
            "at": one.at,
            "checked_by": one.checked_by,
            "checked_at": one.checked_at,
            "stale": language in stale,
        }
        for language, one in row.translations.items()
    }


class Summary(TypedDict):
    """An alert in a list: what it is, and where it stands."""

    id: Id
    number: Annotated[
        int, Field(ge=1, description="the notice's number: one series per organisation, never used twice")
    ]
    organisation: Name
    status: Status
    stage: Stage
    msg_type: MsgType
    replaces: Id | None
    replaced_by: Annotated[Id | None, Field(description="the approved update or cancel that took its place")]
    draft: Id
    digest: Digest
    event: str
    severity: Severity
    areas: list[Name]
    channels: list[Name]
    sent: Annotated[Time, Field(description="the instant of submit")]
    expires: Time
    release_at: Time | None
    timezone: str
    release: Annotated[Release | None, Field(description="null until somebody approves")]
    halted: Time | None
    superseded: Time | None
    counts: Annotated[Counts, Field(description="deliveries by channel kind and state")]


class Resent(Summary):
    """An alert of which some deliveries are due again."""

    resent: Annotated[dict[str, int], Field(description="deliveries that go again, by channel kind")]


def summary(row: AlertRow, zone: ZoneInfo, release: str | None, counts: Counts) -> dict[str, Any]:
    """An alert in a list: what it is, and where it stands. `release` is the state of its release, `counts`
    its deliveries by channel kind and state."""
    return {
        "id": row.id,
        "number": row.number,
        "organisation": row.organisation_id,
        "status": row.status.value,
        "stage": row.stage.value,
        "msg_type": row.msg_type.value,
        "replaces": row.replaces_id,
        "replaced_by": row.replaced_by,
        "draft": row.draft_id,
        "digest": row.digest,
        "event": row.content.get("event"),
        "severity": row.severity.value,
        "areas": row.content.get("areas", []),
        "channels": row.content.get("channels", []),
        "sent": moment(row.sent_at, zone),
        "expires": moment(row.expires_at, zone),
        "release_at": _moment(row.release_at, ZoneInfo(row.zone)),
        "timezone": row.zone,
        "release": release,
        "halted": _moment(row.halted_at, zone),
        "superseded": _moment(row.superseded_at, zone),
        "counts": counts,
    }


class Reached(TypedDict):
    """Who gets an alert, frozen at submit. `count` is of addresses."""

    count: int
    by_channel: dict[str, int]
    by_language: dict[str, int]


class AlertAudience(Reached):
    """Who gets an alert, and how they were chosen."""

    groups: NotRequired[list[str]]
    areas: NotRequired[list[Name]]
    expected: NotRequired[int]


class Alert(Summary):
    """A whole alert."""

    incident: NotRequired[str]
    category: Category
    urgency: Urgency
    certainty: Certainty
    source: str
    exercise: NotRequired[str]
    scenario: NotRequired[Name]
    fields: NotRequired[dict[str, FieldValue]]
    infos: dict[Language, Info]
    as_of: Time | None
    next_update: Time | None
    audience: AlertAudience
    findings: list[Finding]


_SHOWN = ("incident", "category", "urgency", "certainty", "source", "exercise", "scenario", "fields", "infos")


def alert(row: AlertRow, zone: ZoneInfo, release: str | None, frozen: Frozen, counts: Counts) -> dict[str, Any]:
    """A whole alert."""
    content = row.draft
    return {
        **summary(row, zone, release, counts),
        **{name: row.content[name] for name in _SHOWN if name in row.content},
        "as_of": _moment(content.as_of, zone),
        "next_update": _moment(content.next_update, zone),
        "audience": {**_audience(row, frozen.by_channel, frozen.by_language), **row.content.get("audience", {})},
        "findings": [finding.as_json() for finding in frozen.findings],
    }


def _audience(row: AlertRow, by_channel: dict[str, int], by_language: dict[str, int]) -> dict[str, Any]:
    return {"count": row.addressees.count, "by_channel": by_channel, "by_language": by_language}


class DifficultWord(TypedDict):
    """A word that few people use, and what they say."""

    word: str
    plain: str


class Readability(TypedDict):
    """What counting says of a Dutch text (Flesch-Douma): 0 to 100, higher is easier; no level of language."""

    score: Annotated[int, Field(ge=0, le=100)]
    label: Annotated[str, Field(description="Douma's word for the score, in Dutch")]
    words_per_sentence: float
    longest_sentence: Annotated[int, Field(description="in words")]
    long_words: list[str]
    difficult: list[DifficultWord]


class Rendition(TypedDict):
    """What one channel's readers get in one language. What a channel has not is left out: `subject` and `html` are
    of mail, `encoding` and `segments` of SMS. `readability` is of Dutch texts."""

    channel: Name
    language: Language
    text: str
    subject: NotRequired[str]
    html: NotRequired[str]
    encoding: NotRequired[str]
    segments: NotRequired[int]
    readability: NotRequired[Readability]
    recipients: NotRequired[Annotated[int, Field(ge=0, description="addresses that get it, once it was submitted")]]
    findings: list[Finding]


class Renditions(Page[Rendition]):
    """Every rendition, and every finding once."""

    findings: list[Finding]


class SubmittedAlert(TypedDict):
    """What submitting made."""

    alert: Id
    number: Annotated[int, Field(ge=1)]
    digest: Annotated[Digest, Field(description="what an approver approves")]
    renditions: list[Rendition]
    audience: Reached
    findings: list[Finding]


def submitted(result: Submitted) -> dict[str, Any]:
    """What submitting answers."""
    return {
        "alert": result.alert.id,
        "number": result.alert.number,
        "digest": result.alert.digest,
        "renditions": result.renditions,
        "audience": _audience(result.alert, result.by_channel, result.by_language),
        "findings": [finding.as_json() for finding in result.findings],
    }


class Delivery(TypedDict):
    """One delivery; whose it is, only the database knows."""

    reference: Annotated[str, Field(description="what the provider knows it by")]
    n: Annotated[int, Field(ge=1)]
    channel: Name
    language: Language
    account: str
    state: State
    state_at: Time
    due_at: Time | None
    attempts: Annotated[int, Field(ge=0)]
    transmissions: Annotated[int, Field(ge=0, le=2)]
    reason: str | None


def delivery(alert_id: str, row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """One delivery; whose it is, only the database knows."""
    return {
        "reference": ids.reference(alert_id, row["n"]),
        "n": row["n"],
        "channel": row["kind"],
        "language": row["language"],
        "account": row["account"],
        "state": row["state"],
        "state_at": moment(row["state_at"], zone),
        "due_at": _moment(row["due_at"], zone),
        "attempts": row["attempts"],
        "transmissions": row["transmissions"],
        "reason": row["reason"],
    }
