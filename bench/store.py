"""What the store costs per delivery: claim, started and outcome, in groups, with sealed addresses.

CPU of the whole process (getrusage), SQLite with synchronous=FULL, the group-commit thread included;
nothing is sent. Opening each address is part of it. The bar is 10 µs per delivery in groups of 500.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from bench.measuring import Figure, cpu, figure
from broadcaster.clock import SystemClock
from broadcaster.dispatch.outcomes import record_outcomes
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.seal import Seal
from broadcaster.store import deliveries, queue
from broadcaster.store.columns import millis
from broadcaster.store.database import Database
from broadcaster.store.migrating import migrate, owner_engine
from broadcaster.store.opening import open_database
from broadcaster.store.queue import Result

GROUP = 500
BAR = 10.0
ALERT = "0" * 26
CLOCK = SystemClock()


@contextmanager
def fresh_database() -> Iterator[Database]:
    """A migrated SQLite file in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        engine = owner_engine("sqlite:///bench.db", Path(folder))
        migrate(engine)
        engine.dispose()
        store = open_database("sqlite:///bench.db", home=Path(folder))
        try:
            yield store
        finally:
            store.close()


def fill(conn: Connection, seal: Seal, count: int) -> None:
    """An approved alert with `count` addressees, by plain SQL: how it came there is not measured."""
    now = millis(CLOCK.now())
    later = millis(CLOCK.now() + timedelta(hours=6))
    for statement in (
        "INSERT INTO organisation (id, name, sender) VALUES ('o', 'O', 'o.example')",
        f"INSERT INTO person (id, name, created_at) VALUES ('anna', 'Anna', {now}), ('bert', 'Bert', {now})",
        "INSERT INTO person_role (person_id, role) VALUES ('bert', 'approver')",
        f"INSERT INTO draft (id, organisation_id, status, stage, revision, created_at) VALUES ('d', 'o', 'Actual', 'draft', 1, {now})",
        f"INSERT INTO draft_revision (draft_id, revision, content, author_id, at) VALUES ('d', 1, '{{}}', 'anna', {now})",
        "INSERT INTO alert (id, draft_id, revision, organisation_id, number, status, msg_type, content, severity_rank, sent_at,"
        f" expires_at, zone, submitter_id, stage) VALUES ('{ALERT}', 'd', 1, 'o', 1, 'Actual', 'Alert', '{{}}', 1, {now}, {later},"
        " 'UTC', 'anna', 'submitted')",
        f"INSERT INTO rendition (alert_id, position, kind, language, text, payload, holes) VALUES ('{ALERT}', 0, 'sms', 'nl', 'x', 'x', '[]')",
        f"INSERT INTO recipient (id, organisation_id, name, language, added_at) VALUES (1, 'o', 'x', 'nl', {now})",
    ):
        conn.execute(text(statement))
    rows = [
        {"id": i, "sealed": seal.seal(f"+316{i:08d}", "sms"), "mark": seal.mark(f"{i}", "sms")}
        for i in range(1, count + 1)
    ]
    conn.execute(
        text(
            f"INSERT INTO address (id, recipient_id, kind, sealed, mark, added_at) VALUES (:id, 1, 'sms', :sealed, :mark, {now})"
        ),
        rows,
    )
    conn.execute(
        text(f"INSERT INTO addressee (alert_id, n, address_id, rendition) SELECT '{ALERT}', id, id, 0 FROM address")
    )
    conn.execute(text(f"UPDATE alert SET digest = 'd', addressee_count = {count}, frozen_at = {now}"))
    conn.execute(
        text(
            "INSERT INTO approval (alert_id, digest, lane, kind, approver_id, accepts, at)"
            f" VALUES ('{ALERT}', 'd', 'live', 'second-person', 'bert', '[]', {now})"
        )
    )
    conn.execute(text("UPDATE alert SET stage = 'approved'"))
    conn.execute(text(f"INSERT INTO expansion (alert_id, lane, next_n) VALUES ('{ALERT}', 'live', 1)"))


async def expand(store: Database) -> float:
    """Make every delivery; seconds of CPU."""
    began = cpu()
    while await store.run(deliveries.expand, ALERT, {"sms": "sms.primary"}, CLOCK.now()):
        pass
    return cpu() - began


async def work_off(store: Database, seal: Seal, limit: int = GROUP) -> tuple[float, int]:
    """Claim, open, start and record every delivery; seconds of CPU, and how many."""
    began, done = cpu(), 0
    while claimed := await store.run(queue.claim, Lane.LIVE, "sms.primary", "me", limit, CLOCK.now()):
        for claim in claimed:
            seal.open(claim.sealed, "sms")
        started = await store.run(queue.start, [(c.id, c.epoch) for c in claimed], CLOCK.now())
        results = [
            Result(c.id, c.epoch, c.alert_id, State.ACCEPTED, "sms.primary", "accepted")
            for c in claimed
            if c.id in started
        ]
        await store.run(record_outcomes, results, CLOCK.now())
        done += len(results)
    return cpu() - began, done


async def measure(count: int = 100_000) -> dict[str, float]:
    """Microseconds of CPU per delivery: `expand`, and `deliver` (claim, started, outcome)."""
    seal = Seal(b"\0" * 32)
    with fresh_database() as store:
        await store.run(fill, seal, count)
        expanded = await expand(store)
        seconds, done = await work_off(store, seal)
    if done != count:
        raise RuntimeError(f"{done} of {count} deliveries were worked off")
    return {"expand": expanded / count * 1e6, "deliver": seconds / count * 1e6}


async def figures(count: int, times: int) -> list[Figure]:
    """What each step costs per delivery."""
    runs = [await measure(count) for _ in range(times)]
    what = f"the store, {count:,} deliveries:"
    return [
        figure("store", f"{what} making one", "µs", [run["expand"] for run in runs]),
        figure("store", "  claim, started and outcome", "µs", [run["deliver"] for run in runs], bar=BAR),
    ]
