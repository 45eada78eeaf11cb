"""Size: offering an alert to a million addresses, from the submit to the frozen digest, and a correction of it."""

import time

from sqlalchemy import Connection, text

from bench.hub import CLOCK, hub, offered
from bench.measuring import Figure, cpu, figure
from bench.sms import account
from broadcaster.model.cap import MsgType
from broadcaster.store.columns import millis
from broadcaster.workflow import correcting
from tests.houses import ORGANISATION, TestHouse

BAR = 10.0


async def freezing(count: int, times: int) -> list[Figure]:
    """Seconds from the submit of a draft to its frozen digest, with the readers' texts rendered."""
    async with hub(account("sms_cm", 1, 16), "sms", 0) as opened:
        await opened.store.run(_listed, count)
        runs = [await _once(opened, count) for _ in range(times)]
        correction = await _corrected(opened, count)
    what = f"submit and freeze of {count:,} addressees"
    used = sorted(one for _, one in runs)[times // 2]
    return [
        figure("size", what, "s", [took for took, _ in runs], bar=BAR, ours=f"{used:.1f} s of CPU"),
        figure("size", "  the same, of its correction", "s", [correction], bar=BAR),
    ]


async def _once(opened: TestHouse, count: int) -> tuple[float, float]:
    before, began = cpu(), time.monotonic()
    alert = await offered(opened, "sms", count)
    took, used = time.monotonic() - began, cpu() - before
    if alert.addressees.count != count:
        raise RuntimeError(f"{alert.addressees.count} of {count} were frozen")
    return took, used


async def _corrected(opened: TestHouse, count: int) -> float:
    alert = await offered(opened, "sms", count)
    await opened.approve("bert", alert)
    anna, now = opened.callers["anna"], CLOCK.now()
    draft = await opened.store.run(correcting.start, opened.house, anna, alert.id, MsgType.UPDATE, now)
    began = time.monotonic()
    submitted = await opened.submit("anna", draft_id=draft.id)
    if submitted.alert.addressees.count != count:
        raise RuntimeError(f"{submitted.alert.addressees.count} of {count} were frozen")
    return time.monotonic() - began


def _listed(conn: Connection, count: int) -> None:
    """Readers of whom only the number is right, by one statement for each table."""
    numbers = f"WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {count})"
    now = millis(CLOCK.now())
    for statement in (
        f"INSERT INTO audience_group (id, organisation_id, name) VALUES (1, '{ORGANISATION}', 'bewoners')",
        f"INSERT INTO recipient (id, organisation_id, name, language, added_at) {numbers}"
        f" SELECT i, '{ORGANISATION}', x'00', 'nl', {now} FROM s",
        f"INSERT INTO recipient_group (group_id, recipient_id) {numbers} SELECT 1, i FROM s",
        f"INSERT INTO recipient_area (area_id, recipient_id) {numbers} SELECT 'noord', i FROM s",
        f"INSERT INTO address (id, recipient_id, kind, sealed, mark, added_at) {numbers}"
        f" SELECT i, i, 'sms', randomblob(41), randomblob(32), {now} FROM s",
    ):
        conn.execute(text(statement))
