"""`omroeper output ALERT WHAT`: a text for a desk or the CAP document of an alert, without a hub that runs."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import ConfigFile
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadcaster.settings import Settings

_CAP = "cap"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("output")(output)


def output(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id, or its number.", show_default=False)],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="nl-alert, radio, lcms or cap.", show_default=False)],
    config: ConfigFile = None,
) -> None:
    """Print what is made of ALERT for a desk: the NL-Alert request, the radio text, the LCMS block, or its CAP."""
    from broadcaster.render.desk import DESKS

    if what not in (*DESKS, _CAP):
        raise typer.BadParameter(f"'{what}' is none of {', '.join((*DESKS, _CAP))}.", param_hint="WHAT")
    # A document that is not there yet is made and kept: whoever asks the hub gets the same.
    sys.stdout.write(transaction(config, lambda conn, settings: _made(conn, settings, alert, what), write=what == _CAP))


def _made(conn: "Connection", settings: "Settings", alert: str, what: str) -> str:
    from broadcaster.render.desk import DESKS
    from broadcaster.store import alerts, approvals
    from broadcaster.wiring.accounts import accounts, house_of
    from broadcaster.workflow import bulletins

    row = alerts.get(conn, alert) or alerts.numbered(conn, int(alert) if alert.isascii() and alert.isdigit() else 0)
    if row is None:
        raise Failure(f"There is no alert '{alert}': 'omroeper status' names those that are active.")
    house = house_of(settings, accounts(settings))
    if what != _CAP:
        return DESKS[what](bulletins.of_alert(conn, house, row))
    from broadcaster.clock import SystemClock
    from broadcaster.wiring.stores import cap_signers
    from broadcaster.workflow import capping

    if approvals.of(conn, row.id) is None:
        return capping.draft_of(conn, house, row).decode()
    return capping.document_of(conn, house, cap_signers(settings), row.id, SystemClock().now()).decode()
