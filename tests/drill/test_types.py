"""R11: the type checker refuses an exercise at a live outlet, and the other way about."""

import re
import sys
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parents[2]
SNIPPET = """
from collections.abc import Sequence
from broadcaster.dispatch.dispatcher import Dispatcher
from broadcaster.dispatch.lanes import Delivery, Drill, Live
from broadcaster.dispatch.outlet import DrillOutlet, LiveOutlet, Outlet

Real = Sequence[Delivery[Live]]
Rehearsed = Sequence[Delivery[Drill]]

async def send(live: LiveOutlet, drill: DrillOutlet, real: Real, rehearsed: Rehearsed) -> None:
    await live.send(real)
    await drill.send(rehearsed)
    await live.send(rehearsed)  # refused
    await drill.send(real)  # refused

def use(outlet: Outlet[Drill]) -> None: ...

def wire(live: LiveOutlet, drill: DrillOutlet, dispatcher: Dispatcher[Drill]) -> None:
    use(drill)
    use(live)  # refused
    other: Dispatcher[Live] = dispatcher  # refused
"""


def test_the_type_checker_refuses_a_delivery_at_an_outlet_of_the_other_lane(tmp_path: Path) -> None:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    options = ["--config-file=", "--strict", "--follow-imports=silent", f"--cache-dir={tmp_path / 'cache'}"]
    done = run(
        [sys.executable, "-m", "mypy", *options, str(snippet)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=170,
    )  # fmt: skip
    wanted = {i for i, line in enumerate(SNIPPET.splitlines(), 1) if line.endswith("# refused")}
    found = {int(line): code for line, code in re.findall(r"snippet\.py:(\d+): error: .*\[([a-z-]+)\]", done.stdout)}
    assert set(found) == wanted, done.stdout + done.stderr
    assert set(found.values()) == {"arg-type", "assignment"}
