"""What a visitor sees in the terminal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from broadcaster.demo.office import KINDS, Submitted
from broadcaster.demo.premises import Premises
from broadcaster.demo.report import Report
from broadcaster.model.board import Mode
from broadcaster.model.delivery import OPEN, State

Counts = Mapping[str, Mapping[str, int]]
Boards = Mapping[str, Mapping[str, Any]]
Update = Callable[[Counts, Boards], None]
_STILL = {state.value for state in OPEN}
_TOLD = {State.DUE: "to go", State.CLAIMED: "to go", State.STARTED: "on the line"}


class Screen:
    """Says each step, shows the broadcast live, and the promises at the end. `hand_over` gets the report."""

    def __init__(self, console: Console, hand_over: Callable[[Report], None]) -> None:
        self._console, self._hand_over = console, hand_over

    def title(self, text: str) -> None:
        """What this is."""
        self._console.print(f"\n[bold]{text}[/bold]\n")

    def step(self, who: str, text: str) -> None:
        """Somebody did something."""
        self._line(who, text)

    @contextmanager
    def broadcast(self, submitted: Submitted) -> Iterator[Update]:
        """Bars that follow the deliveries of an alert, and the boards; live where that can be."""
        self._console.print()
        with Progress(
            TextColumn("  [bold]{task.description:<12}[/bold]"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TextColumn("{task.fields[said]}", style="default"),
            console=self._console,
        ) as progress:
            bars = {kind: progress.add_task(kind, total=None, said="") for kind in (*KINDS, "display")}

            def update(counts: Counts, boards: Boards) -> None:
                for kind in KINDS:
                    states = counts.get(kind, {})
                    total, done = sum(states.values()), _at_rest(states)
                    progress.update(bars[kind], total=max(total, 1), completed=done if total else 1, said=_said(states))
                right = sum(board["verified"] for board in boards.values())
                said = f"{right} of {len(boards)} boards show No. {submitted.number}, verified"
                progress.update(bars["display"], total=len(boards), completed=right, said=said)

            yield update

    def report(self, report: Report) -> None:
        """A line per promise, and one about the whole."""
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        for promise in report.promises:
            mark = "[reverse]BROKEN[/]" if promise.broken else "kept"
            table.add_row(f"  {mark}", f"[bold]{promise.text}[/bold]", promise.broken or promise.counted)
        took = f"in {report.seconds:.1f} seconds"
        self._console.print(f"\n[bold]What was promised, and what was counted[/bold] {took}\n", highlight=False)
        self._console.print(table, highlight=False)
        self._console.print()
        self._hand_over(report)

    def invite(self, hub: str, premises: Premises, mode: Mode) -> None:
        """Where to go on looking."""
        self._console.print(f"[bold]The hub stays up[/bold] until Ctrl-C: {hub}\n", highlight=False)
        self._line("console", f"{hub}/console")
        for officer in (premises.writer, premises.approver):
            self._line(officer.name, f"password {officer.password}   token {officer.token}")
        point, token = next(iter(premises.screens.items()))
        dress = "?mode=exercise" if mode is Mode.EXERCISE else ""
        self._line("display", f"{hub}/display/{point}{dress}#token={token}")
        self._line("residents", f"{hub}/")
        self._line("figures", f"{hub}/metrics   or: omroeper status --config {premises.settings.path}")
        self._console.print()

    def _line(self, what: str, where: str) -> None:
        self._console.print(f"  [bold]{what:<12}[/bold] {where}", highlight=False, soft_wrap=True)


def _at_rest(states: Mapping[str, int]) -> int:
    return sum(count for state, count in states.items() if state not in _STILL)


def _said(states: Mapping[str, int]) -> str:
    """The states in words, those that are still under way last."""
    told: dict[str, int] = {}
    for state in State:
        word = _TOLD.get(state, state.value)
        told[word] = told.get(word, 0) + states.get(state.value, 0)
    words = [*(word for word in told if word not in _TOLD.values()), *dict.fromkeys(_TOLD.values())]
    return ", ".join(f"{told[word]:,} {word}" for word in words if told[word])
