"""Correction as one act: an update or a withdrawal that is ready the moment it is started.

It goes to those who got, or may have got, what it replaces, and to whoever the officer adds. That a notice
expired or was halted corrects nothing for those who have it: both can be corrected (Pickering, 2020).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.alert import CORRECTABLE, Stage
from broadcaster.model.cap import MsgType, Status
from broadcaster.model.draft import DraftContent, is_of_this_century
from broadcaster.model.events import Event
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.model.people import Caller
from broadcaster.render import scenarios
from broadcaster.render.languages import base
from broadcaster.render.templates import Templates
from broadcaster.store import alerts, approvals, corrections, drafts, journal
from broadcaster.store.alerts import AlertRow
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow.house import House, need_person, writers
from broadcaster.workflow.refusals import conflict, not_found

_SHOWN_AT_LEAST_IN = timedelta(hours=12)
_NEXT_UPDATE_IN = timedelta(hours=2)


def start(conn: Connection, house: House, caller: Caller, alert_id: str, msg_type: MsgType, now: datetime) -> DraftRow:
    """A new draft that updates or cancels an alert: whole, of the same status, ready to submit. Whoever starts
    it has contributed, so another person approves."""
    return _begin(conn, house, caller, _to_correct(conn, caller, alert_id, msg_type), msg_type, now)


def open_or_start(
    conn: Connection, house: House, caller: Caller, alert_id: str, msg_type: MsgType, now: datetime
) -> DraftRow:
    """The draft of its kind that is being prepared for an alert already, whoever began it; else a new one, as `start`
    makes it. Two who press at once get the same."""
    row = _to_correct(conn, caller, alert_id, msg_type, lock=True)
    return drafts.correcting(conn, row.id, msg_type) or _begin(conn, house, caller, row, msg_type, now)


def _to_correct(conn: Connection, caller: Caller, alert_id: str, msg_type: MsgType, *, lock: bool = False) -> AlertRow:
    """The alert, if this caller may correct it and it can be."""
    need_person(caller, *writers(msg_type))
    row = alerts.get(conn, alert_id, lock=lock) if ids.is_id(alert_id) else None
    if row is None:
        raise not_found("Deze melding")
    refuse_uncorrectable(conn, row)
    return row


def _begin(conn: Connection, house: House, caller: Caller, row: AlertRow, msg_type: MsgType, now: datetime) -> DraftRow:
    _refuse_impossible_time(now)
    content = _possible(house, _content(conn, house, row, msg_type, now.replace(microsecond=0)))
    draft = DraftRow(ids.new_id(now), row.organisation_id, Stage.DRAFT, 1, msg_type, row.id, content.as_json())
    draft = drafts.create(conn, draft, caller, now)
    data = {"status": content.status.value, "msg_type": msg_type.value, "replaces": row.id}
    journal.append(conn, [Event("DraftCreated", caller.actor, draft.id, data)], now)
    return draft


def _refuse_impossible_time(now: datetime) -> None:
    """Refused by a hub that started with a clock from before its alerts, as one without a battery does in 1970: the
    times of a correction follow from it, and no draft takes such a year."""
    if not is_of_this_century(now):
        day = f"{now:%d-%m-%Y}"
        raise conflict(f"De klok van de centrale staat op {day}: laat die gelijkzetten, en begin dan opnieuw.")


def refuse_uncorrectable(conn: Connection, row: AlertRow) -> None:
    """Refused unless people may have this alert, and nothing else took its place."""
    if row.replaced_by is not None:
        later = alerts.get(conn, row.replaced_by)
        assert later is not None  # it refers to this one
        raise conflict(f"Nr {row.number} is al vervangen of ingetrokken, met nr {later.number}: corrigeer dat bericht.")
    if row.stage not in CORRECTABLE or approvals.digest_of(conn, row.id) is None:
        raise conflict(f"Nr {row.number} is nooit verstuurd: er valt niets te corrigeren (stand: {row.stage.value}).")


def to_replace(conn: Connection, correction: AlertRow) -> AlertRow | None:
    """The alert that a correction replaces, locked; None for an alert of its own. Refused when it can no
    longer be replaced."""
    if correction.replaces_id is None:
        return None
    row = alerts.get(conn, correction.replaces_id, lock=True)
    assert row is not None  # a foreign key
    refuse_uncorrectable(conn, row)
    return row


# --- what it says ----------------------------------------------------------------------------------


def _content(conn: Connection, house: House, row: AlertRow, msg_type: MsgType, now: datetime) -> DraftContent:
    series = corrections.chain(conn, row)
    if msg_type is MsgType.CANCEL:
        if row.msg_type is MsgType.CANCEL:
            raise conflict("Een intrekking trekt u niet in: stuur een nieuwe versie.")
        return withdrawn(series, now)
    # A new version after a withdrawal says again what was withdrawn.
    return updated(next(item for item in series if item.msg_type is not MsgType.CANCEL), house.templates, now)


def _possible(house: House, content: DraftContent) -> DraftContent:
    """Without channels and areas that are gone since, or have no account: what is left must not wait for them,
    and the approver sees which readers that costs."""
    gone = {kind for kind, spec in house.specs.items() if not spec.pull and kind not in house.accounts}
    off = gone if content.status is Status.ACTUAL else set()
    changes = {
        "channels": [kind for kind in content.channels if kind in house.specs and kind not in off],
        "areas": [area for area in content.areas if area in house.area_names],
    }
    return content.model_copy(update=changes)


def updated(row: AlertRow, templates: Templates, now: datetime) -> DraftContent:
    """The words of an alert once more, valid as long as it was, from now on. Its facts are as old as they
    were. Nobody is chosen: it goes to those reached."""
    old = row.draft
    changes: dict[str, Any] = {
        "audience": None,
        "release_at": None,
        "timezone": None,
        "audio": {},  # they say the old words
        "expires": now + (row.expires_at - row.sent_at),
        "next_update": now + (old.next_update - row.sent_at) if old.next_update else None,
    }
    if old.scenario in scenarios.names(templates):
        changes["infos"] = {}  # they come from the scenario
    elif old.scenario is not None:
        changes |= {"scenario": None, "fields": None}
    return old.model_copy(update=changes)


def withdrawn(series: Sequence[AlertRow], now: datetime) -> DraftContent:
    """The prepared words that take back the first of `series`. The promise of a next message stands; the
    withdrawal is shown until what it takes back would have been over, and for half a day at least."""
    row, old = series[0], series[0].draft
    promised = old.next_update if old.next_update and old.next_update > now else now + _NEXT_UPDATE_IN
    earlier = {"first": series[-1].number} if len(series) > 1 else {}
    return DraftContent(
        status=row.status,
        organisation=row.organisation_id,
        incident=old.incident,
        event=old.event,
        category=old.category,
        severity=old.severity,
        source=old.source,
        exercise=old.exercise,
        areas=old.areas,
        channels=old.channels,
        as_of=now,
        expires=max(row.expires_at, promised, now + _SHOWN_AT_LEAST_IN),
        next_update=promised,
        scenario=scenarios.WITHDRAWAL,
        fields={"number": row.number, **earlier},
    )


# --- what there is to say about it ------------------------------------------------------------------


def findings(series: Sequence[AlertRow], msg_type: MsgType, content: DraftContent) -> Iterator[Finding]:
    """What an approver should know of a correction of `series` (the replaced alert and what that replaced)."""
    if content.release_at is not None:
        message = "Een correctie gaat meteen weg: haal het moment van verzenden weg."
        yield Finding("correction-planned", FindingKind.BLOCKING, "release_at", message)
    if msg_type is MsgType.CANCEL:
        yield from _withdrawal_findings(series[0].number, content)
    yield from _dropped_channels(series, content)
    yield from _dropped_languages(series, content)


def _withdrawal_findings(number: int, content: DraftContent) -> Iterator[Finding]:
    if content.audience is not None and (content.audience.groups or content.audience.areas):
        message = "Een intrekking gaat alleen naar wie het bericht heeft: haal de doelgroep weg."
        yield Finding("withdrawal-audience", FindingKind.BLOCKING, "audience", message)
    if content.scenario == scenarios.WITHDRAWAL and (content.fields or {}).get("number") != number:
        message = f"U trekt bericht nr {number} in: vul dat nummer in."
        yield Finding("withdrawal-number", FindingKind.BLOCKING, "fields.number", message)


def _dropped_channels(series: Sequence[AlertRow], content: DraftContent) -> Iterator[Finding]:
    """Who had the message by one channel is not reached by another."""
    used = {kind for row in series for kind in row.content.get("channels", [])}
    for kind in sorted(used - set(content.channels)):
        message = f"Het bericht ging ook via {kind}. Wie het zo kreeg, krijgt deze correctie niet."
        yield Finding(f"channel-dropped:{kind}", FindingKind.TO_ACCEPT, "channels", message)


def _dropped_languages(series: Sequence[AlertRow], content: DraftContent) -> Iterator[Finding]:
    had = {language for row in series for language in row.content.get("infos", {})}
    has = {*content.infos, *map(base, content.infos)}
    for language in sorted(had):
        if content.infos and language not in has and base(language) not in has:
            message = f"Het bericht was er ook in '{language}': die lezers krijgen een andere taal, of niets."
            yield Finding(f"language-dropped:{language}", FindingKind.TO_ACCEPT, "infos", message)
