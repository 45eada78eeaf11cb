"""Moving an installation's database elsewhere: nothing may run on it, and afterwards it never sends again.

The source is held before anything is copied and the copy is one transaction, so at every instant at most one of the two
can send. A move that failed lets the source go; one that was cut off leaves it held, and is simply done again.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url

from broadcaster.dispatch.leases import hold_instance
from broadcaster.model.cap import Lane
from broadcaster.model.events import SYSTEM, Event
from broadcaster.settings import Settings
from broadcaster.settings.sections import Store
from broadcaster.store import dialect, holding, journal, migrating, moving, workers
from broadcaster.store.database import Database, StoreError
from broadcaster.store.holding import HeldKind
from broadcaster.store.moving import Sum
from broadcaster.wiring import stores
from broadcaster.wiring.journal_head import verified

_SHOWS_A_BEAT_IN = 7.0
"""Whoever lives on PostgreSQL has shown another beat by then."""


def move(
    settings: Settings, to: str, owner: str | None, now: datetime, beat_in: float = _SHOWS_A_BEAT_IN
) -> Mapping[str, Sum]:
    """Move the configured database to an empty one at `to`, which belongs to `owner` (`to` itself, when None); what
    each table holds. StoreError, with nothing moved, when it cannot be; AlreadyRunning while something runs on it."""
    target = replace(settings, store=_at(to, owner))
    if target.store.url == settings.store.url:
        raise StoreError("The database is there already: give another URL.")
    with ExitStack() as held:
        _require_stopped(held, settings)
        store = stores.database(settings)
        held.callback(store.close)
        _require_whole(store, settings, beat_in)
        stores.bring_up_to_date(target)
        engine = migrating.owner_engine(owner or to, settings.home)
        held.callback(engine.dispose)
        with engine.begin() as conn:
            moving.require_empty(conn)
        return _move(store, engine, target, make_url(to).render_as_string(hide_password=True), now)


def _at(url: str, owner: str | None) -> Store:
    try:
        return Store.model_validate({"url": url, "owner_url": owner})
    except ValidationError:
        raise StoreError("That is no address of a database: write postgresql://USER@HOST/NAME.") from None


def _require_stopped(held: ExitStack, settings: Settings) -> None:
    """Keep every process of ours off a SQLite file while this lasts."""
    file = stores.sqlite_file(settings)
    if file is not None:
        if not file.exists():
            raise StoreError(f"There is no database at {file}: look at [store] url.")
        for lane in Lane:
            held.enter_context(hold_instance(file, lane))


def _require_whole(store: Database, settings: Settings, beat_in: float) -> None:
    """StoreError unless the source is at our schema, nobody works on it, and its journal stands."""
    with store.reading() as conn:
        stores.require_schema(conn)
        found = holding.held(conn)
        if found is not None and found.kind is not HeldKind.MOVED:
            raise StoreError(f"The database is held ({found.why}): run 'omroeper hold lift' first.")
        if isinstance(broken := verified(conn, stores.head_file(settings)), journal.Broken):
            raise StoreError(f"The journal was tampered with at line {broken.seq}: run 'omroeper journal verify'.")
    if stores.sqlite_file(settings) is None and _beats(store) and _somebody_lives(store, beat_in):
        raise StoreError("Something runs on this database: stop every 'omroeper serve' and 'omroeper worker' first.")


def _beats(store: Database) -> dict[str, int]:
    with store.reading() as conn:
        return workers.beats(conn)


def _somebody_lives(store: Database, beat_in: float) -> bool:
    before = _beats(store)
    time.sleep(beat_in)
    return any(beat != before.get(worker) for worker, beat in _beats(store).items())


def _move(store: Database, engine: Engine, target: Settings, where: str, now: datetime) -> Mapping[str, Sum]:
    with store.engine.begin() as conn:
        if holding.held(conn) is None:
            holding.hold(conn, HeldKind.MOVED, where, now)
    with engine.connect() as there:
        try:
            arrived = _copied(store, there, now)
        except BaseException:
            there.rollback()
            with store.engine.begin() as conn:
                holding.lift(conn, now)
            raise
        # From here on nobody knows whether the target has it, so the source stays held whatever happens.
        there.commit()
    _keep_head(engine, stores.head_file(target))
    return arrived


def _copied(store: Database, there: Connection, now: datetime) -> Mapping[str, Sum]:
    with store.reading() as here:
        dialect.one_reading(here)
        arrived = moving.copy(here, there)
    journal.append(there, [Event("DatabaseMovedHere", SYSTEM, "installation", {"tables": len(arrived)})], now)
    return arrived


def _keep_head(engine: Engine, file: Path) -> None:
    """The file beside the new database begins with the journal as it arrived."""
    with engine.connect() as conn:
        head = journal.head(conn)
    file.unlink(missing_ok=True)
    journal.write_head_file(file, head)
