"""What points tell: each report once, whoever carries it; nothing that was not signed by who was let in."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random

from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.model.board import Mode
from broadcaster.seal import new_key
from broadcaster.store import devices, reports, sightings
from broadcaster.workflow.reporting import A_DAY, LARGEST, MOST
from tests.houses import TestHouse
from tests.integration.web.site import MovableClock, Reply, Site
from tests.outposts import Outpost, let_in

SEED = 20260124


async def hand_in(site: Site, carrier: str, *tokens: str) -> Reply:
    return await site.post(None, "/v1/reports", {"reports": tokens}, Authorization=f"Bearer {carrier}")


async def refusals(site: Site, carrier: str, *tokens: str) -> list[str | None]:
    reply = await hand_in(site, carrier, *tokens)
    assert reply.status_code == 200, reply.text
    return [item.get("refused") for item in reply.json["items"]]


def stored(conn: Connection) -> list[str]:
    return sorted(row.given_id for row in reports.listed(conn, None, 10_000))


async def test_each_report_counts_once_in_any_order_by_any_way(site: Site, h: TestHouse) -> None:
    random = Random(SEED)
    noord, zuid = await let_in(h, "wijkhuis-noord"), await let_in(h, "buurthuis-zuid")
    told = [
        post.report(at=h.clock.now() + timedelta(milliseconds=n), heard={"rumour": n % 2 == 0, "subject": "water"})
        for n, post in enumerate([noord, zuid] * 10)
    ]
    ways = [noord.token, zuid.token, h.tokens["scherm-noord"]]
    received: dict[str, str] = {}
    copies = told * 4
    random.shuffle(copies)
    while copies:
        size = random.randint(1, 9)
        taken, copies = copies[:size], copies[size:]
        reply = await hand_in(site, random.choice(ways), *taken)
        for item in reply.json["items"]:
            assert "refused" not in item
            assert received.setdefault(item["id"], item["received_at"]) == item["received_at"]
    found = await h.store.read(stored)
    assert len(found) == len(told)
    assert found == sorted(received)
    counted = sum(
        json.loads(data)["count"]
        for data in await h.store.read(
            lambda conn: conn.scalars(text("SELECT data FROM journal WHERE kind = 'ReportsReceived'")).all()
        )
    )
    assert counted == len(told)


async def test_no_forged_foreign_or_replayed_report_is_taken(site: Site, h: TestHouse) -> None:
    noord, zuid = await let_in(h, "wijkhuis-noord"), await let_in(h, "buurthuis-zuid")
    stranger = Outpost(h, noord.device, new_key(), "")
    real = noord.report()
    head, body, signature = real.split(".")
    other = noord.report().split(".")
    flipped = signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]
    content = noord.content()
    cases = {
        stranger.report(): "unknown-device",
        f"{head}.{other[1]}.{signature}": "forged",
        f"{head}.{body}.{flipped}": "forged",
        f"{zuid.report().split('.')[0]}.{body}.{signature}": "forged",
        noord.signed(content | {"point": "buurthuis-zuid"}): "other-point",
        noord.signed(content, "omroeper-board+json"): "unreadable",
        noord.signed(content | {"heard": {"rumour": True, "subject": "water"}}): "unreadable",  # says two things
        noord.signed(content | {"id": "x"}): "unreadable",
        noord.signed(content | {"at": "morgen"}): "unreadable",
        noord.report(heard={"rumour": True, "subject": "weather"}): "unreadable",
        noord.report(heard={"rumour": True, "subject": "water", "line": "x" * 281}): "unreadable",
        noord.report(heard={"rumour": True, "subject": "water", "line": "a\nb"}): "unreadable",
        "": "unreadable",
        "a.b": "unreadable",
        "é.é.é": "unreadable",
        real + "." + "x" * LARGEST: "unreadable",
    }
    found = [found for token in cases for found in await refusals(site, noord.token, token)]
    assert found == list(cases.values())
    assert await h.store.read(stored) == []
    # One that is refused keeps none of the others out.
    assert await refusals(site, noord.token, "a.b", real, stranger.report()) == ["unreadable", None, "unknown-device"]
    again = noord.signed(noord.content(opening={"open": False}) | {"id": (await h.store.read(stored))[0]})
    assert await refusals(site, zuid.token, again) == ["other-content"]
    assert len(await h.store.read(stored)) == 1


async def test_what_a_revoked_device_signed_is_not_taken_whoever_carries_it(site: Site, h: TestHouse) -> None:
    lost, carrier = await let_in(h, "wijkhuis-noord"), await let_in(h, "wijkhuis-noord")
    before = lost.report()
    assert await refusals(site, carrier.token, before) == [None]
    await h.store.run(devices.revoke, lost.device.id, h.clock.now())
    assert await refusals(site, carrier.token, before, lost.report()) == ["revoked", "revoked"]
    assert len(await h.store.read(stored)) == 1


async def test_two_devices_may_use_the_same_id(site: Site, h: TestHouse) -> None:
    one, two = await let_in(h, "wijkhuis-noord"), await let_in(h, "buurthuis-zuid")
    same = {"id": ids.new_id(h.clock.now())}
    tokens = [post.signed(post.content() | same) for post in (one, two)]
    assert await refusals(site, one.token, *tokens) == [None, None]
    assert len(await h.store.read(stored)) == 2


async def test_own_words_are_unreadable_in_the_database(site: Site, h: TestHouse) -> None:
    post = await let_in(h, "wijkhuis-noord")
    said = "Mensen zeggen dat het water bruin is"
    await hand_in(site, post.token, post.report(heard={"rumour": True, "subject": "water", "line": said}))
    (row,) = await h.store.read(reports.listed, None, 10)
    assert said.encode() not in (row.sealed or b"")
    assert "bruin" not in json.dumps(row.content)
    (item,) = (await site.get("carla", "/v1/reports")).json["items"]
    assert item["heard"] == {"rumour": True, "subject": "water", "line": said}


async def test_who_told_it_hears_when_it_was_received_and_read(site: Site, h: TestHouse) -> None:
    noord, zuid = await let_in(h, "wijkhuis-noord"), await let_in(h, "buurthuis-zuid")
    await hand_in(site, noord.token, noord.report(urgent={"subject": "medicine", "line": "insuline"}))
    bearer = f"Bearer {noord.token}"
    (before,) = (await site.get(None, "/v1/reports/receipts", Authorization=bearer)).json["items"]
    assert before["read_at"] is None
    (item,) = (await site.get("carla", "/v1/reports?point=wijkhuis-noord")).json["items"]
    path = f"/v1/reports/{item['id']}/read"
    assert (await site.post("carla", path)).status_code == 200
    assert (await site.post("anna", path)).problem == "conflict"
    (after,) = (await site.get(None, "/v1/reports/receipts", Authorization=bearer)).json["items"]
    assert (after["id"], after["read_at"] is not None) == (before["id"], True)
    others = await site.get(None, "/v1/reports/receipts", Authorization=f"Bearer {zuid.token}")
    assert others.json["items"] == []


async def test_too_many_at_once_are_refused_whole(site: Site, h: TestHouse) -> None:
    post = await let_in(h, "wijkhuis-noord")
    reply = await hand_in(site, post.token, *["a.b.c"] * (MOST + 1))
    assert (reply.status_code, reply.rules) == (400, [("reports", "too-long")])
    assert (await hand_in(site, post.token)).status_code == 400


async def test_what_was_said_last_is_what_hangs_there(site: Site, h: TestHouse, clock: MovableClock) -> None:
    post, now = await let_in(h, "wijkhuis-noord"), h.clock.now()
    told = [post.report(at=now + timedelta(seconds=n), showing={"seq": n + 1, "paper": [n + 1]}) for n in range(5)]
    unsure = post.signed(post.content(at=now + timedelta(days=9000), showing={"seq": 99}) | {"clock_known": False})
    ahead = post.report(at=now + timedelta(hours=1), showing={"seq": 77})
    Random(SEED).shuffle(told)
    assert await refusals(site, post.token, unsure, *told, *told[:2], ahead) == [None] * 9
    (found,) = await h.store.read(sightings.current, Mode.LIVE)
    assert found.screen is not None
    assert found.paper is not None
    assert (found.screen.what.seq, found.paper.what.paper) == (5, (5,))
    only_paper = post.report(at=now + timedelta(minutes=1), showing={"paper": []})
    assert await refusals(site, post.token, only_paper) == [None]
    (found,) = await h.store.read(sightings.current, Mode.LIVE)
    assert found.screen is not None
    assert found.paper is not None
    assert (found.screen.what.seq, found.paper.what.paper) == (5, ())  # what was not told stays as it was
    assert await h.store.read(stored) == []


async def test_a_screen_on_the_hub_says_what_it_shows(site: Site, h: TestHouse) -> None:
    path = "/v1/points/wijkhuis-noord/showing"
    assert (await site.post("scherm-noord", path, {"seq": 4, "digest": "a" * 64, "screen": [3]})).status_code == 204
    (found,) = await h.store.read(sightings.current, Mode.LIVE)
    assert found.screen is not None
    assert (found.screen.what.seq, found.screen.what.screen) == (4, (3,))
    assert (await site.post("scherm-noord", path, {"seq": 0})).rules == [("seq", "greater-than-equal")]


async def test_one_device_cannot_fill_the_hub(site: Site, h: TestHouse) -> None:
    post, now = await let_in(h, "wijkhuis-noord"), h.clock.now()
    await hand_in(site, post.token, first := post.report())

    def fill(conn: Connection) -> None:
        (row,) = reports.listed(conn, None, 1)
        for _ in range(A_DAY - 1):
            reports.keep(conn, replace(row, id=ids.new_id(now), given_id=ids.new_id(now)))

    await h.store.run(fill)
    assert await refusals(site, post.token, post.report(), first) == ["too-many", None]
