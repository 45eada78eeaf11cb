"""How support points stand, from what their screens fetch and say and what their hosts tell."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from broadcaster.boards.publisher import Publisher
from broadcaster.model.board import Mode
from broadcaster.model.device import DeviceKind
from broadcaster.web.front import Front
from broadcaster.web.sightings import Sightings
from tests.houses import CONFIGURATION, TestHouse, board_signers, house
from tests.integration.web.site import MovableClock, Reply, Site, serving
from tests.outposts import Outpost, let_in

REGION = """
[[point]]
id = "regio"
name = "Kazerne"
kind = "regional"
areas = ["noord", "zuid"]
languages = ["nl"]
"""
CONFIGURED = CONFIGURATION.replace('id = "buurthuis-zuid"', 'id = "buurthuis-zuid"\nunder = "regio"') + REGION
NORTH, SOUTH = "wijkhuis-noord", "buurthuis-zuid"


class Watched:
    """A site whose boards are published, and whose sightings are written down when a test says so."""

    def __init__(self, site: Site, h: TestHouse, seen: Sightings, publisher: Publisher) -> None:
        self.site, self.h, self.seen, self.publisher = site, h, seen, publisher

    async def publish(self) -> None:
        await self.publisher.tick()

    async def fetch(self, token: str, point: str, *, etag: str | None = None) -> Reply:
        """Fetch a board as a display does; without a tag as one that has none."""
        headers = {"Authorization": f"Bearer {token}"} | ({"If_None_Match": etag} if etag else {})
        return await self.site.get(None, f"/v1/boards/{point}", **headers)

    async def current(self, token: str, point: str) -> None:
        """Fetch it, and have it."""
        etag = (await self.fetch(token, point)).headers["ETag"]
        assert (await self.fetch(token, point, etag=etag)).status_code == 304

    async def hand_in(self, post: Outpost, *tokens: str) -> None:
        bearer = f"Bearer {post.token}"
        reply = await self.site.post(None, "/v1/reports", {"reports": tokens}, Authorization=bearer)
        assert all("refused" not in item for item in reply.json["items"]), reply.text

    async def point(self, point: str) -> Any:
        await self.seen.write()
        return (await self.site.get("vera", f"/v1/points/{point}")).json


@pytest.fixture
async def watched(store_url: str, clock: MovableClock) -> AsyncIterator[Watched]:
    async with house(store_url, clock=clock, configuration=CONFIGURED) as h:
        seen = Sightings(h.store, clock)
        publisher = Publisher(h.store, h.house, board_signers(), h.boards, clock)
        await publisher.start()
        async with serving(h, sightings=seen) as site:
            yield Watched(site, h, seen, publisher)


async def test_a_screen_that_falls_silent_freezes_or_lags_is_found(watched: Watched, clock: MovableClock) -> None:
    post = await let_in(watched.h, NORTH, DeviceKind.DISPLAY, "Scherm hal")
    bearer = {"Authorization": f"Bearer {post.token}"}

    async def trouble() -> str | None:
        (screen,) = (await watched.point(NORTH))["screens"]
        assert screen["name"] == "Scherm hal"
        return screen["trouble"]

    await watched.current(post.token, NORTH)
    assert await trouble() is None
    clock.move(100)
    assert await trouble() is None
    clock.move(51)
    assert await trouble() == "silent"
    await watched.current(post.token, NORTH)
    assert await trouble() is None
    seq = (await watched.point(NORTH))["seq"]
    board = watched.h.boards.current(NORTH, Mode.LIVE)
    assert board is not None
    said = {"seq": seq, "digest": hashlib.sha256(board.jws.encode()).hexdigest(), "screen": []}
    showing = f"/v1/points/{NORTH}/showing"
    assert (await watched.site.post(None, showing, said, **bearer)).status_code == 204
    assert await trouble() is None
    clock.move(151)
    await watched.current(post.token, NORTH)  # the page froze, and its worker goes on
    assert await trouble() == "frozen"
    await watched.site.post(None, showing, said | {"digest": "0" * 64}, **bearer)
    assert await trouble() == "behind"


async def test_the_hub_lists_which_points_show_or_hang_an_older_number(watched: Watched) -> None:
    """Screen and paper apart, with what took its place, and whether the page there asks for it."""
    screen = await let_in(watched.h, NORTH, DeviceKind.DISPLAY)
    relay = await let_in(watched.h, NORTH)
    first = await watched.h.released()
    await watched.publish()
    assert (await watched.point(NORTH))["valid"] == [first.number]
    assert (await watched.point(SOUTH))["valid"] == []
    now = watched.h.clock.now()
    showing = {"screen": [first.number]}
    bearer = {"Authorization": f"Bearer {screen.token}"}
    await watched.site.post(None, f"/v1/points/{NORTH}/showing", showing, **bearer)
    await watched.hand_in(relay, relay.report(at=now, showing={"paper": [first.number]}))
    assert (await watched.point(NORTH))["old"] == []
    assert (await watched.point(NORTH))["showing"] == [first.number]
    update = (await watched.site.post("anna", f"/v1/alerts/{first.id}/update")).json
    alert = (await watched.site.post("anna", f"/v1/drafts/{update['id']}/submit")).json
    assert (await watched.site.approve("bert", alert)).status_code == 200
    await watched.publish()
    found = (await watched.point(NORTH))["old"]
    assert [(old["number"], old["where"], old["by"], old["has_board"]) for old in found] == [
        (1, "screen", 2, False),
        (1, "paper", 2, False),
    ]
    await watched.current(relay.token, NORTH)  # from here on its page asks the host to take it down
    asked = await watched.site.post("carla", f"/v1/points/{NORTH}/asked", {"number": 1})
    assert asked.status_code == 204
    found = (await watched.point(NORTH))["old"]
    assert {(old["has_board"], old["asked_by"]) for old in found} == {
        (True, watched.h.callers["carla"].person_id),
    }
    later = now + timedelta(seconds=30)
    await watched.hand_in(relay, relay.report(at=later, showing={"paper": [2], "screen": [2]}))
    await watched.site.post(None, f"/v1/points/{NORTH}/showing", {"screen": [2]}, **bearer)
    assert (await watched.point(NORTH))["old"] == []


async def test_a_regional_device_fetches_and_carries_for_the_points_under_it(watched: Watched) -> None:
    regional = await let_in(watched.h, "regio")
    assert (await watched.fetch(regional.token, SOUTH)).status_code == 200
    etag = (await watched.fetch(regional.token, SOUTH)).headers["ETag"]
    assert (await watched.fetch(regional.token, SOUTH, etag=etag)).status_code == 304  # the quick way too
    assert (await watched.fetch(regional.token, NORTH)).status_code == 403
    assert (await watched.fetch(regional.token, NORTH, etag=etag)).status_code == 403
    told = regional.content(opening={"open": True}) | {"point": SOUTH}
    await watched.hand_in(regional, regional.signed(told))
    assert (await watched.point(SOUTH))["open"] is True
    assert (await watched.point(SOUTH))["screens"] == []  # who passes it on is no screen there
    foreign = regional.signed(regional.content() | {"point": NORTH})
    reply = await watched.site.post(
        None, "/v1/reports", {"reports": [foreign]}, Authorization=f"Bearer {regional.token}"
    )
    assert reply.json["items"][0]["refused"] == "other-point"
    local = await let_in(watched.h, SOUTH)
    assert (await watched.fetch(local.token, "regio")).status_code == 403  # not the other way round
    own = (await watched.site.get(None, "/v1/reports/receipts", Authorization=f"Bearer {regional.token}")).json
    assert len(own["items"]) == 1


async def test_what_a_host_told_last_counts_in_whatever_order_it_comes(watched: Watched) -> None:
    post, now = await let_in(watched.h, NORTH), watched.h.clock.now()
    offers = {"open": True, "staff": 2, "services": ["water", "power"], "crowd": "busy"}
    early = post.report(at=now - timedelta(hours=2), opening={"open": False})
    late = post.report(at=now - timedelta(minutes=1), opening=offers)
    await watched.hand_in(post, late)
    await watched.hand_in(post, early)
    found = await watched.point(NORTH)
    assert {name: found[name] for name in offers} == offers
    assert (await watched.point(SOUTH))["open"] is None


async def test_the_third_point_that_hears_a_rumour_makes_it_stand_out(watched: Watched, clock: MovableClock) -> None:
    posts = [await let_in(watched.h, point) for point in (NORTH, SOUTH, "regio")]
    for post in posts[:2]:
        await watched.hand_in(post, post.report(heard={"rumour": True, "subject": "water", "line": "Het is giftig"}))
    (tally,) = (await watched.site.get("vera", "/v1/heard")).json["items"]
    assert not tally["loud"]
    await watched.hand_in(posts[2], posts[2].report(heard={"rumour": True, "subject": "water"}))
    (tally,) = (await watched.site.get("vera", "/v1/heard")).json["items"]
    assert tally["loud"]
    assert [report["heard"]["line"] for report in tally["reports"]] == ["", "Het is giftig", "Het is giftig"]
    clock.move(6 * 3600 + 1)
    assert (await watched.site.get("vera", "/v1/heard")).json["items"] == []


async def test_however_often_a_screen_asks_the_database_holds_one_row(watched: Watched) -> None:
    post = await let_in(watched.h, NORTH, DeviceKind.DISPLAY)
    for _ in range(20):
        await watched.current(post.token, NORTH)
    before = await watched.h.store.read(_writes)
    await watched.seen.write()
    await watched.seen.write()
    assert await watched.h.store.read(_writes) == before + 1


def _writes(conn: Any) -> int:
    from broadcaster.store import sightings

    return len(sightings.current(conn, Mode.LIVE))


async def test_the_public_page_names_points_that_told_not_long_ago_that_they_are_open(
    watched: Watched, clock: MovableClock
) -> None:
    front = Front(watched.h.store, watched.h.house, clock)
    north, south = await let_in(watched.h, NORTH), await let_in(watched.h, SOUTH)
    offers = {"open": True, "services": ["water", "interpreter"], "crowd": "quiet"}
    now = clock.now()
    await watched.hand_in(north, north.report(at=now - timedelta(hours=2), opening=offers))
    await watched.hand_in(south, south.report(opening={"open": False}))
    await front.refresh()
    html = front.page().html
    told = (now - timedelta(hours=2)).astimezone(watched.h.house.settings.hub.zone)
    for said in ("Wijkhuis Noord", "drinkwater, tolk", "Het is er rustig.", f"om {told:%H:%M}", "drinking water"):
        assert said in html
    assert "Buurthuis Zuid" not in html
    clock.move(4 * 3600 + 60)  # nobody said anything for six hours: nobody should walk to a closed door
    await front.refresh()
    assert "Wijkhuis Noord" not in front.page().html


async def test_whoever_watches_over_the_hub_is_told_of_points_without_a_word_that_somebody_typed(
    watched: Watched, clock: MovableClock
) -> None:
    screen = await let_in(watched.h, NORTH, DeviceKind.DISPLAY, "Scherm van Jansen")
    await watched.current(screen.token, NORTH)
    await watched.seen.write()
    await watched.hand_in(screen, screen.report(urgent={"subject": "water", "line": "geheim"}))
    await watched.hand_in(screen, screen.report(showing={"paper": [9]}))
    clock.move(200)
    page = (await watched.site.get(None, "/metrics")).text
    assert f'omroeper_screens_troubled{{point="{NORTH}",trouble="silent"}} 1.0' in page
    assert f'omroeper_old_numbers{{point="{NORTH}",where="paper"}} 1.0' in page
    assert "omroeper_urgent_reports_unread 1.0" in page
    assert "Jansen" not in page
    assert "geheim" not in page


async def test_the_first_page_says_how_many_points_show_a_number(watched: Watched) -> None:
    screen = await let_in(watched.h, NORTH, DeviceKind.DISPLAY)
    number = (await watched.h.released()).number
    await watched.publish()
    cookie = await watched.site.signed_in("vera")

    async def said() -> str:
        await watched.seen.write()
        return (await watched.site.get(None, "/console", Cookie=cookie)).text

    assert f"0 van 2 punten tonen nr {number}" in await said()
    await watched.current(screen.token, NORTH)
    assert f"1 van 2 punten tonen nr {number}" in await said()
