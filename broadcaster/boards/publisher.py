"""From what is valid to signed boards: follows the numbers that transactions allocated, within a second."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from broadcaster.boards.serving import Boards, signed
from broadcaster.boards.signing import sign
from broadcaster.boards.snapshot import BoardTooLarge, payload_for
from broadcaster.clock import Clock
from broadcaster.model.board import BoardPayload, Mode, Notice
from broadcaster.model.cap import Lane
from broadcaster.seal import BoardSigner
from broadcaster.store import alerts, dialect, journal
from broadcaster.store import boards as stored
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.workflow import publishing, vouching
from broadcaster.workflow.house import House

log = structlog.get_logger()
RENEW_IN = timedelta(hours=1)
"""A board without news is signed anew, so that its issued-at says the hub still lives."""
_LOCK = 7_021_969
_LANES = {Mode.LIVE: Lane.LIVE, Mode.EXERCISE: Lane.DRILL}


class Publisher:
    """Signs boards whose number moved on, and hands them to whoever serves them."""

    def __init__(
        self, store: Database, house: House, signers: Mapping[Mode, BoardSigner], boards: Boards, clock: Clock
    ) -> None:
        self._store, self._house, self._signers, self._boards, self._clock = store, house, signers, boards, clock
        self._shown: dict[tuple[str, Mode], int] = {}

    async def start(self) -> None:
        """Make sure every point has a board, and serve what is signed already."""
        await self._store.run(_prepare, self._house, self._signers, self._clock.now())
        await self.tick()

    async def tick(self) -> None:
        """Sign what changed, then show it; also what another hub signed."""
        if await self._store.read(stored.unsigned):
            await self._store.run(sign_changed, self._house, self._signers, self._clock.now())
        for board in await self._store.read(stored.signed, self._shown):
            self._boards.publish(board.point_id, board.mode, signed(board.jws, board.seq))
            self._shown[board.point_id, board.mode] = board.seq

    async def renew(self) -> None:
        """Have old boards signed anew."""
        await self._store.run(_renew, self._signers, self._clock.now())
        await self.tick()


def _prepare(conn: Connection, house: House, signers: Mapping[Mode, BoardSigner], now: datetime) -> None:
    dialect.one_at_a_time(conn, _LOCK)  # two hubs may start at once
    for mode, signer in signers.items():
        stored.keep_key(conn, signer.kid, mode, signer.epoch, signer.certificates[0], now)
    stored.ensure(conn, [point.id for point in house.settings.points])
    _renew(conn, signers, now)


def _renew(conn: Connection, signers: Mapping[Mode, BoardSigner], now: datetime) -> None:
    for mode, signer in signers.items():
        stored.renew(conn, mode, signer.epoch, now - RENEW_IN)


def sign_changed(
    conn: Connection, house: House, signers: Mapping[Mode, BoardSigner], now: datetime
) -> list[stored.SignedBoard]:
    """Sign every board whose number moved on; the new ones.

    Their numbers are held first and what is valid is read after: a release that comes in between waits with its
    number, so a number is signed once, whoever signs, and never without what it was allocated for.
    """
    waiting = stored.unsigned(conn, lock=True)
    head = journal.head(conn).hash
    known = {point.id: point for point in house.settings.points}
    valid = {mode: valid_notices(conn, house, mode, now, signers) for mode in signers}
    made = []
    for point, mode, seq in waiting:
        signer = signers[mode]
        own = known.get(point)
        name, spoken = (own.name, own.languages) if own else (None, ())
        notices = [_spoken(notice, spoken) for points, notice in valid[mode] if point in points]
        try:
            made_of = partial(
                payload_for, point, mode, seq, signer.epoch, now, journal_head=head, name=name, spoken=spoken
            )
            payload = _payload(made_of, notices)
        except BoardTooLarge as error:
            log.critical("a board cannot be signed, its point keeps the one before", point=point, why=str(error))
            continue
        jws = sign(payload, signer)
        stored.store_signed(conn, point, mode, seq, jws, signer.epoch, now)
        made.append(stored.SignedBoard(point, mode, seq, jws))
    return made


def _payload(made: Callable[[list[Notice]], BoardPayload], notices: list[Notice]) -> BoardPayload:
    """The board; without proofs where it would be too large with them: what people read goes before how they check
    it. BoardTooLarge."""
    try:
        return made(notices)
    except BoardTooLarge:
        return made([notice.model_copy(update={"proof": None}) for notice in notices])


def _spoken(notice: Notice, languages: Collection[str]) -> Notice:
    """The notice in the languages that its point shows; in all it has when none of them is among these.

    A notice in eight languages takes about 12 KB, so that five fill a board: a point that shows three
    has room for more.
    """
    kept = {language: pieces for language, pieces in notice.languages.items() if language in languages}
    return notice.model_copy(update={"languages": kept}) if kept else notice


def valid_notices(
    conn: Connection, house: House, mode: Mode, now: datetime, signers: Mapping[Mode, BoardSigner] | None = None
) -> list[tuple[list[str], Notice]]:
    """What is valid in a mode, each with the points that show it, and with its proof when there is who signs it."""
    return [
        (publishing.points_of(house, row), _notice(conn, house, row, signers))
        for row in alerts.shown(conn, _LANES[mode], now)
    ]


def _notice(conn: Connection, house: House, row: AlertRow, signers: Mapping[Mode, BoardSigner] | None) -> Notice:
    draft = row.draft
    replaced = alerts.get(conn, row.replaces_id) if row.replaces_id else None
    replaces = replaced.number if replaced else None
    displayed = alerts.renditions(conn, row.id, publishing.DISPLAY)
    return Notice(
        number=row.number,
        alert=row.id,
        status=row.status,
        severity=row.severity,
        sender=house.organisation(row.organisation_id).name,
        as_of=draft.as_of or row.sent_at,
        expires=row.expires_at,
        next_update=draft.next_update,
        replaces=replaces,
        languages={item.language: json.loads(item.payload) for item in displayed},
        proof=vouching.link_of(house, row, replaces, signers) if signers else None,
    )
