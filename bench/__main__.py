"""`make bench`: the performance figures, each against its bar. Options by ARGS: --quick, --only P1 (or several).

A figure is a ratio of two ways that were measured by turns in one run, or CPU per unit, or a count: times by themselves
mean nothing on a machine that others use too. This process stays on the first processor, whatever serves it on the last.
It exits with 0 whether or not the figures hold: whoever wants a gate reads the JSON in `bench/results`.
"""

import argparse
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
import uvloop

from bench import boards, crowd, growth, mail, size, sms, store, telegram, workers
from bench.measuring import Figure, on_first_core
from bench.table import keep, show

Step = tuple[str, Callable[[], Coroutine[Any, Any, list[Figure]]]]


def _steps(quick: bool) -> list[Step]:
    """What is measured: recipients, and pairs or times."""
    if quick:
        return [
            ("store", lambda: store.figures(20_000, 3)),
            ("P1", lambda: sms.one_each(3_000, 3)),
            ("P2", lambda: sms.in_batches(20_000, 3)),
            ("P3", lambda: mail.mail(1_500, 3)),
            ("P4", lambda: telegram.telegram(1_000, 3)),
            ("P4", lambda: telegram.within_limits(5)),
            ("P5", lambda: growth.first([1_000, 20_000], 3)),
            ("P5", lambda: crowd.among_others(1_000, 5)),
            ("P6", lambda: growth.growth(20_000, 60_000)),
            ("size", lambda: size.freezing(50_000, 1)),
            ("P7", lambda: boards.asking(10_000, 3)),
            ("P7", lambda: boards.waiting(1_000)),
            ("P7", lambda: sms.lag(20_000)),
            ("P8", lambda: workers.scaling(4, 1)),
            ("P9", lambda: crowd.beside_a_sick_one(1_000, 2)),
        ]
    return [
        ("store", lambda: store.figures(100_000, 3)),
        ("P1", lambda: sms.one_each(10_000, 5)),
        ("P2", lambda: sms.in_batches(100_000, 5)),
        ("P3", lambda: mail.mail(6_000, 5)),
        ("P4", lambda: telegram.telegram(3_000, 5)),
        ("P4", lambda: telegram.within_limits(20)),
        ("P5", lambda: growth.first([1_000, 100_000], 5)),
        ("P5", lambda: crowd.among_others(10_000, 20)),
        ("P6", lambda: growth.growth(100_000, 1_000_000)),
        ("size", lambda: size.freezing(1_000_000, 3)),
        ("P7", lambda: boards.asking(20_000, 5)),
        ("P7", lambda: boards.waiting(10_000)),
        ("P7", lambda: sms.lag(100_000)),
        ("P8", lambda: workers.scaling(10, 3)),
        ("P9", lambda: crowd.beside_a_sick_one(2_000, 3)),
    ]


def main() -> None:
    """Make them one after the other: side by side they would measure each other."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, within 90 seconds")
    parser.add_argument("--only", nargs="+", default=[], metavar="P1", help="these figures alone (and `store`)")
    arguments = parser.parse_args()
    steps = _steps(arguments.quick)
    if unknown := set(arguments.only) - {number for number, _ in steps}:
        parser.error(f"no figure is called {', '.join(sorted(unknown))}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    on_first_core()
    figures: list[Figure] = []
    for number, step in steps:
        if not arguments.only or number in arguments.only:
            sys.stderr.write(f"{number} …\n")
            figures += uvloop.run(step())
    show(figures)
    sys.stderr.write(f"kept in {keep(figures, sys.argv[1:])}\n")


main()
