"""The German warning day of 10 September 2020: every municipality fired at 11:00, the system was overloaded, pushes
came 20 to 30 minutes late, and so did the all-clears, behind the very alerts that they took back.

Here an all-clear goes before what is queued of its own alert and of everything less severe, also one that calls itself
Minor. And displays do not all come at one instant.
"""

from datetime import timedelta
from random import Random

import aiohttp
import pytest
from yarl import URL

from broadcaster.boards.client import Reader, Source, Unavailable
from broadcaster.boards.ratchet import Ratchet
from broadcaster.model.board import Mode
from broadcaster.model.cap import MsgType
from broadcaster.store.database import Database
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON, HandClock, QuickClock
from tests.failures.queued import office
from tests.ports import free_port

RECIPIENTS = 100
PER_SECOND = 40.0


@pytest.mark.parametrize(("msg_type", "severity", "batch"), [(MsgType.UPDATE, "Minor", 10), (MsgType.CANCEL, None, 1)])
async def test_an_all_clear_overtakes_what_is_queued_of_its_alert_and_of_everything_less_severe(
    database: Database, house: House, msg_type: MsgType, severity: str | None, batch: int
) -> None:
    clock = QuickClock()
    async with office(database, house, clock, RECIPIENTS, batch, PER_SECOND) as at:
        festival = await at.release(severity="Moderate")
        await at.after(10, festival)
        fire = await at.release(severity="Extreme")
        await at.after(30, fire)
        changes = {"severity": severity} if severity else {}
        async with at.standing_still():
            clear = await at.do(lives.corrected, fire, msg_type, clock.now(), **changes)
        released = len(at.gateway.got)
    got, waited = [alert_id for alert_id, _ in at.gateway.got], at.gateway.addresses(clear)
    last = len(got) - got[::-1].index(clear.id)
    overtaken = got[released:last]
    assert set(at.gateway.addresses(fire)) <= set(waited), "whoever has the alert has the all-clear"
    assert len(waited) == len(set(waited))
    assert got[released:].count(fire.id) <= at.in_hand
    assert overtaken.count(fire.id) + overtaken.count(festival.id) <= at.in_hand
    assert len(at.gateway.addresses(festival)) == len({*at.gateway.addresses(festival)}) == RECIPIENTS


async def test_displays_that_lost_their_hub_do_not_come_back_at_one_instant() -> None:
    url, came = URL(f"http://127.0.0.1:{free_port()}"), []
    async with aiohttp.ClientSession() as session:
        for number in range(50):
            clock = HandClock()
            source = Source(url, f"scherm-{number}", Mode.LIVE, "token")
            answers = Reader(session, source, Ratchet(None, None), clock).follow(Random(number))
            for _ in range(6):
                assert isinstance(await anext(answers), Unavailable)
            came.append(clock.now())
    came.sort()
    assert came[-1] - came[0] > timedelta(seconds=4)
    assert all(later - earlier > timedelta(seconds=1) for earlier, later in zip(came, came[15:], strict=False))
    assert came[0] > NOON
