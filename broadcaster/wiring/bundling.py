"""A hub's side of what couriers carry: its boards on a stick, and what they bring back."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from itertools import chain

from sqlalchemy import Connection

from broadcaster.boards.bundle import Bundle, Receipt
from broadcaster.boards.folder import Files, said, shipped
from broadcaster.boards.heartbeat import Heart
from broadcaster.boards.screen import Screen
from broadcaster.boards.serving import Boards, signed
from broadcaster.boards.signing import key_set
from broadcaster.clock import SystemClock
from broadcaster.model.board import Mode
from broadcaster.seal import BoardSigner, load_seal, load_signer
from broadcaster.settings import Settings
from broadcaster.store import boards as stored
from broadcaster.store import journal, reports
from broadcaster.wiring import stores
from broadcaster.wiring.accounts import accounts, house_of
from broadcaster.workflow import reporting
from broadcaster.workflow.reporting import Taken

_RECEIPTS_IN = timedelta(days=7)
_MOST = 1_000
Signers = Mapping[Mode, BoardSigner]


def bundle_of(conn: Connection, settings: Settings, points: Collection[str]) -> Bundle:
    """The boards of some points, in both modes, as they were signed last; and what became of their reports."""
    served, heart, signers = _served(conn, settings, points)
    places = [(point, mode) for point in points for mode in Mode]
    boards = [board.jws for place in places if (board := served.current(*place)) is not None]
    told = reports.receipts(conn, points, SystemClock().now() - _RECEIPTS_IN, _MOST)
    return Bundle(
        keys=key_set(signers.values()),
        boards=boards,
        heartbeats=[beat for place in places if (beat := heart.of(*place)) is not None],
        receipts=[Receipt(id=item.id, received_at=item.received_at, read_at=item.read_at) for item in told],
    )


def _served(conn: Connection, settings: Settings, points: Collection[str]) -> tuple[Boards, Heart, Signers]:
    """What a hub on this database would serve at this moment."""
    signers = {mode: load_signer(settings.keys_folder, mode.value) for mode in Mode}
    boards = Boards()
    heart = Heart(signers.__getitem__, boards)
    for board in stored.signed(conn):
        if board.point_id in points:
            boards.publish(board.point_id, board.mode, signed(board.jws, board.seq))
    heart.beat(SystemClock().now(), journal.head(conn).hash)
    return boards, heart, signers


async def take_reports(settings: Settings, tokens: list[str]) -> list[Taken]:
    """Take in the reports that a courier brought; one result each."""
    store = stores.database(settings)
    house, seal = house_of(settings, accounts(settings)), load_seal(settings.keys_folder)
    try:
        await store.read(stores.require_schema)
        taken = []
        for n in range(0, len(tokens), reporting.MOST):
            some = tokens[n : n + reporting.MOST]
            taken += await reporting.take(store, house, seal, some, SystemClock().now())
        return taken
    finally:
        store.close()


def files_of(conn: Connection, settings: Settings) -> Files:
    """All boards and display pages, as files."""
    points = [point.id for point in settings.points]
    served, heart, signers = _served(conn, settings, points)
    return chain(said(points, served, key_set(signers.values()), heart), shipped(screens_of(settings)))


def screens_of(settings: Settings) -> list[Screen]:
    """The display pages of a web server that gives boards to everybody."""
    zone = settings.hub.timezone
    return [Screen(point.id, point.name, tuple(point.languages), zone, open=True) for point in settings.points]
