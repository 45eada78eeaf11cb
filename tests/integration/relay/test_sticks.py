"""A courier with a stick: boards down, reports up, receipts down again, with no line at all; and nothing believed."""

import asyncio
import json
import os

from broadcaster.boards.bundle import Bundle, written
from broadcaster.boards.signing import key_set
from broadcaster.model.board import Mode
from broadcaster.model.report import REPORT_TYP
from broadcaster.relay.sticks import Sticks
from broadcaster.seal import new_key, sign_text
from tests.forgeries import KINDS
from tests.integration.relay.conftest import Box
from tests.integration.relay.test_attacked import offered
from tests.integration.relay.test_reports import told


def put(folder, name="omroeper.json", **parts):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(written(Bundle(**parts)))


def look(parts, folder, **how):
    asyncio.run(Sticks(parts, folder, **how).look())


def own_bundle(parts, folder):
    return json.loads((folder / f"omroeper-{parts.device.id}.json").read_text())


def test_a_stick_brings_boards_takes_reports_and_brings_receipts(tmp_path, mint):
    """The hub's side of it is what a relay with a line does with the same stick."""
    media, stick = tmp_path / "media", tmp_path / "media" / "courier" / "KINGSTON" / "deep"
    away = Box(tmp_path / "away", mint).parts()
    keys = key_set([mint.live, mint.exercise])
    put(stick, keys=keys, boards=[mint.token(10), mint.token(10, point="zuid")])
    report = told(mint)
    away.outbox.put(report)
    look(away, media)
    assert away.boards.current("noord", Mode.LIVE).jws == mint.token(10)
    carried = own_bundle(away, stick)
    assert carried["boards"] == [mint.token(10)]

    home = Box(tmp_path / "home", mint, points=("kantoor",))
    parts = home.parts()
    look(parts, media)
    assert [kept.report for kept in parts.outbox.waiting()] == [report]
    put(stick, keys=keys, boards=[], receipts=[{"id": report.id, "received_at": mint.now, "read_at": mint.now}])
    look(away, media)
    assert away.outbox.receipts()[report.id].read_at == mint.now


def test_what_a_forger_puts_on_a_stick_moves_nothing(tmp_path, mint):
    media = tmp_path / "media"
    parts = Box(tmp_path / "box", mint).parts()
    assert parts.shelf.offer(mint.token(10), key_set([mint.live, mint.exercise]))
    for n, kind in enumerate(KINDS):
        token, keys = offered(mint, kind, n)
        put(media / "stick", f"{n}.json", keys=keys, boards=[token])
    look(parts, media)
    assert parts.boards.current("noord", Mode.LIVE).jws == mint.token(10)


def test_whatever_lies_on_a_stick_is_passed_by_and_no_link_is_followed(tmp_path, mint):
    media, elsewhere = tmp_path / "media", tmp_path / "elsewhere"
    put(elsewhere, keys=key_set([mint.live]), boards=[mint.token(10)])
    stick = media / "stick"
    stick.mkdir(parents=True)
    (stick / "link.json").symlink_to(elsewhere / "omroeper.json")
    (stick / "folder.json").symlink_to(elsewhere)
    os.mkfifo(stick / "pipe.json")
    for name, content in {
        "empty.json": b"",
        "holiday.json": b'{"photos": []}',
        "half.json": b'{"format":"omroeper-bundle","version":1,"boards":["',
        "deep.json": b'{"format":"omroeper-bundle","boards":' + b"[" * 100_000,
        "huge.json": b'{"format":"omroeper-bundle"}' + b" " * (17 * 1024 * 1024),
    }.items():
        (stick / name).write_bytes(content)
    before = sorted(path.name for path in stick.iterdir())
    parts = Box(tmp_path / "box", mint).parts()
    look(parts, media)
    assert parts.boards.current("noord", Mode.LIVE) is None
    assert sorted(path.name for path in stick.iterdir()) == before  # nobody else's stick is written on


def test_a_bundle_that_is_handed_to_a_running_relay_is_gone_once_it_was_taken(tmp_path, mint):
    parts = Box(tmp_path / "box", mint).parts()
    put(tmp_path / "inbox", keys=key_set([mint.live, mint.exercise]), boards=[mint.token(10)])
    look(parts, tmp_path / "inbox", ours=True)
    assert parts.boards.current("noord", Mode.LIVE).seq == 10
    assert list((tmp_path / "inbox").iterdir()) == []


async def test_a_stick_that_comes_while_the_relay_runs_reaches_who_waits(tmp_path, mint):
    box = Box(tmp_path / "box", mint, usb=tmp_path / "media")
    keys = key_set([mint.live, mint.exercise])
    box.parts().shelf.offer(mint.token(10), keys)
    async with box.running() as relay:
        waiting = asyncio.create_task(relay.get("/v1/boards/noord?after=10&wait=20"))
        await asyncio.to_thread(put, tmp_path / "media" / "stick", keys=keys, boards=[mint.token(11)])
        assert (await waiting)[2] == mint.token(11)


def test_a_report_of_another_device_goes_along_to_the_next_stick(tmp_path, mint):
    parts = Box(tmp_path / "box", mint).parts()
    token = sign_text(told(mint).model_dump_json(), REPORT_TYP, new_key())
    put(tmp_path / "media" / "a", reports=[token, "nonsense"])
    look(parts, tmp_path / "media")
    assert own_bundle(parts, tmp_path / "media" / "a")["reports"] == [token]
