"""A relay at a real hub: let in with a code, and then it pulls, hears, and hands in by the hub's own calls."""

import asyncio
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from broadcaster import ids
from broadcaster.boards.heartbeat import Heart
from broadcaster.boards.serving import signed
from broadcaster.boards.signing import key_set, sign
from broadcaster.boards.snapshot import payload_for
from broadcaster.model.board import Mode
from broadcaster.model.report import Report
from broadcaster.relay import device
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.enrolling import NotLetIn, enrol
from broadcaster.relay.pace import Pace
from broadcaster.relay.running import parts_of, work_of
from broadcaster.settings.relay import Relay, RelaySettings
from tests.houses import TestHouse, board_signers
from tests.integration.web.site import MovableClock, serving
from tests.integration.web.test_devices import code_for

SOON = Pace(clock=0.02, carry=0.02, ask=0.05, tell=0.02, hear=0.02)
POINT = "wijkhuis-noord"


async def test_a_relay_is_let_in_and_carries_both_ways(h: TestHouse, clock: MovableClock, tmp_path: Path) -> None:
    signers = board_signers()
    heart = Heart(signers.__getitem__, h.boards)
    async with serving(h, beat=heart.of, key_set=lambda: key_set(signers.values())) as site:
        with pytest.raises(NotLetIn, match="code"):
            await enrol(site.url, "2222-2222-2222", "Kast", tmp_path / "relay")
        assert not (tmp_path / "relay").exists()
        code = await code_for(site)
        made = await enrol(site.url, code, "Kast", tmp_path / "relay")
        assert (made.points[0].id, set(made.roots)) == (POINT, set(Mode))
        assert device.load(tmp_path / "relay").token == made.token
        with pytest.raises(NotLetIn):
            await enrol(site.url, code, "Kast", tmp_path / "again")  # each is good for one

        signer = signers[Mode.LIVE]
        payload = payload_for(POINT, Mode.LIVE, 5, signer.epoch, clock.now(), [], name="Wijkhuis Noord")
        h.boards.publish(POINT, Mode.LIVE, signed(sign(payload, signer), 5))
        heart.beat(clock.now() + timedelta(seconds=1), None)
        settings = RelaySettings(
            tmp_path / "relay.toml", Relay(name="Kast", sources=(site.url,), folder=tmp_path / "relay")
        )
        parts = parts_of(settings, RelayClock.over(clock), SOON)
        at = clock.now()
        report = Report.model_validate(
            {"id": ids.new_id(at), "point": POINT, "mode": "live", "at": at, "urgent": {"subject": "water"}}
        )
        parts.outbox.put(report)
        async with parts.lines:
            work = [asyncio.create_task(one) for one in work_of(parts, Random(1), SOON)]
            async with asyncio.timeout(30):
                while not (  # noqa: ASYNC110 - a relay tells nobody
                    parts.boards.current(POINT, Mode.LIVE) and parts.lines.standing().up and not parts.outbox.waiting()
                ):
                    await asyncio.sleep(0.02)
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        assert parts.place(POINT).name == "Wijkhuis Noord"  # type: ignore[union-attr]
        told = (await site.get("vera", "/v1/reports")).json["items"]
        assert [(item["point"], item["urgent"]["subject"]) for item in told] == [(POINT, "water")]
