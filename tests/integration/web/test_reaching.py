"""Counts that add up at every moment, whatever is being written meanwhile, and cost a tenth of the time at most."""

import asyncio
import random

from sqlalchemy import Connection, text

from broadcaster.model.audience import Recipient
from broadcaster.model.delivery import OPEN, State
from broadcaster.store import deliveries, intake
from broadcaster.store.alerts import AlertRow
from broadcaster.store.reached import Reached
from broadcaster.web import reaching
from broadcaster.web.reaching import Far, Reaching
from broadcaster.workflow import importing
from tests.clocks import HandClock
from tests.houses import ORGANISATION, TestHouse

MANY = 700  # more than the first slice of an expansion
ROUNDS = 2


async def _crowd(h: TestHouse) -> None:
    crowd = [
        importing.sealed(
            h.seal, Recipient(f"R{n}", ("nl", "en")[n % 2], ("veel",), ("noord",), (("sms", f"+316{n:08d}"),))
        )
        for n in range(1, MANY + 1)
    ]
    await h.store.run(intake.put, ORGANISATION, crowd, h.clock.now())


def _sample(conn: Connection, alert: AlertRow, h: TestHouse) -> tuple[Reached, int]:
    found = reaching.read(conn, alert.id, h.clock.now()).reached
    return found, sum(count for states in deliveries.counts(conn, alert.id).values() for count in states.values())


def _counted(conn: Connection, alert: AlertRow) -> int:
    """As the stream of events counts, in a transaction of its own."""
    return sum(count for states in deliveries.counts(conn, alert.id).values() for count in states.values())


def _shake(conn: Connection, alert: AlertRow, seed: int) -> None:
    rng = random.Random(seed)
    states = list(State)
    for n in rng.sample(range(1, MANY + 1), 25):
        state = rng.choice(states)
        query = "UPDATE delivery SET state = :s, due_at = CASE WHEN :open = 1 THEN 0 END WHERE alert_id = :a AND n = :n"
        conn.execute(text(query), {"s": state.value, "open": int(state in OPEN), "a": alert.id, "n": n})


async def test_at_every_moment_each_addressee_is_counted_exactly_once(h: TestHouse) -> None:
    await _crowd(h)
    wanted = h.content(channels=["sms"], audience={"groups": ["veel"], "areas": [], "expected": MANY})
    for turn in range(ROUNDS):
        alert = await h.released(wanted)
        assert alert.addressees.count == MANY

        async def write(alert: AlertRow = alert, turn: int = turn) -> None:
            for step in range(12):
                if step in (2, 6):
                    await h.store.run(deliveries.expand, alert.id, {"sms": "sms.primary"}, h.clock.now())
                await h.store.run(_shake, alert, 100 * turn + step)

        writing, samples = asyncio.create_task(write()), 0
        while not writing.done() or samples < 3:
            found, counted = await h.store.read(_sample, alert, h)
            assert (found.total, counted, await h.store.read(_counted, alert)) == (MANY, MANY, MANY)
            assert found.has_it == (found.steps[-1][1] if found.steps else 0), "the curve ends where the count does"
            samples += 1
        await writing


async def test_what_was_read_is_believed_for_ten_times_as_long_as_it_took_but_a_decision_is_seen_at_once(
    h: TestHouse,
) -> None:
    alert, clock = await h.released(), HandClock(h.clock.now())
    slow = Reaching(h.store, clock)
    first = await slow.of(alert.id)
    assert first.reached.total == alert.addressees.count
    assert (await slow.of(alert.id)) is not first, "what took no time is read anew"

    reading = _Slow(h, clock)
    kept = Reaching(reading, clock)  # type: ignore[arg-type]
    found = await kept.of(alert.id)
    clock.advance(19)
    assert await kept.of(alert.id) is found
    await h.store.run(lambda conn: conn.execute(text("UPDATE alert SET halted_at = 1 WHERE id = :a"), {"a": alert.id}))
    halted = await kept.of(alert.id)
    assert halted is not found
    assert halted.row.halted_at is not None
    clock.advance(25)
    assert await kept.of(alert.id) is not halted


class _Slow:
    """A store in which reading who has it takes two seconds of the clock."""

    def __init__(self, h: TestHouse, clock: HandClock) -> None:
        self._h, self._clock = h, clock

    async def read(self, f: object, *args: object) -> object:
        found: object = await self._h.store.read(f, *args)  # type: ignore[arg-type]
        if isinstance(found, Far):
            self._clock.advance(2)
        return found
