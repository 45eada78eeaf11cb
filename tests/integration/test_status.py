"""`omroeper status` shows of each account what waits, what failed and for how long: never to whom."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from broadcaster import cli
from broadcaster.cli.asking import accounts_now
from broadcaster.cli.status import _status, _status_lines
from broadcaster.dispatch.breaker import BreakerState
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.store import deliveries
from tests.houses import HIDDEN, house
from tests.integration.web.site import serving


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


def test_without_a_hub_the_figures_of_the_store_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["init", "home"]) == 0
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("OMROEPER_HUB__LISTEN", "127.0.0.1:1")  # nobody listens there
    capsys.readouterr()
    assert cli.run(["status", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["alerts"] == report["accounts"] == report["boards"] == report["checks"] == []
    assert (report["journal"], report["facts_waiting"], report["now"]) == (0, 0, None)


async def test_a_hub_that_runs_here_tells_how_its_accounts_stand(store_url: str) -> None:
    account = AccountStanding("sms.primary", "sms", BreakerState.OPEN, 2, 100.0, 0.0, None, None)
    async with house(store_url) as h, serving(h, accounts=lambda: [account]) as site:
        hub = h.house.settings.hub.model_copy(update={"listen": f"127.0.0.1:{site.port}"})
        found = await asyncio.to_thread(accounts_now, replace(h.house.settings, hub=hub))
    assert found is not None
    assert (found["sms.primary"]["breaker"], found["sms.primary"]["in_flight"]) == ("open", 2)
    assert found["sms.primary"]["proven_ago"] is None
