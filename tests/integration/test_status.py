"""`omroeper status` shows of each account what waits, what failed and for how long: never to whom."""

from datetime import timedelta

from sqlalchemy import text

from broadcaster.cli.status import _status, _status_lines
from broadcaster.store import deliveries
from tests.houses import HIDDEN, house


async def test_what_waits_and_what_failed_by_account(store_url: str) -> None:
    async with house(store_url) as h:
        alert = await h.released(h.content(channels=["sms", "display"]))
        while await h.store.run(deliveries.expand, alert.id, {"sms": "sms.primary"}, h.clock.now()):
            pass
        failing = text("UPDATE delivery SET state = 'failed', reason = 'bad-address', due_at = NULL WHERE n = 1")
        await h.store.run(lambda conn: conn.execute(failing).rowcount)
        report = await h.store.read(_status, h.clock.now() + timedelta(seconds=90))
    [account] = report["accounts"]
    assert (account["account"], account["states"]) == ("sms.primary", {"due": 3, "failed": 1})
    assert account["failed"] == {"bad-address": 1}
    assert 90 <= account["oldest_due_in"] < 150
    assert {(board["point"], board["mode"]) for board in report["boards"]} == {("wijkhuis-noord", "live")}
    assert report["journal"] > 0
    lines = list(_status_lines(report))
    assert any(line.startswith("sms.primary: 3 due, 1 failed, the oldest due for") for line in lines)
    assert not [hidden for hidden in HIDDEN if hidden in str(report)]
