"""P5 and P9: a new alert among ten that are under way, and a channel beside one whose gateway is sick."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress

from bench.hub import CLOCK, fill, hub, offered
from bench.measuring import Figure, Process, compared, figure, process
from bench.sms import account
from broadcaster.dispatch.engine import RELEASED
from broadcaster.store.alerts import AlertRow
from broadcaster.wiring.engines import live_engine
from broadcaster.wiring.process import spare_the_collector
from tests.houses import TestHouse

UNDER_WAY = 10
_APART_IN = 0.5


@asynccontextmanager
async def _at_work(opened: TestHouse) -> AsyncIterator[None]:
    """A hub that sends. At the end all is measured: what is still under way is dropped, not drained."""
    live = live_engine(opened.house.settings, opened.store, CLOCK, opened.signals, opened.seal, opened.wired)
    spare_the_collector()
    running = asyncio.create_task(live.engine.run())
    await asyncio.sleep(0.3)
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await live.aclose()


async def _approved(opened: TestHouse, alert: AlertRow) -> float:
    """When it was."""
    at = time.monotonic()
    await opened.approve("bert", alert)
    opened.signals.hint(RELEASED)
    return at


# --- P5: among others ------------------------------------------------------------------------------


async def among_others(count: int, times: int) -> list[Figure]:
    """The first transmission of one alert more, while ten are under way at an account of a thousand a second."""
    toml = account("sms_cm", 0, 16).replace("per_second = 1000000", "per_second = 1000")
    with process("bench.sinks", "known") as sink:
        async with hub(toml.replace("127.0.0.1:0", f"127.0.0.1:{sink.ready['port']}"), "sms", count) as opened:
            alerts = [await offered(opened, "sms", count) for _ in range(UNDER_WAY + times)]
            async with _at_work(opened):
                at = {alert.id: await _approved(opened, alert) for alert in alerts[:UNDER_WAY]}
                await _first_of(sink, set(at))
                late = [await _late(opened, sink, alert) for alert in alerts[UNDER_WAY:]]
    what = f"first transmission with {UNDER_WAY} alerts of {count:,} under way"
    return [figure("P5", what, "ms", [max(late)], bar=2_000, ours=f"median {sorted(late)[len(late) // 2]:.0f} ms")]


async def _late(opened: TestHouse, sink: Process, alert: AlertRow) -> float:
    at = await _approved(opened, alert)
    first = (await _first_of(sink, {alert.id}))[alert.id]
    await asyncio.sleep(_APART_IN)
    return (first - at) * 1e3


async def _first_of(sink: Process, alerts: set[str]) -> dict[str, float]:
    """When the first message of each of these came."""
    found: dict[str, float] = {}
    for _ in range(1200):
        found |= {alert_id: at for alert_id, at in sink.ask()["alerts"].items() if alert_id not in found}
        if alerts <= found.keys():
            return found
        await asyncio.sleep(0.05)
    raise RuntimeError(f"nothing came of {len(alerts - found.keys())} alerts")


# --- P9: beside a sick gateway ---------------------------------------------------------------------


_ILLS = {
    "answers after 30 s": ("telegram", "--delay", "30"),
    "takes every byte and never answers": ("silent",),
    "takes no connection (packets are dropped)": ("dropping",),
}


async def beside_a_sick_one(count: int, pairs: int) -> list[Figure]:
    """How late 95 % of one channel have their message, with the other one well, slow, and each kind of black hole."""
    with ExitStack() as stack:
        well = stack.enter_context(process("bench.sinks", "telegram"))
        sick = {ill: stack.enter_context(process("bench.sinks", *sink)) for ill, sink in _ILLS.items()}
        runs: dict[str, list[tuple[float, float]]] = {ill: [] for ill in sick}
        for _ in range(pairs):
            floor = await _beside(well, count)
            for ill, gateway in sick.items():
                runs[ill].append((await _beside(gateway, count), floor))
    what = f"SMS to {count:,}, 95 % have it, beside a gateway that"
    return [compared("P9", f"{what} {ill}", found, "ms", bar=1.1) for ill, found in runs.items()]


async def _beside(other: Process, count: int) -> float:
    """Milliseconds until 95 % of `count` have their text message, at 500 a second; as many go by Telegram."""
    with process("bench.sinks", "timed") as sink:
        sms = account("sms_spryng", sink.ready["port"], 32).replace("per_second = 1000000", "per_second = 500")
        bot = f'[channel."telegram.bot"]\nmodule = "channels.telegram_bot"\nbase_url = "http://127.0.0.1:{other.ready["port"]}"\n'
        async with hub(f"{sms}{bot}", "sms", count) as opened:
            await opened.store.run(fill, opened.seal, "telegram", count + 1, 2 * count)
            alert = await offered(opened, ["sms", "telegram"], 2 * count)
            async with _at_work(opened):
                at, times = await _approved(opened, alert), list[float]()
                while len(times) < count:
                    await asyncio.sleep(0.05)
                    times += sink.ask()["times"]
    return (sorted(times)[int(len(times) * 0.95)] - at) * 1e3
