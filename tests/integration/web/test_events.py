"""`GET /v1/events`: every line of the journal once, to whoever may read it, as long as they may."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection

from broadcaster.model.events import SYSTEM, Event
from broadcaster.store import deliveries, journal, people
from broadcaster.web.feed import MOST_MISSED, MOST_STREAMS, Pace
from broadcaster.web.streams import MOST_WAITING, Stream
from tests.houses import HIDDEN, TestHouse
from tests.integration.web.described import operation
from tests.integration.web.site import MovableClock, Site, serving

QUICK = Pace(poll_in=0.02, count_in=0.02, quiet_in=0.05, beat_in=0.05, ask_in=0.05, patience_in=0.3)
EVENTS = "/v1/events"


@dataclass(frozen=True, slots=True)
class Told:
    kind: str
    data: Any
    id: str | None


class Reading:
    """A console that listens."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.beats = 0

    async def block(self) -> str | None:
        """One event or comment; None at the end."""
        lines = []
        while (line := (await self.response.content.readline()).decode()).strip():
            lines.append(line)
        if not line:
            return None
        return "".join(lines)

    async def next(self) -> Told | None:
        """The next event; None at the end. Signs of life are counted."""
        while (text := await self.block()) is not None:
            if text.startswith(":"):
                self.beats += 1
                continue
            found = dict(line.split(": ", 1) for line in text.splitlines())
            return Told(found["event"], json.loads(found["data"]), found.get("id"))
        return None

    async def some(self) -> Told:
        """The next event, which there must be."""
        async with asyncio.timeout(20):
            told = await self.next()
        assert told is not None
        return told

    async def until(self, kind: str) -> Told:
        """The next event of a kind; what comes before it is passed by."""
        async with asyncio.timeout(20):
            while (told := await self.next()) is not None:
                if told.kind == kind:
                    return told
        raise AssertionError(f"it ended before {kind}")


@asynccontextmanager
async def listening(
    site: Site, who: str | None = "vera", last: str | None = None, **query: str
) -> AsyncIterator[Reading]:
    headers = {"Authorization": f"Bearer {site.house.tokens[who]}"} if who else {}
    headers |= {"Last-Event-ID": last} if last is not None else {}
    async with site.session.get(site.url + EVENTS, headers=headers, params=query) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "text/event-stream"
        yield Reading(response)


@pytest.fixture
async def quick(h: TestHouse) -> AsyncIterator[Site]:
    async with serving(h, pace=QUICK) as served:
        yield served


def _happened(conn: Connection, count: int, now: Any) -> None:
    journal.append(conn, [Event("Tried", SYSTEM, f"thing:{i}", {"secret": "x"}) for i in range(count)], now)


async def _happen(h: TestHouse, count: int) -> None:
    await h.store.run(_happened, count, h.clock.now())


async def test_what_happens_is_told_in_order_with_ids_alone(site: Site, h: TestHouse) -> None:
    async with listening(site) as reading:
        ready = await reading.some()
        assert (ready.kind, ready.id) == ("ready", str(ready.data["seq"]))
        alert = await site.submitted()
        await site.approve("bert", alert)
        told = [await reading.some() for _ in range(4)]
    assert [item.kind for item in told] == ["DraftCreated", "AlertSubmitted", "AlertApproved", "AlertReleased"]
    assert [item.id for item in told] == [str(ready.data["seq"] + i) for i in (1, 2, 3, 4)]
    assert told[2].data.keys() == {"seq", "at", "object", "actor"}
    assert (told[2].data["object"], told[2].data["actor"]) == (alert["alert"], h.callers["bert"].person_id)


async def test_what_another_process_does_is_told_too(quick: Site, h: TestHouse) -> None:
    async with listening(quick) as reading:
        await reading.next()
        await _happen(h, 3)
        assert [(await reading.until("Tried")).data["object"] for _ in range(3)] == ["thing:0", "thing:1", "thing:2"]


async def test_who_comes_back_gets_what_it_missed_and_nothing_twice(quick: Site, h: TestHouse) -> None:
    seen: list[int] = []
    last: str | None = None
    writing = asyncio.create_task(_write_on(h))
    while len(seen) < 60:
        async with listening(quick, last=last) as reading:
            for _ in range(7):
                told = await reading.some()
                assert told.kind == ("ready" if last is None else "Tried")
                last = told.id
                if told.kind == "Tried":
                    seen.append(int(told.data["seq"]))
    writing.cancel()
    assert seen == list(range(seen[0], seen[0] + len(seen)))


async def _write_on(h: TestHouse) -> None:
    while True:
        await _happen(h, 2)


async def test_two_readers_are_told_the_same(quick: Site, h: TestHouse) -> None:
    async with listening(quick, "vera") as one, listening(quick, "beheer") as other:
        await one.next(), await other.next()
        await _happen(h, 5)
        for _ in range(5):
            assert await one.until("Tried") == await other.until("Tried")


async def test_who_missed_too_much_or_comes_from_elsewhere_begins_anew(quick: Site, h: TestHouse) -> None:
    await _happen(h, MOST_MISSED)
    head = (await h.store.read(journal.head)).seq
    for last, kind in (
        (str(head - MOST_MISSED - 1), "reset"),
        (str(head + 1), "reset"),
        ("x", "reset"),
        ("-1", "reset"),
    ):
        async with listening(quick, last=last) as reading:
            assert await reading.next() == Told(kind, {"seq": head}, str(head)), last
    async with listening(quick, last=str(head - MOST_MISSED)) as reading:
        told = await reading.some()
        assert (told.kind, told.id) == ("Tried", str(head - MOST_MISSED + 1))


async def test_the_counts_of_a_running_alert_are_told_as_they_change(quick: Site, h: TestHouse) -> None:
    async with listening(quick) as reading:
        alert = await quick.submitted()
        await quick.approve("bert", alert)
        told = await reading.until("progress")
        assert (told.data, told.id) == (
            {"alert": alert["alert"], "counts": {"sms": {"due": 4}, "email": {"due": 2}}},
            None,
        )
        await quick.post("bert", f"/v1/alerts/{alert['alert']}/halt")
        await h.store.run(deliveries.expand, alert["alert"], {"sms": "sms.primary"}, h.clock.now())
        assert (await reading.until("progress")).data["counts"] == {"sms": {"halted": 4}, "email": {"halted": 2}}
        async with listening(quick, "anna") as later:
            assert (await later.until("progress")).data["alert"] == alert["alert"]


async def test_a_quiet_stream_shows_that_it_lives(quick: Site) -> None:
    async with listening(quick) as reading:
        await reading.next()
        assert (await reading.block() or "").startswith(":")


async def test_a_revoked_token_ends_its_stream(quick: Site, h: TestHouse, clock: MovableClock) -> None:
    async with listening(quick, "vera") as reading, listening(quick, "anna") as other:
        await reading.next()
        await h.store.run(people.revoke_token, h.callers["vera"].token_id, clock.now())
        clock.move(3.0)  # as long as a caller is remembered
        assert await reading.next() is None
        await _happen(h, 1)
        assert (await other.until("Tried")).id


async def test_displays_machines_and_strangers_hear_nothing(site: Site) -> None:
    for who, problem in (("scherm-noord", "forbidden"), ("machine", "forbidden"), (None, "unauthenticated")):
        assert (await site.get(who, EVENTS)).problem == problem


async def test_one_person_has_so_many_streams_and_another_has_their_own(quick: Site) -> None:
    held = [listening(quick, "vera") for _ in range(MOST_STREAMS)]
    for place in held:
        await place.__aenter__()
    reply = await quick.get("vera", EVENTS)
    assert (reply.status_code, reply.problem, reply.headers["Retry-After"]) == (429, "too-many", "5")
    async with listening(quick, "anna") as reading:
        assert await reading.next() is not None
    for place in held:
        await place.__aexit__(None, None, None)
    while (await _status(quick, "vera")) == 429:  # noqa: ASYNC110 - the places come free as soon as it is noticed
        await asyncio.sleep(0.01)


async def _status(site: Site, who: str) -> int:
    headers = {"Authorization": f"Bearer {site.house.tokens[who]}"}
    async with site.session.get(site.url + EVENTS, headers=headers) as response:
        return response.status


async def test_readers_that_take_nothing_are_let_go(quick: Site, h: TestHouse) -> None:
    """More than any buffer holds waits for them at once. They stay connected, so their places come free only when
    the hub breaks off."""
    head = f"GET {EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {h.tokens['vera']}\r\nLast-Event-ID: 1\r\n\r\n"
    await h.store.run(_happened_at_length, MOST_MISSED, h.clock.now())
    stuck = []
    for _ in range(MOST_STREAMS):
        reader, writer = await asyncio.open_connection("127.0.0.1", quick.port, limit=1)
        writer.write(head.encode())
        assert await reader.readexactly(12) == b"HTTP/1.1 200"
        stuck.append(writer)
    while (await _status(quick, "vera")) == 429:  # noqa: ASYNC110 - nothing tells when the hub has enough of them
        await asyncio.sleep(0.01)
    for writer in stuck:
        writer.transport.abort()


def _happened_at_length(conn: Connection, count: int, now: Any) -> None:
    journal.append(conn, [Event("Tried", SYSTEM, "x" * 10_000) for _ in range(count)], now)


async def test_what_waits_for_a_reader_has_a_bound() -> None:
    stream = Stream("vera")
    stream.put([b"event\n"] * MOST_WAITING)
    ended_before = stream.ended
    stream.put([b"event\n"])
    assert (ended_before, stream.ended, await stream.take(1)) == (False, True, b"")


async def test_a_stop_ends_every_stream_at_once(h: TestHouse) -> None:
    # At the usual pace, in which nothing would be noticed for seconds.
    async with serving(h) as site, listening(site) as reading:
        await reading.next()
        stopping = asyncio.ensure_future(site.stop())
        assert await reading.next() is None
        await stopping


async def test_a_stream_says_nothing_about_people(quick: Site, h: TestHouse) -> None:
    async with listening(quick, last="0") as reading:
        alert = await quick.submitted()
        await quick.post("bert", f"/v1/alerts/{alert['alert']}/return", {"reason": "Bel J. Visser op 0612345001."})
        seen = ""
        while "AlertReturned" not in seen:
            seen += await reading.block() or ""
    assert not [word for word in (*HIDDEN, "Bel ", *h.tokens.values()) if word in seen]


def test_the_stream_is_described() -> None:
    found = operation("GET", EVENTS)
    assert found is not None
    assert "text/event-stream" in found["responses"]["200"]["content"]


# --- who has a draft open ----------------------------------------------------------------------------


async def test_who_has_a_draft_open_is_told_to_those_who_have_it_open_too_and_to_nobody_else(h: TestHouse) -> None:
    one, other = "0" * 26, "1" * 26
    async with serving(h, pace=QUICK) as site:
        wrong = await site.get("anna", f"{EVENTS}?draft=concept-3")
        assert (wrong.status_code, wrong.rules) == (400, [("draft", "id")])
        async with listening(site, "anna", draft=one) as anna, listening(site, "carla", draft=other) as carla:
            assert [(await reader.some()).kind for reader in (anna, carla)] == ["ready", "ready"]
            async with listening(site, "bert", draft=one) as bert:
                assert (await bert.some()).kind == "ready"
                for reader, about in ((anna, "bert"), (bert, "anna")):
                    told = await reader.some()
                    expected = {"object": one, "actor": h.callers[about].person_id}
                    assert (told.kind, told.data, told.id) == ("beside", expected, None)
            assert (await anna.until("beside")).data["actor"] == h.callers["bert"].person_id  # he left
            await h.store.run(journal.append, [Event("Noted", SYSTEM, "x")], h.clock.now())
            assert (await carla.some()).kind == "Noted"
            assert (await anna.some()).kind == "Noted"
