"""The figures of one run: as a table for people, and as JSON that is kept with its commit."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measuring import Figure

RESULTS = Path(__file__).parent / "results"
KEPT = 20
_HOLDS = {True: "holds", False: "DOES NOT HOLD", None: "-"}


def show(figures: Sequence[Figure]) -> None:
    """Print them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "figure", "ours", "floor", "value", "spread", "bar", ""):
        table.add_column(column, justify="left" if column in ("", "figure") else "right", no_wrap=True)
    for one in figures:
        table.add_row(
            one.number, one.what, one.ours, one.floor, f"{_number(one.value)} {one.unit}", _spread(one), _bar(one),
            _HOLDS[one.holds],
        )  # fmt: skip
    Console(width=max(160, Console().width), highlight=False).print(table)


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _spread(one: Figure) -> str:
    return f"{_number(min(one.runs))}-{_number(max(one.runs))}" if len(one.runs) > 1 else "one run"


def _bar(one: Figure) -> str:
    return "" if one.bar is None else f"{'>=' if one.at_least else '<='} {one.bar:g}"


def keep(figures: Sequence[Figure], quick: bool) -> Path:
    """Write them beside the last runs, of which the oldest go; where they are."""
    now = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{now:%Y-%m-%d-%H%M%S}-{_commit()[:12]}.json"
    document: dict[str, Any] = {
        "at": now.isoformat(timespec="seconds"),
        "commit": _commit(),
        "quick": quick,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "figures": [asdict(one) | {"holds": one.holds} for one in figures],
    }
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for old in sorted(RESULTS.glob("*.json"))[:-KEPT]:
        old.unlink()
    return file


def _commit() -> str:
    """The commit that was measured; with a mark when there was more than that."""
    here = Path(__file__).parent
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=here, capture_output=True, text=True, check=False)
    return (head.stdout.strip() or "unknown") + ("+" if changed.stdout.strip() else "")
