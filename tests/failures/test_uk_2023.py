"""The United Kingdom's test of 23 April 2023: 7 % of the phones that could show it did not, and one operator failed on
two alerts at once.

Two alerts side by side on one channel both arrive whole. (What became of the Welsh text is in tests of its own.)
"""

from collections import Counter

import pytest

from broadcaster.store.database import Database
from broadcaster.workflow.house import House
from tests.clocks import QuickClock
from tests.failures.queued import CONCURRENCY, office

RECIPIENTS = 80


@pytest.mark.parametrize(("batch", "per_second"), [(1, 40.0), (10, 40.0), (1, 3.0)])
async def test_two_alerts_at_once_on_one_channel_both_arrive_whole_and_side_by_side(
    database: Database, house: House, batch: int, per_second: float
) -> None:
    recipients = RECIPIENTS if per_second > CONCURRENCY else 12
    async with office(database, house, QuickClock(), recipients, batch, per_second) as at, at.standing_still():
        both = [await at.release(severity="Extreme") for _ in range(2)]
    for alert in both:
        assert len(at.gateway.addresses(alert)) == len({*at.gateway.addresses(alert)}) == recipients
    seen = Counter[str]()
    for alert_id, _ in at.gateway.got:
        seen[alert_id] += 1
        assert abs(seen[both[0].id] - seen[both[1].id]) <= 2 * at.in_hand, "neither waits for the other"
