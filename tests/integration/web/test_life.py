"""The life of an alert over HTTP, as far as officers drive it."""

import asyncio
from datetime import timedelta
from typing import Any

from broadcaster.dispatch.engine import RELEASED, STOPPED
from broadcaster.model.cap import Lane
from broadcaster.store import deliveries, schedules
from broadcaster.workflow import publishing
from broadcaster.workflow.publishing import BOARDS_CHANGED
from tests.houses import TestHouse
from tests.integration.web.site import MovableClock, Site


async def test_one_officer_writes_and_another_approves_exactly_that(site: Site) -> None:
    created = await site.post("anna", "/v1/drafts", site.house.content())
    draft = created.json
    assert created.status_code == 201
    assert created.headers["ETag"] == '"1"'
    assert created.headers["Location"] == f"/v1/drafts/{draft['id']}"
    assert (draft["revision"], draft["stage"], draft["organisation"]) == (1, "draft", "voorbeeldstad")

    preview = (await site.get("anna", f"/v1/drafts/{draft['id']}/renditions")).json
    wanted = {(kind, language) for kind in ("sms", "email", "display") for language in ("nl", "en")}
    assert {(item["channel"], item["language"]) for item in preview["items"]} == wanted
    assert preview["cursor"] is None

    submitted = await site.post("anna", f"/v1/drafts/{draft['id']}/submit")
    alert = submitted.json
    assert submitted.status_code == 201
    assert submitted.headers["Location"] == f"/v1/alerts/{alert['alert']}"
    assert set(alert) == {"alert", "number", "digest", "renditions", "audience", "findings"}
    assert alert["number"] == 1
    assert alert["audience"] == {"count": 6, "by_channel": {"sms": 4, "email": 2}, "by_language": {"nl": 4, "en": 2}}
    assert [item["text"] for item in alert["renditions"]] == [item["text"] for item in preview["items"]]

    approved = await site.approve("bert", alert)
    assert approved.status_code == 200
    shown = (await site.get("vera", f"/v1/alerts/{alert['alert']}")).json
    assert (shown["stage"], shown["release"], shown["digest"]) == ("approved", "released", alert["digest"])
    assert shown["counts"] == {"sms": {"due": 4}, "email": {"due": 2}}
    assert (await site.get("anna", f"/v1/drafts/{draft['id']}")).json["stage"] == "approved"


async def test_the_renditions_of_an_alert_are_those_that_were_submitted(site: Site) -> None:
    alert = await site.submitted()
    shown = (await site.get("bert", f"/v1/alerts/{alert['alert']}/renditions")).json
    for stored, offered in zip(shown["items"], alert["renditions"], strict=True):
        assert {**stored, "findings": None} == {**offered, "findings": None}


async def test_an_alert_without_approval_has_nothing_due(site: Site) -> None:
    alert = await site.submitted()
    shown = (await site.get("bert", f"/v1/alerts/{alert['alert']}")).json
    assert (shown["stage"], shown["release"], shown["counts"]) == ("submitted", None, {})


async def test_what_is_returned_goes_back_to_its_draft_and_comes_again_under_a_new_number(site: Site) -> None:
    alert = await site.submitted()
    returned = await site.post("bert", f"/v1/alerts/{alert['alert']}/return", {"reason": "De tijd klopt niet."})
    assert (returned.status_code, returned.json["stage"]) == (200, "returned")
    draft = (await site.get("anna", f"/v1/drafts/{returned.json['draft']}")).json
    assert draft["stage"] == "draft"
    again = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    assert (again["number"], again["digest"] != alert["digest"]) == (2, True)
    assert (await site.approve("bert", alert)).status_code == 409


async def test_a_halt_stops_what_is_approved(site: Site) -> None:
    alert = await site.submitted()
    await site.approve("bert", alert)
    halted = await site.post("carla", f"/v1/alerts/{alert['alert']}/halt")
    assert halted.status_code == 200
    assert halted.json["halted"] is not None
    assert (await site.post("carla", f"/v1/alerts/{alert['alert']}/halt")).status_code == 200


async def test_a_release_at_an_instant_waits_and_a_late_one_asks_an_officer(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    later = clock.now() + timedelta(hours=1)
    alert = await site.submitted(release_at=later.isoformat(timespec="seconds"), channels=["sms"])
    assert (await site.approve("bert", alert)).json["release"] == "waiting"
    path = f"/v1/alerts/{alert['alert']}"
    assert (await site.get("vera", path)).json["counts"] == {"sms": {"due": 4}}
    clock.move(2 * 3600)
    await h.store.run(publishing.release_due, h.house, clock.now())
    assert (await site.get("vera", path)).json["release"] == "held"
    assert (await site.post("carla", f"{path}/release")).status_code == 403
    assert (await site.post("bert", f"{path}/release")).json["release"] == "released"
    assert (await site.post("bert", f"{path}/release")).problem == "conflict"
    assert await h.store.read(schedules.released, alert["alert"])


async def test_what_is_halted_before_its_release_names_everyone_halted(site: Site, clock: MovableClock) -> None:
    later = clock.now() + timedelta(hours=1)
    alert = await site.submitted(release_at=later.isoformat(timespec="seconds"))
    await site.approve("bert", alert)
    await site.post("bert", f"/v1/alerts/{alert['alert']}/halt")
    shown = (await site.get("vera", f"/v1/alerts/{alert['alert']}")).json
    assert (shown["release"], shown["counts"]) == ("dropped", {"sms": {"halted": 4}, "email": {"halted": 2}})


async def test_deliveries_are_listed_by_state_and_page_without_an_address(site: Site, h: TestHouse) -> None:
    alert = await site.submitted()
    await site.approve("bert", alert)
    accounts = {"sms": "sms.primary", "email": "email.main"}
    await h.store.run(deliveries.expand, alert["alert"], accounts, h.clock.now())
    path = f"/v1/alerts/{alert['alert']}/deliveries"
    seen: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await site.get("vera", f"{path}?state=due&limit=4{cursor and '&cursor=' + cursor}")).json
        seen += page["items"]
        cursor = page["cursor"]
    assert [item["n"] for item in seen] == [1, 2, 3, 4, 5, 6]
    assert {item["account"] for item in seen} == set(accounts.values())
    assert (await site.get("vera", f"{path}?state=delivered")).json == {"items": [], "cursor": None}
    assert (await site.get("vera", f"{path}?state=gone")).rules == [("state", "enum")]


async def test_lists_page_from_new_to_old(site: Site) -> None:
    drafts = [await site.draft(channels=["display"]) for _ in range(5)]
    for draft in drafts[:3]:
        assert (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).status_code == 201
    for path, count in (("/v1/drafts", 5), ("/v1/alerts", 3)):
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await site.get("vera", f"{path}?limit=2{cursor and '&cursor=' + cursor}")).json
            assert len(page["items"]) <= 2
            found += [item["id"] for item in page["items"]]
            cursor = page["cursor"]
        assert len(found) == count
        assert found == sorted(found, reverse=True)
    assert len((await site.get("vera", "/v1/alerts?stage=submitted")).json["items"]) == 3
    assert (await site.get("vera", "/v1/alerts?stage=approved")).json["items"] == []


async def test_a_deleted_draft_is_gone(site: Site) -> None:
    draft = await site.draft()
    assert (await site.call("anna", "DELETE", f"/v1/drafts/{draft['id']}")).status_code == 204
    assert (await site.get("anna", f"/v1/drafts/{draft['id']}")).problem == "not-found"
    assert (await site.get("anna", "/v1/drafts")).json["items"] == []


async def test_an_exercise_says_so_in_every_rendition(site: Site) -> None:
    alert = await site.submitted(status="Exercise")
    for item in alert["renditions"]:
        word = {"nl": "OEFENING", "en": "EXERCISE"}[item["language"]]
        assert word in item["text"]
    await site.approve("bert", alert)
    assert not await site.house.store.read(deliveries.expanding, Lane.LIVE)
    assert await site.house.store.read(deliveries.expanding, Lane.DRILL) == [alert["alert"]]


async def test_the_engine_and_the_boards_are_told_at_once(site: Site, h: TestHouse) -> None:
    alert = await site.submitted()
    told = asyncio.gather(*(h.signals.wait(name, 30) for name in (RELEASED, BOARDS_CHANGED)))
    await site.approve("bert", alert)
    assert await told == [True, True]
    stopped = asyncio.create_task(h.signals.wait(STOPPED, 30))
    await asyncio.sleep(0)
    await site.post("bert", f"/v1/alerts/{alert['alert']}/halt")
    assert await stopped


async def test_a_draft_read_and_sent_back_is_the_same_draft(site: Site) -> None:
    draft = dict(await site.draft())
    same = {name: value for name, value in draft.items() if name in site.house.content() or name == "organisation"}
    reply = await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", same, If_Match='"1"')
    assert reply.status_code == 200
    assert reply.json == {**draft, "revision": 2}
