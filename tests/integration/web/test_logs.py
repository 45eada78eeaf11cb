"""A whole life of an alert, and of a session, leaves no name, address, token or password in the log."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text

from broadcaster import observe
from broadcaster.wiring.engines import live_engine
from tests.houses import HIDDEN, STAFF, TestHouse
from tests.integration.web.site import PASSWORD, serving

TYPED = ("mijn geheime zin", "0612345999", "iemand@example.org", "geheim zoekwoord")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What goes to standard error; libraries may say all they want."""
    written, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    observe.set_up(as_json=True, stream=written)
    root.setLevel(logging.DEBUG)
    yield written
    structlog.reset_defaults()
    root.handlers, root.level = before


async def _attempted(h: TestHouse) -> None:
    """The real engine with the real adapters, until each delivery was tried: at ports where nobody listens."""
    live = live_engine(h.house.settings, h.store, h.clock, h.signals, h.seal, h.wired)
    running = asyncio.create_task(live.engine.run())
    tried = text("SELECT count(*) FROM delivery WHERE attempts = 0 OR attempts IS NULL")
    made = text("SELECT count(*) FROM delivery")

    async def left() -> bool:
        return await h.store.read(lambda conn: not conn.scalar(made) or bool(conn.scalar(tried)))

    while await left():  # noqa: ASYNC110 - the engine goes at its own pace
        await asyncio.sleep(0.02)
    live.engine.stop()
    await running
    await live.aclose()


async def test_no_line_holds_what_is_about_people(h: TestHouse, stream: io.StringIO) -> None:
    async with serving(h) as site:
        await site.give_password("anna")
        await site.sign_in("mijn geheime zin", TYPED[1])
        await site.sign_in("anna", TYPED[0])
        cookie = await site.signed_in("anna")
        own = {"Cookie": cookie, "Sec_Fetch_Site": "same-origin"}
        draft = (await site.post(None, "/v1/drafts", h.content(), **own)).json
        await site.post(None, "/v1/drafts", {"event": TYPED[1], "wie": TYPED[2]}, **own)
        alert = (await site.post(None, f"/v1/drafts/{draft['id']}/submit", **own)).json
        assert (await site.approve("bert", alert)).status_code == 200
        await _attempted(h)
        await site.get(None, f"/v1/drafts?zoek={TYPED[3]}", Cookie=cookie)
        await site.get(None, f"/v1/{TYPED[2]}", Accept="text/html", Referer=f"http://{TYPED[3]}")
        await site.post(None, "/hooks/sms.primary/verkeerde-sleutel", {"to": TYPED[1]})
        await site.post("bert", f"/v1/alerts/{alert['alert']}/halt")
        await site.form("/console/sign-out", Cookie=cookie)
    written = stream.getvalue()
    secrets = [*h.tokens.values(), cookie.partition("=")[2], PASSWORD, *TYPED, "verkeerde-sleutel"]
    hidden = [*HIDDEN, *secrets, *(f'"{name}"' for name in STAFF)]
    assert not [word for word in hidden if word in written]
    lines = [json.loads(line) for line in written.splitlines()]
    by_request = [line for line in lines if line["event"] == "request"]
    assert len(by_request) >= 12
    assert len({line["request"] for line in by_request}) == len(by_request)


async def test_every_line_of_a_request_bears_its_number_and_so_does_the_answer(
    h: TestHouse, stream: io.StringIO
) -> None:
    class Broken:
        engine = h.store.engine

        async def read(self, *_args: object) -> None:
            raise ValueError("0612345001")

    async with serving(h, store=Broken()) as site:
        reply = await site.get("anna", "/v1/drafts")
    failed, request = [json.loads(line) for line in stream.getvalue().splitlines() if '"part": "web"' in line]
    assert (failed["event"], request["event"]) == ("request failed", "request")
    assert failed["request"] == request["request"]
    assert reply.json["instance"] == f"urn:omroeper:request:{request['request']}"
