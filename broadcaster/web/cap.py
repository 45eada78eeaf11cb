"""Calls on CAP documents: of one alert, and the feed of those that are for everybody."""

import asyncio
import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.clock import Clock
from broadcaster.model.people import Role
from broadcaster.render import atom
from broadcaster.render.cap.profile import MEDIA_TYPE
from broadcaster.render.languages import tag
from broadcaster.store import alerts, approvals, cap_documents
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.store.database import Database
from broadcaster.web.callers import CALLERS, persons
from broadcaster.web.calls import Call
from broadcaster.web.describing import says
from broadcaster.workflow import approving, bulletins, capping
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import forbidden

_READERS = persons(Role)
_KEPT_IN = timedelta(days=14)
"""After its end an alert stays in the feed this long (Google Public Alerts asks for two weeks at most)."""
_MOST = 200
_BELIEVED_IN = 1.0
_FEED_CACHED = {"Cache-Control": "public, max-age=15", "Access-Control-Allow-Origin": "*"}
_NEVER_CHANGES = {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"}
Xml = Annotated[str, Field(pattern="^<\\?xml ", description="an XML document")]


@says(
    Xml,
    media_type=MEDIA_TYPE,
    headers=("ETag",),
    asks={"If-None-Match": False},
    also={304: "Nothing new."},
    refuses=("unauthenticated", "forbidden"),
)
async def show(call: Call) -> Answer:
    """`GET /v1/alerts/{id}.cap`: the signed CAP 1.2 document; for everybody once a real, public alert is out. Before
    its approval it is a draft, by its status."""
    row, is_open, document = await call.parts.store.read(_found, call.id)
    if not is_open:
        await admit(call)
    if row is None:
        row = await call.parts.store.read(approving.alert_of, call.id)  # refused: there is none
    if document is None:
        document = await _made(call, row)
    return _answer(call, document, MEDIA_TYPE, _NEVER_CHANGES if is_open else {})


def _found(conn: Connection, alert_id: str) -> tuple[AlertRow | None, bool, bytes | None]:
    """The alert, whether everybody may read it, and its document if it was made."""
    row = alerts.get(conn, alert_id) if ids.is_id(alert_id) else None
    if row is None:
        return None, False, None
    return row, bulletins.is_open(conn, row), cap_documents.get(conn, row.id)


async def admit(call: Call) -> None:
    """Only who may read alerts goes on; whether there is one is nobody else's business."""
    caller = await call.request.app[CALLERS].of(call.request)
    if not _READERS.admits(caller):
        raise forbidden("Uw rol mag dit niet, of dit token is voor iets anders.")


async def _made(call: Call, row: AlertRow) -> bytes:
    parts = call.parts
    if await parts.store.read(approvals.of, row.id) is None:
        return await parts.store.read(capping.draft_of, parts.house, row)
    return await parts.store.run(capping.document_of, parts.house, parts.cap_signers, row.id, parts.clock.now())


def _answer(call: Call, document: bytes, media_type: str, cached: dict[str, str]) -> Answer:
    headers = {**cached, "ETag": f'"{hashlib.sha256(document).hexdigest()[:16]}"'}
    if call.request.headers.get("If-None-Match") == headers["ETag"]:
        return Answer(304, "", headers)
    return Answer(200, document.decode(), {**headers, "Content-Type": media_type})


# --- the feed --------------------------------------------------------------------------------------


class Bulletins:
    """The feed, read at most once a second however many ask. Belongs to one event loop."""

    def __init__(self, store: Database, house: House, clock: Clock) -> None:
        self._store, self._house, self._clock = store, house, clock
        self._began_at = clock.now()
        self._turn = asyncio.Lock()
        self._document, self._until = b"", 0.0

    async def now(self) -> bytes:
        """The document."""
        async with self._turn:
            if self._clock.monotonic() >= self._until:
                entries = await self._store.read(_entries, self._house, self._clock.now())
                self._document = _feed(self._house, self._began_at, entries)
                self._until = self._clock.monotonic() + _BELIEVED_IN
            return self._document


BULLETINS = web.AppKey("bulletins", Bulletins)


@says(
    Xml,
    media_type=atom.MEDIA_TYPE,
    headers=("ETag", "Access-Control-Allow-Origin"),
    asks={"If-None-Match": False},
    also={304: "Nothing new."},
)
async def feed(call: Call) -> Answer:
    """`GET /v1/feed.atom`: real alerts that are for everybody, each with a link to its CAP document."""
    return _answer(call, await call.request.app[BULLETINS].now(), atom.MEDIA_TYPE, _FEED_CACHED)


def _feed(house: House, began_at: datetime, entries: list[atom.Entry]) -> bytes:
    first, url = house.settings.organisations[0], house.settings.hub.url
    id_ = uuid.uuid5(uuid.NAMESPACE_DNS, first.sender).urn  # stays when the hub gets another address
    names = ", ".join(item.name for item in house.settings.organisations)
    return atom.feed(id_, names, f"{url}/v1/feed.atom", names, began_at, entries)


def _entries(conn: Connection, house: House, now: datetime) -> list[atom.Entry]:
    rows = [row for row in alerts.went_out(conn, now - _KEPT_IN) if bulletins.is_public(row)][:_MOST]
    known = {row.id for row in rows}
    return [_entry(house, row, known, alerts.organisation_of(conn, row)[0]) for row in rows]


def _entry(house: House, row: AlertRow, known: set[str], author: str) -> atom.Entry:
    order, infos = house.settings.hub.languages, row.draft.infos
    language = next((item for item in order if item in infos), next(iter(sorted(infos)), "nl"))
    info = infos[language]
    after = row.replaced_by if row.replaced_by in known else None
    return atom.Entry(
        id=ids.as_urn(row.id),
        title=info.headline or row.content.get("event", ""),
        summary=info.short or info.instruction or "",
        language=tag(language),
        author=author,
        published_at=row.release_at or row.sent_at,
        updated_at=row.superseded_at or row.release_at or row.sent_at,
        href=bulletins.cap_url(house, row.id),
        successor=after and bulletins.cap_url(house, after),
        terms=(row.msg_type.value, row.severity.value, *(["superseded"] if row.superseded_at else [])),
    )
