"""Corrections over HTTP: started with one call, seen on both alerts; and once more to those still missing."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.dispatch.dispatcher import DUE
from broadcaster.dispatch.engine import STOPPED
from broadcaster.store import deliveries
from tests.houses import TestHouse
from tests.integration.web.site import Site

ACCOUNTS = {"sms": "sms.primary", "email": "email.main"}


async def sent(site: Site, h: TestHouse, state: str, transmissions: int, **changed: Any) -> str:
    """An approved alert with all its deliveries in a state; its id."""
    alert = await site.submitted(**changed)
    assert (await site.approve("bert", alert)).status_code == 200
    await h.store.run(deliveries.expand, alert["alert"], ACCOUNTS, h.clock.now())
    await h.store.run(_put, alert["alert"], state, transmissions)
    return str(alert["alert"])


def _put(conn: Connection, alert_id: str, state: str, transmissions: int) -> None:
    query = "UPDATE delivery SET state = :s, transmissions = :t, due_at = NULL WHERE alert_id = :a"
    conn.execute(text(query), {"s": state, "t": transmissions, "a": alert_id})


@pytest.mark.parametrize(("verb", "msg_type", "stage"), [
    ("update", "Update", "superseded"), ("cancel", "Cancel", "cancelled"),
])  # fmt: skip
@pytest.mark.parametrize("who", ["carla", "dirk"])
async def test_one_call_makes_a_correction_that_can_be_submitted_and_approved_as_it_is(
    site: Site, h: TestHouse, verb: str, msg_type: str, stage: str, who: str
) -> None:
    alert = await sent(site, h, "accepted", 1)
    started = await site.post(who, f"/v1/alerts/{alert}/{verb}")
    draft = started.json
    assert (started.status_code, draft["msg_type"], draft["replaces"], draft["status"]) == (
        201,
        msg_type,
        alert,
        "Actual",
    )
    assert started.headers["Location"] == f"/v1/drafts/{draft['id']}"
    assert started.headers["ETag"] == '"1"'
    assert draft["reached"] == {"count": 6, "by_channel": {"email": 2, "sms": 4}}

    submitted = await site.post(who, f"/v1/drafts/{draft['id']}/submit")
    assert (submitted.status_code, submitted.json["number"]) == (201, 2)
    assert submitted.json["audience"]["by_channel"] == {"sms": 4, "email": 2}
    assert [item for item in submitted.json["findings"] if item["kind"] != "notice"] == []
    assert all("1" in item["text"] for item in submitted.json["renditions"])
    assert (await site.approve(who, submitted.json)).status_code == 403
    stopped = asyncio.create_task(h.signals.wait(STOPPED, 30))
    await asyncio.sleep(0)
    assert (await site.approve("bert", submitted.json)).status_code == 200
    assert await stopped

    shown = (await site.get("vera", f"/v1/alerts/{alert}")).json
    assert (shown["stage"], shown["replaced_by"]) == (stage, submitted.json["alert"])
    assert shown["superseded"] is not None
    listed = (await site.get("vera", "/v1/alerts")).json["items"]
    assert {item["id"]: (item["replaces"], item["replaced_by"]) for item in listed} == {
        alert: (None, submitted.json["alert"]),
        submitted.json["alert"]: (alert, None),
    }


async def test_who_may_only_approve_edits_the_correction_they_started(site: Site, h: TestHouse) -> None:
    alert = await sent(site, h, "accepted", 1)
    draft = (await site.post("dirk", f"/v1/alerts/{alert}/update")).json
    path = f"/v1/drafts/{draft['id']}"
    changed = await site.call("dirk", "PATCH", path, {"event": "Gaslek"}, If_Match='"1"')
    assert (changed.status_code, changed.json["event"], changed.json["replaces"]) == (200, "Gaslek", alert)
    assert (await site.call("dirk", "DELETE", path)).status_code == 204
    own = await site.draft("anna")
    assert (
        await site.call("dirk", "PATCH", f"/v1/drafts/{own['id']}", {"event": "x"}, If_Match='"1"')
    ).status_code == 403
    assert (await site.call("dirk", "DELETE", f"/v1/drafts/{own['id']}")).status_code == 403
    assert (await site.post("dirk", f"/v1/drafts/{own['id']}/submit")).status_code == 403


async def test_what_cannot_be_corrected_says_so(site: Site, h: TestHouse) -> None:
    alert = await sent(site, h, "accepted", 1)
    for verb in ("update", "cancel"):
        path = f"/v1/alerts/{alert}/{verb}"
        assert (await site.post("vera", path)).status_code == 403
        assert (await site.post("machine", path)).status_code == 403
        assert (await site.post(None, path)).status_code == 401
        assert (await site.post("anna", path, {"x": 1})).rules == [("x", "extra-forbidden")]
        assert (await site.post("anna", f"/v1/alerts/nergens/{verb}")).status_code == 404
        assert (await site.post("anna", f"/v1/alerts/{(await site.submitted())['alert']}/{verb}")).problem == "conflict"


async def test_the_same_key_starts_one_correction(site: Site, h: TestHouse) -> None:
    alert = await sent(site, h, "accepted", 1)
    first, second = [await site.post("anna", f"/v1/alerts/{alert}/cancel", Idempotency_Key="eens") for _ in range(2)]
    assert first.json == second.json
    assert len((await site.get("anna", "/v1/drafts")).json["items"]) == 1


async def test_what_failed_goes_again_and_the_engine_is_told(site: Site, h: TestHouse) -> None:
    alert = await sent(site, h, "failed", 0)
    told = asyncio.create_task(h.signals.wait(DUE, 30))
    await asyncio.sleep(0)
    reply = await site.post("dirk", f"/v1/alerts/{alert}/resend", {"states": ["failed", "uncertain"]})
    assert (reply.status_code, reply.json["resent"]) == (200, {"email": 2, "sms": 4})
    assert reply.json["counts"] == {"email": {"due": 2}, "sms": {"due": 4}}
    assert await told


@pytest.mark.parametrize(
    ("body", "status_code", "rules"),
    [
        ({"states": ["halted"]}, 422, [("states", "not-halted")]),
        ({"states": ["delivered", "accepted"]}, 422, [("states", "not-delivered"), ("states", "not-accepted")]),
        ({"states": ["gone"]}, 422, [("states", "enum")]),
        ({"states": []}, 422, [("states", "empty")]),
        ({"states": "failed"}, 400, [("states", "list-type")]),
        ({}, 400, [("states", "missing")]),
        ({"states": ["failed"], "to": "everyone"}, 400, [("to", "extra-forbidden")]),
    ],
)
async def test_a_resend_of_what_is_not_missing_is_refused(
    site: Site, h: TestHouse, body: dict[str, object], status_code: int, rules: list[tuple[str, str]]
) -> None:
    alert = await sent(site, h, "failed", 0)
    reply = await site.post("anna", f"/v1/alerts/{alert}/resend", body)
    assert (reply.status_code, reply.rules) == (status_code, rules)
    assert (await site.get("vera", f"/v1/alerts/{alert}")).json["counts"] == {
        "email": {"failed": 2},
        "sms": {"failed": 4},
    }


async def test_lists_name_what_was_given_up_as_the_alert_itself_does(site: Site, h: TestHouse) -> None:
    later = (h.clock.now() + timedelta(hours=1)).isoformat(timespec="seconds")
    alert = await site.submitted(release_at=later, channels=["sms"])
    await site.approve("bert", alert)
    draft = (await site.post("anna", f"/v1/alerts/{alert['alert']}/cancel")).json
    cancel = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    assert (await site.approve("bert", cancel)).status_code == 200
    shown = (await site.get("vera", f"/v1/alerts/{alert['alert']}")).json
    assert (shown["release"], shown["counts"]) == ("dropped", {"sms": {"superseded": 4}})
    listed = {item["id"]: item["counts"] for item in (await site.get("vera", "/v1/alerts")).json["items"]}
    assert listed[alert["alert"]] == shown["counts"]


async def pressed(site: Site, cookie: str, alert: str, verb: str) -> str:
    """Where the button of the page leads."""
    reply = await site.form(f"/console/alerts/{alert}/{verb}", Cookie=cookie)
    assert reply.status_code == 303
    return reply.headers["Location"]


@pytest.mark.parametrize("verb", ["update", "cancel"])
async def test_who_presses_second_gets_the_draft_that_is_there_and_reads_whose_it_is(
    site: Site, h: TestHouse, verb: str
) -> None:
    alert = await sent(site, h, "accepted", 1)
    anna, dirk = await site.signed_in("anna"), await site.signed_in("dirk")
    first, twice, second = [await pressed(site, who, alert, verb) for who in (anna, anna, dirk)]
    assert first == twice == second
    assert "Dit concept stond al klaar: anna begon eraan om" in (await site.get(None, first, Cookie=dirk)).text
    assert "stond al klaar" not in (await site.get(None, first, Cookie=anna)).text
    other = "cancel" if verb == "update" else "update"
    assert await pressed(site, dirk, alert, other) != first, "to correct is not to withdraw"
    assert len((await site.get("anna", "/v1/drafts")).json["items"]) == 2
    # The API makes a draft for whoever asks.
    assert (await site.post("carla", f"/v1/alerts/{alert}/{verb}")).status_code == 201
    assert len((await site.get("anna", "/v1/drafts")).json["items"]) == 3


async def test_a_draft_that_was_put_away_or_offered_is_not_opened_once_more(site: Site, h: TestHouse) -> None:
    alert = await sent(site, h, "accepted", 1)
    anna = await site.signed_in("anna")
    first = await pressed(site, anna, alert, "cancel")
    path = f"/v1/drafts/{first.rpartition('/')[2]}"
    assert (await site.call("anna", "DELETE", path)).status_code == 204
    second = await pressed(site, anna, alert, "cancel")
    assert second != first
    offered = (await site.post("anna", f"/v1/drafts/{second.rpartition('/')[2]}/submit")).json
    assert await pressed(site, anna, alert, "cancel") not in (first, second)
    assert (await site.approve("bert", offered)).status_code == 200
    refused = await site.form(f"/console/alerts/{alert}/cancel", Cookie=anna)
    assert refused.status_code == 409
