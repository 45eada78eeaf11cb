"""Reports up and receipts down: nothing told is lost, whichever way it goes and whoever says what about it."""

import json
from datetime import timedelta

import pytest

from broadcaster import ids
from broadcaster.boards.bundle import Receipt
from broadcaster.model.report import REPORT_TYP, Report
from broadcaster.relay import outbox
from broadcaster.relay.outbox import MOST_OF_ONE, NoRoom, Outbox
from broadcaster.seal import new_key, sign_text, verified_text
from tests.integration.relay.conftest import Box, away


def told(mint, n=0, **said):
    at = mint.now + timedelta(seconds=n)
    said = said or {"opening": {"open": True, "services": ["water"]}}
    return Report.model_validate({"id": ids.new_id(at), "point": "noord", "mode": "live", "at": at, **said})


async def test_a_report_is_on_disk_before_anybody_hears_of_it_and_goes_up_signed(box, hub, mint):
    report = told(mint)
    parts = box.parts()
    parts.outbox.put(report)
    del parts  # the power goes
    async with box.running() as relay:
        await hub.has(1)
        text = verified_text(hub.reports[report.id], REPORT_TYP, relay.parts.device.key)
        assert Report.model_validate_json(text) == report
        await relay.until(lambda: not relay.parts.outbox.waiting())
        hub.read[report.id] = mint.now.isoformat()
        await relay.until(lambda: relay.parts.outbox.receipts()[report.id].read_at == mint.now)
    async with box.running() as relay:  # and what was told of it stands after the next cut too
        assert relay.parts.outbox.receipts()[report.id].read_at == mint.now
    posts = [request for request in hub.asked if request.method == "POST"]
    assert len(posts) == 1  # the hub had it


async def test_two_levels_carry_reports_up_and_receipts_down(hub, mint, tmp_path):
    regional = Box(tmp_path / "regional", mint, points=("regio", "noord"), sources=[str(hub.url)])
    async with regional.running() as above:
        local = Box(tmp_path / "local", mint, sources=[above.url], hub=hub.url)
        hub.put(mint.token(10), 10)
        async with local.running() as below:
            await below.holds(10)  # boards come the same way
            report = told(mint)
            below.parts.outbox.put(report)
            await hub.has(1)
            hub.read[report.id] = mint.now.isoformat()
            receipts = below.parts.outbox.receipts
            await below.until(lambda: report.id in receipts() and receipts()[report.id].read_at == mint.now)


async def test_the_word_of_a_relay_that_the_hub_has_a_report_does_not_end_it(hub, mint, tmp_path):
    """Whoever stands between might say so, of a report that the hub never saw."""
    async with Box(tmp_path / "false", mint).running() as liar:
        report = told(mint)
        liar.parts.outbox.told([Receipt(id=report.id, received_at=mint.now)])
        local = Box(tmp_path / "local", mint, sources=[liar.url], hub=hub.url)
        async with local.running() as below:
            below.parts.outbox.put(report)
            await below.until(lambda: below.parts.outbox.is_told(below.parts.outbox.waiting()[0]))
        local.sources = (liar.url, str(hub.url))
        hub.answer = None
        async with local.running() as below:
            assert [kept.report.id for kept in below.parts.outbox.waiting()] == [report.id]


def test_what_is_no_report_or_too_much_of_one_device_is_not_kept(tmp_path, mint):
    box = Outbox(tmp_path, new_key())
    key, other = new_key(), new_key()
    for nothing in ("", "a.b.c", "x" * 5000, sign_text("{}", REPORT_TYP, key), sign_text("{}", "JWT", key)):
        with pytest.raises(outbox.NoReport):
            box.take(nothing)
    for n in range(MOST_OF_ONE):
        box.take(sign_text(told(mint, n).model_dump_json(), REPORT_TYP, key))
    with pytest.raises(NoRoom):
        box.take(sign_text(told(mint, 999).model_dump_json(), REPORT_TYP, key))
    box.take(sign_text(told(mint, 999).model_dump_json(), REPORT_TYP, other))
    box.put(told(mint, 1000))  # its own always has room
    assert len(Outbox(tmp_path, new_key()).waiting()) == MOST_OF_ONE + 2


async def test_who_hands_in_hears_of_each_in_order(box, mint):
    async with box.running() as relay:
        good = sign_text(told(mint).model_dump_json(), REPORT_TYP, new_key())
        status_code, _, body = await relay.post("/v1/reports", {"reports": [good, "nonsense"]})
        first, second = json.loads(body)["items"]
        assert (status_code, first["received_at"], second) == (
            200,
            None,
            {"id": None, "received_at": None, "refused": "unreadable"},
        )
        for wrong in ({}, {"reports": []}, {"reports": ["x"] * 51}, {"reports": [1]}, []):
            assert (await relay.post("/v1/reports", wrong))[0] == 400


async def test_what_screens_show_is_told_when_it_changes_and_only_the_last_of_it_waits(box, hub, mint):
    hub.answer = away
    async with box.running() as relay:
        for seq in (1, 1, 2):
            said = {"seq": seq, "digest": "0" * 64, "screen": [3]}
            assert (await relay.post("/v1/points/noord/showing", said))[0] == 204
            await relay.until(lambda seq=seq: [k.report.showing.seq for k in relay.parts.outbox.waiting()] == [seq])
        assert (await relay.post("/v1/points/zuid/showing", {}))[0] == 404
        assert (await relay.post("/v1/points/noord/showing", {"digest": "x"}))[0] == 400
        hub.answer = None
        await hub.has(1)
        assert outbox.read(next(iter(hub.reports.values()))).report.showing.screen == (3,)
