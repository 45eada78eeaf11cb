"""P5 and P6: how soon the first message leaves, and what a larger audience costs more.

`python -m bench.growth FOLDER ALERT` is the process of one size: it opens a house that is ready, approves its alert
and sends it, and prints what that took. Only it is measured, so what it took to get ready adds nothing to its memory.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop

from bench.hub import CLOCK, Sent, broadcast, hub, offered, release
from bench.measuring import Figure, Process, figure, on_first_core, process
from bench.sms import account
from broadcaster.boards.serving import Boards
from broadcaster.render.limited import InlineRenderer
from broadcaster.seal import Seal
from broadcaster.settings import load
from broadcaster.signals import Signals
from broadcaster.store import alerts, people
from broadcaster.store.opening import open_database
from broadcaster.wiring.accounts import accounts, house_of
from tests.houses import TestHouse


async def first(counts: list[int], times: int) -> list[Figure]:
    """P5: the slowest of so many approvals, at each size."""
    found = []
    for count in counts:
        with process("bench.sinks", "batches") as sink:
            async with hub(account("sms_cm", sink.ready["port"], 16), "sms", count) as opened:
                sent = [await broadcast(opened, sink, "sms", count) for _ in range(times)]
        found.append(_first(count, [one.first_in for one in sent]))
    return found


def _first(count: int, seconds: list[float]) -> Figure:
    millis = [one * 1e3 for one in seconds]
    worst = max(millis)
    return Figure("P5", f"first transmission after the approval, {count:,} recipients", worst, "ms", millis, bar=150)


async def growth(small: int, large: int) -> list[Figure]:
    """P6, with the first transmission at the largest size."""
    few, many = await _alone(small), await _alone(large)
    what = f"from {small:,} to {large:,} recipients"
    more = many["peak"] - few["peak"]
    dearer = many["sent"]["run"]["cpu"] / few["sent"]["run"]["cpu"]
    return [
        _first(large, [many["sent"]["first_in"]]),
        figure("P6", f"{what}: peak memory more", "MB", [more], bar=20, ours=f"{many['peak']:.0f} MB", floor=f"{few['peak']:.0f} MB"),
        figure(
            "P6", f"{what}: CPU per recipient", "x", [dearer], bar=1.15,
            ours=f"{many['sent']['run']['cpu']:.1f} µs", floor=f"{few['sent']['run']['cpu']:.1f} µs",
        ),
    ]  # fmt: skip


async def _alone(count: int) -> dict[str, Any]:
    async with hub(account("sms_cm", 1, 16), "sms", count) as opened:
        alert = await offered(opened, "sms", count)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.growth", str(opened.folder), str(opened.store.engine.url.database), alert.id,
            opened.tokens["bert"], stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await child.communicate()
    return dict(json.loads(said))


# --- the process of one size -----------------------------------------------------------------------


async def _send(folder: Path, database: str, alert_id: str, token: str) -> Sent:
    with process("bench.sinks", "batches") as sink:
        opened = await _open(folder, database, token, sink)
        try:
            alert = await opened.store.read(alerts.get, alert_id)
            assert alert is not None
            return await release(opened, alert, sink)
        finally:
            opened.store.close()


async def _open(folder: Path, database: str, token: str, sink: Process) -> TestHouse:
    file = folder / "omroeper.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('127.0.0.1:1"', f'127.0.0.1:{sink.ready["port"]}"'), encoding="utf-8")
    settings = load(file, {})
    wired, store = accounts(settings), open_database(f"sqlite:///{database}", home=folder)
    bert = await store.read(people.caller, token)
    assert bert is not None
    return TestHouse(
        folder, store, house_of(settings, wired), wired, CLOCK, Seal(bytes(range(32))), InlineRenderer(), Signals(),
        Boards(), {"bert": bert}, {"bert": token},
    )  # fmt: skip


def _peak() -> float:
    """The most memory this process ever held, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Send one alert."""
    folder, database, alert_id, token = sys.argv[1:]
    on_first_core()
    sent = uvloop.run(_send(Path(folder), database, alert_id, token))
    sys.stdout.write(json.dumps({"sent": asdict(sent), "peak": _peak()}) + "\n")


if __name__ == "__main__":
    main()
