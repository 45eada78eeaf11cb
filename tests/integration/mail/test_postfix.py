"""Mail through a real Postfix: what arrives, what comes back, and who wants no more."""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Inbound
from broadcaster.model.audience import Recipient
from broadcaster.seal import Seal
from broadcaster.wiring.engines import LiveEngine, live_engine
from broadcaster.workflow import receiving, unsubscribing
from tests.databases import Databases
from tests.houses import CONFIGURATION, TestHouse, house
from tests.integration.mail import postfix
from tests.integration.mail.postfix import Postfix
from tests.integration.web.site import Site, serving

MAILBOXES = ("bob@wijk.example", "niemand@wijk.example", "alice@weg.example")


@pytest.fixture(scope="module")
def mail_server() -> Iterator[Postfix]:
    if reason := postfix.why_not():
        pytest.skip(reason)
    with postfix.running() as server:
        yield server


@pytest.fixture
async def h(mail_server: Postfix, databases: Databases, tmp_path: Path) -> AsyncIterator[TestHouse]:
    people = tuple(Recipient(box, "nl", ("bewoners",), ("noord",), (("email", box),)) for box in MAILBOXES)
    configuration = CONFIGURATION.replace("port = 1\n", f"port = {mail_server.port}\n")
    store = databases.create_sqlite(tmp_path)
    async with house(store.url, recipients=people, configuration=configuration) as opened:
        yield opened


@asynccontextmanager
async def at_work(h: TestHouse) -> AsyncIterator[tuple[LiveEngine, Site]]:
    """The engine sends, and the hook takes what comes back."""
    live = live_engine(h.house.settings, h.store, h.clock, h.signals, h.seal, h.wired)

    async def hook(account: str, key: str, inbound: Inbound) -> bool:
        if not receiving.is_hook_key(h.seal, account, key):
            return False
        await h.store.run(receiving.receive, h.seal, account, inbound, h.clock.now())
        return True

    async with serving(h, hook=hook) as site:
        running = asyncio.create_task(live.engine.run())
        try:
            yield live, site
        finally:
            live.engine.stop()
            await running
            await live.aclose()


async def apply_facts(h: TestHouse, live: LiveEngine) -> None:
    readers: dict[str, receiving.Reader] = {name: outlet.read_facts for name, outlet in live.outlets.items()}
    readers[unsubscribing.ACCOUNT] = unsubscribing.reader(h.seal)
    await h.store.run(receiving.apply_waiting, h.seal, readers, 0, h.clock.now())


async def ends(h: TestHouse, alert_id: str) -> dict[str, tuple[str, str | None]]:
    """Where each mailbox's delivery stands, and why."""

    def read(conn: Connection) -> Mapping[str, tuple[str, str | None]]:
        query = (
            "SELECT a.sealed, d.state, d.reason FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id"
            " AND e.n = d.n JOIN address a ON a.id = e.address_id WHERE d.alert_id = :a"
        )
        rows = conn.execute(text(query), {"a": alert_id})
        return {h.seal.open(bytes(sealed), "email"): (state, reason) for sealed, state, reason in rows}

    return dict(await h.store.read(read))


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await what():  # noqa: ASYNC110 - other processes are at work
            await asyncio.sleep(0.05)


async def test_what_a_real_server_sends_back_ends_the_delivery_and_one_press_ends_the_mail(
    h: TestHouse, mail_server: Postfix
) -> None:
    async with at_work(h) as (live, site):
        mail_server.hand_bounces_to(f"{site.url}/hooks/email.main/{receiving.hook_key(h.seal, 'email.main')}")
        alert = await h.released(h.content(channels=["email"]))

        async def settled() -> bool:
            await apply_facts(h, live)
            found = await ends(h, alert.id)
            arrived = mail_server.letters("bob")
            return len(arrived) == 1 and len(found) == 3 and [end for end, _ in found.values()].count("failed") == 2

        await until(settled)
        assert await ends(h, alert.id) == {
            "bob@wijk.example": ("accepted", None),
            "niemand@wijk.example": ("failed", "bad-address"),  # the server knew at once
            "alice@weg.example": ("failed", "5.1.1"),  # it took the mail, and sent it back
        }

        [raw] = mail_server.letters("bob")
        letter = email.message_from_bytes(raw, policy=email.policy.SMTP)
        assert re.fullmatch(r"<crisis\+[0-9a-z]{35,40}@voorbeeldstad\.example>", letter["Return-Path"])
        link = letter["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://crisis.voorbeeldstad.example/uit/")
        plain, html = letter.iter_parts()
        assert link in plain.get_content()
        assert f'href="{link}"' in html.get_content()

        one_click = await site.call(
            None, "POST", link.removeprefix("https://crisis.voorbeeldstad.example"),
            b"List-Unsubscribe=One-Click", Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip
        assert one_click.status_code == 200
        await apply_facts(h, live)
        following = await h.released(h.content(channels=["email"]))

        async def all_told() -> bool:
            found = await ends(h, following.id)
            return len(found) == 2 and all(end != "due" for end, _ in found.values())

        await until(all_told)
        assert "bob@wijk.example" not in await ends(h, following.id)
        assert len(mail_server.letters("bob")) == 1


async def test_a_hub_that_is_away_costs_no_bounce(h: TestHouse, mail_server: Postfix) -> None:
    """The pipe says "for now" (75), so Postfix keeps what came back and brings it later."""
    mail_server.hand_bounces_to("http://127.0.0.1:9/hooks/email.main/x")
    async with at_work(h) as (_, _site):
        alert = await h.released(h.content(channels=["email"]))

        async def deferred() -> bool:
            kept = re.search(r"relay=bounces,.*status=deferred", mail_server.log)
            return kept is not None and (await ends(h, alert.id)).get("alice@weg.example") == ("accepted", None)

        await until(deferred)


async def test_a_bounce_is_known_again_by_a_hub_that_was_restarted(databases: Databases, tmp_path: Path) -> None:
    configuration = CONFIGURATION.replace("port = 1\n", "port = 1\nbounces = 'terug@voorbeeldstad.example'\n")
    async with house(databases.create_sqlite(tmp_path).url, configuration=configuration) as h:
        live = [live_engine(h.house.settings, h.store, h.clock, h.signals, h.seal, h.wired) for _ in range(2)]
        other = live_engine(h.house.settings, h.store, h.clock, h.signals, Seal(bytes(32)), h.wired)
        accounts = [cast(Any, engine.outlets["email.main"]).channel for engine in (*live, other)]
        senders = [account._envelopes.sender("01jd") for account in accounts]
        for engine in (*live, other):
            await engine.aclose()
    assert senders[0] == senders[1] != senders[2]
    assert senders[0].startswith("terug+01jd")
