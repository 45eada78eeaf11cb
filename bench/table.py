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
"""Whole runs of a commit, which are committed themselves; in `local` all others, which are not."""
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
    console = Console(width=max(160, Console().width), highlight=False)
    console.print(table)
    for one in figures:
        if one.holds is False and one.why:
            console.print(f"{one.number} {one.what.strip()}: {one.why}")


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _spread(one: Figure) -> str:
    return f"{_number(min(one.runs))}-{_number(max(one.runs))}" if len(one.runs) > 1 else "one run"


def _bar(one: Figure) -> str:
    return "" if one.bar is None else f"{'>=' if one.at_least else '<='} {one.bar:g}"


def keep(figures: Sequence[Figure], options: Sequence[str]) -> Path:
    """Write them beside the last runs, of which the oldest go; where they are. options: what the run was asked for."""
    now, commit = datetime.now(UTC), _commit()
    folder = RESULTS / "local" if options or commit.endswith("+") else RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{now:%Y-%m-%d-%H%M%S}-{commit[:12]}.json"
    document: dict[str, Any] = {
        "at": now.isoformat(timespec="seconds"),
        "commit": commit,
        "options": [*options],
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "figures": [asdict(one) | {"holds": one.holds} for one in figures],
    }
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink()
    return file


def _commit() -> str:
    """The commit that was measured; with a mark when there was more than that."""
    head = _git("rev-parse", "HEAD") or "unknown"
    return head + ("+" if head == "unknown" or _git("status", "--porcelain", "--", ".", ":!bench/results") else "")


def _git(*arguments: str) -> str:
    root = RESULTS.parent.parent
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False).stdout.strip()
