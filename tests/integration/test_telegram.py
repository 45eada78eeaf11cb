"""A hub and a bot: readers subscribe, choose, get an alert and stop, over a hook or by asking; posts go out too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, text

from broadcaster.channel import Failed, FailureKind, Fetched, Inbound
from broadcaster.clock import SystemClock
from broadcaster.demo.simulators.telegram import BotApi
from broadcaster.seal import create_keys, load_seal
from broadcaster.settings import Settings, load
from broadcaster.store.database import Database, StoreError
from broadcaster.store.opening import open_database
from broadcaster.wiring.accounts import accounts, house_of
from broadcaster.wiring.hub import Hub
from broadcaster.wiring.listening import Listening
from broadcaster.workflow import receiving
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import HandClock
from tests.contract.cases.telegram_bot import TOKEN
from tests.ports import free_port

TELEGRAM = """
[channel."telegram.main"]
module = "channels.telegram_bot"
base_url = "http://127.0.0.1:{api}"
updates = "{updates}"
posts = {{ nl = "@voorbeeld_nl", en = "@voorbeeld_en" }}
"""
GIVEN_UP_IN = 60
READER = 4_500_000_001


def configured(folder: Path, store_url: str, api: int, updates: str) -> Settings:
    """One municipality whose hub stands on a free port, with a bot and no other account that is on."""
    own = lives.CONFIGURATION.replace("127.0.0.1:0", f"127.0.0.1:{free_port()}")
    own = own.replace('public_url = "https://crisis.voorbeeldstad.example"\n', "")
    own = own.replace("sqlite:///omroeper.db", store_url) + TELEGRAM.format(api=api, updates=updates)
    (folder / "omroeper.toml").write_text(own, encoding="utf-8")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "telegram.main.token").write_text(TOKEN)
    settings = load(folder / "omroeper.toml", {})
    create_keys(settings.keys_folder)
    return settings


async def until(what: Callable[[], Any]) -> None:
    """Wait for something that must come about."""
    async with asyncio.timeout(GIVEN_UP_IN):
        while not what():  # noqa: ASYNC110 - what others do is the only sign
            await asyncio.sleep(0.02)


@dataclass
class Running:
    """A hub that runs, and the bot's side of it."""

    settings: Settings
    house: House
    database: Database
    api: BotApi

    async def asked(self, query: str) -> list[Any]:
        return await self.database.read(lambda conn: [tuple(row) for row in conn.execute(text(query)).all()])

    async def until_asked(self, query: str, wanted: list[Any]) -> None:
        async with asyncio.timeout(GIVEN_UP_IN):
            while await self.asked(query) != wanted:  # noqa: ASYNC110 - the database is the only sign
                await asyncio.sleep(0.05)

    async def release(self, **changed: Any) -> None:
        """An alert that two people let go."""
        now = SystemClock().now().replace(microsecond=0)

        def let_go(conn: Connection) -> None:
            audience = {"groups": ["telegram"], "areas": ["noord"]}
            content = {"channels": ["telegram"], "audience": audience} | changed
            lives.approved(conn, self.house, now, **content)

        await self.database.run(let_go)

    def sent(self, what: str) -> set[str]:
        """Who was sent something with these words in it."""
        return {chat for chat, message in self.api.heard if what in message["text"]}


@asynccontextmanager
async def hub(folder: Path, store_url: str, updates: str) -> AsyncIterator[Running]:
    async with BotApi(token=TOKEN) as api:
        settings = configured(folder, store_url, api.port, updates)
        database = open_database(settings.store.url, home=settings.home)
        house = house_of(settings, accounts(settings))
        await database.run(lives.furnish, house, 4, SystemClock().now())
        stop, ready = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(Hub(settings, {}).run(stop, lambda _: ready.set()))
        try:
            await asyncio.wait([asyncio.create_task(ready.wait()), running], return_when=asyncio.FIRST_COMPLETED)
            yield Running(settings, house, database, api)
        finally:
            stop.set()
            await running
            database.close()


async def test_a_reader_over_the_hook_gets_what_was_asked_for_until_the_stop(tmp_path: Path, store_url: str) -> None:
    async with hub(tmp_path, store_url, "webhook") as it:
        api = it.api
        await until(lambda: api.webhook)
        api.say(READER, "/start noord", language="pl")
        await until(lambda: it.sent("112"))
        await until(lambda: not api.unheard)
        api.press(READER, "taal:en")
        await it.until_asked("SELECT language FROM recipient WHERE subscribed_at IS NOT NULL", [("en",)])

        await it.release(infos={"nl": lives.TEXTS, "en": {**lives.TEXTS, "headline": "Power cut in Noord"}})
        await until(lambda: it.sent("Power cut") == {str(READER), "@voorbeeld_en"})
        await until(lambda: it.sent("Stroomuitval") == {"@voorbeeld_nl"})
        await it.until_asked("SELECT DISTINCT state FROM delivery", [("accepted",)])

        api.say(READER, "/stop")
        await it.until_asked("SELECT count(*) FROM address WHERE opted_out_at IS NOT NULL", [(1,)])
        second = {**lives.TEXTS, "headline": "De stroom is er weer"}
        await it.release(infos={"nl": second, "en": second})
        await until(lambda: len(it.sent("De stroom is er weer")) == 2)
        assert str(READER) not in it.sent("De stroom is er weer")
        assert api.limits is not None
        assert api.limits.violations == 0
        assert max(api.counts.copies.values()) == 1


async def test_a_stranger_who_knows_the_hook_and_not_the_secret_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    url = f"sqlite:///{tmp_path / 'data' / 'omroeper.db'}"
    await asyncio.to_thread(_migrated, url, tmp_path)
    async with hub(tmp_path, url, "webhook") as it:
        await until(lambda: it.api.webhook)
        update = {"update_id": 1, "message": {"date": 1, "chat": {"id": READER}, "text": "/start"}}
        async with aiohttp.ClientSession() as session:
            for secret in ({}, {"X-Telegram-Bot-Api-Secret-Token": "x"}):
                async with session.post(it.api.webhook["url"], json=update, headers=secret) as response:
                    assert response.status == 204
        await it.until_asked("SELECT DISTINCT note FROM fact", [("not of this provider",)])
        assert await it.asked("SELECT count(*) FROM recipient WHERE subscribed_at IS NOT NULL") == [(0,)]
        assert it.api.heard == []


def _migrated(url: str, folder: Path) -> None:
    from broadcaster.store.migrating import migrate, owner_engine

    engine = owner_engine(url, folder)
    migrate(engine)
    engine.dispose()


# --- asking, without a hub -------------------------------------------------------------------------


async def test_what_a_bot_is_asked_for_is_stored_before_it_is_confirmed(database: Database, tmp_path: Path) -> None:
    async with BotApi(token=TOKEN) as api:
        settings = configured(tmp_path, "sqlite:///unused.db", api.port, "polling")
        [item] = [found for found in accounts(settings) if found.spec.kind == "telegram"]
        channel = item.module.connect(item.name, item.options, settings.secrets_of(item.name), SystemClock())
        seal, away = load_seal(settings.keys_folder), [True]

        async def keep(account: str, inbound: Inbound) -> None:
            if away:  # the database is away, once
                away.pop()
                raise StoreError("away")
            await database.run(receiving.receive, seal, account, inbound, SystemClock().now())

        listening = Listening({item.name: channel}, keep, lambda account: f"http://hub/{account}", HandClock())
        for chat in (READER, READER + 1):
            api.say(chat, "/start")
        listening.start()
        await until(lambda: not api.unheard)
        await until(lambda: len(api.heard) == 2)
        await listening.stop()
        readers = {item.name: channel.facts}
        house = house_of(settings, accounts(settings))
        await database.run(lives.furnish, house)
        last: int | None = 0
        while last is not None:
            last = await database.run(receiving.apply_waiting, seal, readers, last, SystemClock().now(), house)
        await channel.aclose()
    found = await database.read(lambda conn: conn.scalars(text("SELECT note FROM fact ORDER BY id")).all())
    assert found == ["subscribed"] * 2


class Deaf:
    """A provider that refuses at first, and breaks; `asked` is what it was told."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def announce(self, url: str) -> Failed | None:
        self.asked.append(url)
        if len(self.asked) == 2:
            raise RuntimeError("a defect")
        return Failed(FailureKind.UNREACHABLE, "no") if len(self.asked) < 4 else None

    async def fetch(self, after: int) -> Fetched | Failed:
        self.asked.append(after)
        if len(self.asked) == 5:
            return Failed(FailureKind.UNCERTAIN, "no", retry_after=40)
        await asyncio.Event().wait()
        raise AssertionError

    async def acknowledge(self, inbound: Inbound) -> None:
        self.asked.append(inbound.body)
        if inbound.body == b"broken":
            raise RuntimeError("a defect")
        if inbound.body == b"foreign":
            raise ValueError("not of this provider")


async def test_a_provider_that_refuses_or_breaks_is_tried_again_and_costs_nobody_an_answer() -> None:
    deaf, clock = Deaf(), HandClock()

    async def keep(account: str, inbound: Inbound) -> None:
        return

    listening = Listening({"x.y": deaf, "sms.primary": object()}, keep, lambda account: f"hook of {account}", clock)
    listening.start()
    await until(lambda: len(deaf.asked) == 6)
    assert deaf.asked == [*["hook of x.y"] * 4, 0, 0]
    assert clock.slept == [5.0, 300.0, 5.0, 40]
    for body in (b"broken", b"foreign", b"good"):
        listening.heard("x.y", Inbound(body, {}, {}))
    listening.heard("sms.primary", Inbound(b"", {}, {}))
    await until(lambda: len(deaf.asked) == 9)
    await listening.stop()


@pytest.mark.parametrize("many", [1_500])
async def test_readers_beyond_the_room_get_no_answer_and_cost_no_memory(many: int) -> None:
    deaf = Deaf()

    async def keep(account: str, inbound: Inbound) -> None:
        return

    listening = Listening({"x.y": deaf}, keep, str, HandClock())
    for _ in range(many):
        listening.heard("x.y", Inbound(b"good", {}, {}))
    assert listening._unanswered.qsize() == 1_000
