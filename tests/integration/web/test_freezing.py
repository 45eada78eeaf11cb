"""How far a large draft is that somebody submits: who listens is told while it runs, and nothing else changes by it."""

import asyncio
import threading
from typing import Any

from sqlalchemy import Connection, text

from broadcaster.store.freezing import Far, everywhere
from broadcaster.web.freezings import Freezings
from tests.databases import Store
from tests.houses import TestHouse
from tests.integration.web.site import Site, serving
from tests.integration.web.test_events import QUICK, Reading, listening

PATIENCE_IN = 30.0


class Held(Freezings):
    """Tells of every second addressee, and goes no further than somebody lets it."""

    def __init__(self) -> None:
        super().__init__(every=2)
        self.steps = threading.Semaphore(0)

    def put(self, own: object, draft_id: str, far: Far) -> None:
        super().put(own, draft_id, far)
        if not self.steps.acquire(timeout=PATIENCE_IN):
            raise TimeoutError("nobody looked")


async def _offer(site: Site, draft: Any) -> Any:
    return await site.post("anna", f"/v1/drafts/{draft['id']}/submit")


async def _seen(reading: Reading, draft: Any) -> tuple[str, int | None, int | None]:
    far = (await reading.until("freezing")).data
    assert far["draft"] == draft["id"]
    return far["step"], far.get("done"), far.get("of")


def _numbers(conn: Connection) -> list[int]:
    return list(conn.scalars(text("SELECT n FROM addressee ORDER BY n")))


async def test_who_listens_sees_each_step_count_up_and_end(h: TestHouse, store: Store) -> None:
    held, told = Held(), []
    async with (
        asyncio.timeout(PATIENCE_IN),
        serving(h, pace=QUICK, freezings=held) as site,
        listening(site, "vera") as reading,
    ):
        draft = await site.draft()
        offering = asyncio.create_task(_offer(site, draft))
        while (far := await _seen(reading, draft))[0] != "over":
            told.append(far)
            if store.engine == "sqlite" or far[0] != "addressing":  # PostgreSQL says it and goes on
                held.steps.release()
        reply = await offering
    counted = [("addressing", n, None) for n in (2, 4, 6)]
    assert told[-2:] == [("sealing", 6, 6), ("writing", 0, 6)]
    if store.engine == "sqlite":
        assert told[:-2] == counted
    else:
        assert set(told[:-2]) <= set(counted)
    assert reply.status_code == 201
    assert reply.json["audience"]["count"] == 6
    assert await h.store.read(_numbers) == [1, 2, 3, 4, 5, 6]


async def test_another_process_sees_the_addressing_on_postgresql_and_nothing_on_sqlite(
    h: TestHouse, store: Store
) -> None:
    held = Held()
    async with (
        asyncio.timeout(PATIENCE_IN),
        serving(h, pace=QUICK, freezings=held) as site,
        serving(h, pace=QUICK) as other,
        listening(site) as here,
        listening(other) as there,
    ):
        draft = await site.draft()
        offering = asyncio.create_task(_offer(site, draft))
        if store.engine != "sqlite":
            held.steps.release()  # to the end of sealing: its last count stands
            assert (await _seen(there, draft)) == ("addressing", 6, None)
        held.steps.release(10)
        assert (await offering).status_code == 201
        await here.until("AlertSubmitted")
        kinds: list[str] = []
        while not kinds or kinds[-1] != "AlertSubmitted":
            told = await there.some()
            kinds.append(told.kind if told.kind != "freezing" else f"{told.kind} {told.data['step']}")
    assert ("freezing over" in kinds) == (store.engine != "sqlite")


async def test_of_a_small_audience_nothing_is_told(h: TestHouse) -> None:
    async with (
        asyncio.timeout(PATIENCE_IN),
        serving(h, pace=QUICK) as site,
        listening(site) as reading,
    ):
        await site.submitted()
        kinds: list[str] = []
        while not kinds or kinds[-1] != "AlertSubmitted":
            kinds.append((await reading.some()).kind)
    assert "freezing" not in kinds


async def test_one_that_is_refused_at_the_end_is_over_and_nothing_of_it_stays(h: TestHouse) -> None:
    held = Held()
    held.steps.release(100)
    async with (
        asyncio.timeout(PATIENCE_IN),
        serving(h, pace=QUICK, freezings=held) as site,
    ):
        draft = await site.draft(event="Controlebericht", audience={"groups": ["bewoners"]})
        await h.store.run(lambda conn: conn.execute(text("UPDATE address SET opted_out_at = 1 WHERE kind = 'sms'")))
        await h.store.run(lambda conn: conn.execute(text("UPDATE address SET opted_out_at = 1 WHERE kind = 'email'")))
        reply = await _offer(site, draft)
        assert reply.status_code == 422, reply.text
        assert (await site.get("anna", f"/v1/drafts/{draft['id']}")).json["stage"] == "draft"
    assert held.with_those(await h.store.read(everywhere)) == {}
