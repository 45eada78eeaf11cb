"""A write with an Idempotency-Key happens once, however often it comes in."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from broadcaster.store import answers, tables
from tests.houses import TestHouse
from tests.integration.web.site import MovableClock, Reply, Site

KEY = {"Idempotency_Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
REPLAYED = "Idempotency-Replayed"


async def _stored(h: TestHouse) -> int:
    def count(conn: sa.Connection) -> int:
        return int(conn.scalar(sa.select(sa.func.count()).select_from(tables.answer)) or 0)

    return await h.store.read(count)


def _same(first: Reply, second: Reply) -> bool:
    kept = ("ETag", "Location", "Content-Type")
    return (first.status_code, first.text, [first.headers.get(name) for name in kept]) == (
        second.status_code,
        second.text,
        [second.headers.get(name) for name in kept],
    )


async def test_the_same_request_again_gets_the_same_answer_and_no_effect(site: Site) -> None:
    content = site.house.content()
    first, second = [await site.post("anna", "/v1/drafts", content, **KEY) for _ in range(2)]
    assert first.status_code == 201
    assert _same(first, second)
    assert (REPLAYED in first.headers, second.headers[REPLAYED]) == (False, "true")
    assert len((await site.get("anna", "/v1/drafts")).json["items"]) == 1


async def test_every_write_has_one_effect_per_key(site: Site) -> None:
    async def twice(who: str, method: str, path: str, content: object = None, **headers: str) -> Reply:
        key = {"Idempotency_Key": f"{method}-{path}"}
        first, second = [await site.call(who, method, path, content, **key, **headers) for _ in range(2)]
        assert first.status_code < 300, first.text
        assert _same(first, second)
        assert second.headers[REPLAYED] == "true"
        return first

    draft = (await twice("anna", "POST", "/v1/drafts", site.house.content())).json
    path = f"/v1/drafts/{draft['id']}"
    await twice("anna", "PATCH", path, {"event": "Storing"}, If_Match='"1"')
    alert = (await twice("anna", "POST", f"{path}/submit")).json
    await twice("bert", "POST", f"/v1/alerts/{alert['alert']}/return", {"reason": "Nog eens."})
    again = (await site.post("anna", f"{path}/submit", Idempotency_Key="another")).json
    assert again["number"] == 2
    approve = {"digest": again["digest"], "accepts": []}
    await twice("bert", "POST", f"/v1/alerts/{again['alert']}/approve", approve)
    await twice("bert", "POST", f"/v1/alerts/{again['alert']}/halt")
    other = await site.draft()
    await twice("anna", "DELETE", f"/v1/drafts/{other['id']}")
    assert len((await site.get("anna", "/v1/alerts")).json["items"]) == 2


async def test_the_key_of_another_request_is_refused(site: Site) -> None:
    content = site.house.content()
    await site.post("anna", "/v1/drafts", content, **KEY)
    for reply in (
        await site.post("anna", "/v1/drafts", content | {"event": "Anders"}, **KEY),
        await site.call("anna", "PATCH", f"/v1/drafts/{'0' * 26}", content, If_Match='"1"', **KEY),
    ):
        assert (reply.status_code, reply.problem) == (422, "key-taken")


async def test_a_key_belongs_to_its_caller(site: Site) -> None:
    content = site.house.content()
    replies = [await site.post(who, "/v1/drafts", content, **KEY) for who in ("anna", "carla", "machine")]
    assert len({reply.json["id"] for reply in replies}) == 3


async def test_requests_at_once_with_one_key_have_one_effect(site: Site) -> None:
    content = site.house.content()
    replies = await asyncio.gather(*(site.post("anna", "/v1/drafts", content, **KEY) for _ in range(8)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert sum(REPLAYED not in reply.headers for reply in replies) == 1
    assert len((await site.get("anna", "/v1/drafts")).json["items"]) == 1


async def test_submits_at_once_with_one_key_make_one_alert(site: Site) -> None:
    draft = await site.draft()
    path = f"/v1/drafts/{draft['id']}/submit"
    replies = await asyncio.gather(*(site.post("anna", path, **KEY) for _ in range(6)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.text for reply in replies}) == 1
    assert len((await site.get("anna", "/v1/alerts")).json["items"]) == 1


async def test_a_refusal_is_not_remembered(site: Site, h: TestHouse) -> None:
    draft = await site.draft(instruction=None, expires=None)
    path = f"/v1/drafts/{draft['id']}"
    assert (await site.post("anna", f"{path}/submit", **KEY)).status_code == 422
    assert (
        await site.call("anna", "PATCH", path, {"event": "x"}, If_Match='"7"', Idempotency_Key="b")
    ).status_code == 412
    assert await _stored(h) == 0
    await site.call("anna", "PATCH", path, {"expires": site.house.content()["expires"]}, If_Match='"1"')
    assert (await site.post("anna", f"{path}/submit", **KEY)).status_code == 201


async def test_a_replay_is_for_who_may_still_ask(site: Site, h: TestHouse) -> None:
    draft = await site.draft()
    path = f"/v1/drafts/{draft['id']}/submit"
    assert (await site.post("anna", path, **KEY)).status_code == 201
    assert (await site.post("vera", path, **KEY)).status_code == 403
    assert (await site.post(None, path, **KEY)).status_code == 401


async def test_a_key_holds_for_a_day_and_is_then_forgotten(site: Site, h: TestHouse, clock: MovableClock) -> None:
    content = site.house.content(expires=(clock.now() + timedelta(days=3)).isoformat())
    first = await site.post("anna", "/v1/drafts", content, **KEY)
    await site.post("anna", "/v1/drafts", content, Idempotency_Key="stale")
    clock.move(answers.KEPT_IN.total_seconds())
    second = await site.post("anna", "/v1/drafts", content, **KEY)
    assert second.json["id"] != first.json["id"]
    assert await _stored(h) == 2
    assert await h.store.run(answers.forget, clock.now()) == 1
    assert (await site.post("anna", "/v1/drafts", content, **KEY)).json == second.json


async def test_a_key_is_visible_ascii(site: Site) -> None:
    for key in ("", "a b", "x" * 256, "sleutel-é"):
        reply = await site.post("anna", "/v1/drafts", site.house.content(), Idempotency_Key=key)
        assert (reply.status_code, reply.rules) == (400, [("Idempotency-Key", "key")]), key
