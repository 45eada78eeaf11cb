"""Several writers share one commit on SQLite: nobody is told anything before it is on disk."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.store import alerts
from broadcaster.store.database import store_url
from broadcaster.store.sqlite import SqliteDatabase
from broadcaster.store.tables import organisation
from tests.databases import Databases


class Refusal(Exception):
    pass


async def test_a_refusal_that_speaks_of_anothers_work_comes_after_that_work_is_on_disk(
    databases: Databases, tmp_path: Path
) -> None:
    fresh = databases.create_sqlite(tmp_path)
    holding, begin = threading.Event(), threading.Event()

    def hold(_conn: Connection) -> None:
        holding.set()
        begin.wait()

    def take(conn: Connection) -> None:
        alerts.sync_organisations(conn, [("gemeente", "Gemeente", "gemeente.example")])

    def refuse(conn: Connection) -> None:
        if conn.scalar(sa.select(organisation.c.id)) is not None:
            raise Refusal

    store = SqliteDatabase(store_url(fresh.url, tmp_path))
    try:
        order: list[str] = []

        async def ask(f: Callable[[Connection], None]) -> None:
            try:
                await store.run(f)
            finally:
                order.append(f.__name__)

        held = asyncio.create_task(ask(hold))
        await asyncio.to_thread(holding.wait)
        # Answered before the commit, the one that is refused would come first.
        group = [asyncio.create_task(ask(f)) for f in (take, refuse)]
        await asyncio.sleep(0)
        begin.set()
        answers = await asyncio.gather(held, *group, return_exceptions=True)
        assert isinstance(answers[2], Refusal)
        assert order == ["hold", "take", "refuse"]
    finally:
        begin.set()
        store.close()
