"""`omroeper report ALERT`: what an evaluator asks of an alert, without a hub that runs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import AsJson, ConfigFile, print_json
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from broadcaster.settings import Settings
    from broadcaster.web.evidence import Evidence

Target = Path | None


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("report")(report)


def report(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id, or its number.", show_default=False)],
    pdf: Annotated[Target, typer.Option("--pdf", metavar="FILE", help="Write it as a PDF, in Dutch.")] = None,
    csv: Annotated[Target, typer.Option("--csv", metavar="FILE", help="Write it as CSV, with every delivery.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Who wrote, decided and did what about an alert, when, and whom it reached. No addresses."""
    found, settings = transaction(config, lambda conn, settings: (_evidence(conn, settings, alert), settings))
    if pdf is not None:
        pdf.write_bytes(_drawn(found, settings))
    if csv is not None:
        transaction(config, lambda conn, _: _written(conn, found, csv))
    if as_json:
        print_json(found)
        return
    for line in _lines(found):
        typer.echo(line)


def _evidence(conn: "Connection", settings: "Settings", alert: str) -> "Evidence":
    from broadcaster.clock import SystemClock
    from broadcaster.store import dialect
    from broadcaster.web import evidence
    from broadcaster.wiring.accounts import accounts, house_of

    dialect.one_reading(conn)
    return evidence.read(conn, house_of(settings, accounts(settings)), _id(conn, alert), SystemClock().now())


def _id(conn: "Connection", alert: str) -> str:
    from broadcaster.store import alerts

    row = alerts.get(conn, alert) or alerts.numbered(conn, int(alert) if alert.isascii() and alert.isdigit() else 0)
    if row is None:
        raise Failure(f"There is no alert '{alert}': 'omroeper status' names those that are active.")
    return row.id


def _drawn(found: "Evidence", settings: "Settings") -> bytes:
    from broadcaster.render.printing import NotPrinted, printed
    from broadcaster.web.reporting import paper
    from broadcaster.workflow.bulletins import places_of

    try:
        return asyncio.run(printed(paper(found, places_of(settings.areas))))
    except NotPrinted as error:
        raise Failure(str(error)) from error


def _written(conn: "Connection", found: "Evidence", file: Path) -> None:
    from broadcaster.web import reporting

    after = 0
    with file.open("w", encoding="utf-8", newline="") as out:
        out.writelines(reporting.head(found))
        while part := reporting.delivered(conn, found["alert"], after):
            out.writelines(part[0])
            after = part[1]


def _lines(found: "Evidence") -> "Iterator[str]":
    from broadcaster.web.reporting import paper

    made = paper(found)
    yield made.title
    for name, value in (*made.facts, *made.decision):
        yield f"{name}: {value}"
    yield made.sum
    for row in (*made.counts, *made.by_hand):
        yield "  ".join(cell for cell in row if cell)
    for at, what, who in made.timeline:
        yield f"{at}  {what}  ({who})"
