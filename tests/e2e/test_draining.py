"""A hub that is told to stop while its provider hangs (R7): it ends in time and keeps nothing."""

import asyncio
import json
from collections import Counter
from time import monotonic

import aiohttp
import pytest
from sqlalchemy import Connection, text

from broadcaster.clock import SystemClock
from broadcaster.demo import premises
from broadcaster.demo.office import Desk, Submitted, approve, draft_of, submit
from broadcaster.demo.processes import Server, start_hub
from broadcaster.demo.simulators.faults import Fault, Faults
from broadcaster.demo.simulators.sms_cm import CmGateway
from broadcaster.model.cap import Status
from broadcaster.wiring import stores

DRAINS_IN = 25.0


def _states(conn: Connection) -> Counter[tuple[str, bool]]:
    return Counter((row.state, row.owner is None) for row in conn.execute(text("SELECT state, owner FROM delivery")))


async def _sent(hub: Server, made: premises.Premises) -> Submitted:
    async with aiohttp.ClientSession() as session:
        writer, approver = (Desk(session, hub.url, officer) for officer in (made.writer, made.approver))
        draft = draft_of(made, Status.ACTUAL, SystemClock().now()) | {"channels": ["sms"]}
        submitted = await submit(writer, draft | {"audience": {"areas": draft["areas"]}})
        await approve(approver, submitted)
        return submitted


@pytest.mark.soak
@pytest.mark.timeout(180)
async def test_a_hub_whose_provider_hangs_ends_in_time_and_keeps_nothing(tmp_path):
    environ = {
        "OMROEPER_CHANNEL__SMS_PRIMARY__TIMEOUT": "60",
        "OMROEPER_CHANNEL__SMS_PRIMARY__FAILOVER": json.dumps([]),
    }
    hangs = Faults(seed=1, rate=1.0, kinds=(Fault.HOLD,))
    async with CmGateway(faults=hangs) as gateway:
        ports = {"hub_port": 0, "sms_port": gateway.port, "sms_second_port": 9, "mail_port": 9, "bot_port": 9}
        made = await asyncio.to_thread(premises.make, tmp_path, ports, 200, 1, environ)
        hub = await start_hub(made.settings.path, **environ)
        submitted = await _sent(hub, made)
        async with asyncio.timeout(30):
            while not gateway.counts.copies:  # noqa: ASYNC110 - what a gateway counts sets no event
                await asyncio.sleep(0.02)
        stopped_at = monotonic()
        await hub.end()
        assert monotonic() - stopped_at <= DRAINS_IN
    store = stores.database(made.settings)
    states = await store.read(_states)
    store.close()
    assert hub.process.returncode == 0
    assert sum(states.values()) == submitted.addressees
    assert {state for state, _ in states} <= {"due", "uncertain", "failed"}
    assert all(free for _, free in states), "something was not handed back"
