"""`omroeper status`: what is active and what waits, and how the accounts stand when a hub runs here."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from broadcaster.cli.options import AsJson, ConfigFile, print_json
from broadcaster.cli.store import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from broadcaster.store.check_messages import LastCheck
    from broadcaster.store.figures import BoardAge, Pile


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("status")(status)


def status(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """What is active, how far its deliveries are, and what waits: the figures of /metrics."""
    from broadcaster.cli.asking import accounts_now
    from broadcaster.clock import SystemClock

    now = SystemClock().now()
    report, settings = transaction(config, lambda conn, settings: (_status(conn, now), settings))
    report["now"] = accounts_now(settings)
    if as_json:
        print_json(report)
    else:
        for line in _status_lines(report):
            typer.echo(line)


def _status(conn: "Connection", now: "datetime") -> dict[str, Any]:
    from broadcaster.model.alert import Stage
    from broadcaster.store import alerts, check_messages, deliveries, figures

    rows = alerts.listed(conn, None, 50, Stage.SUBMITTED) + alerts.listed(conn, None, 50, Stage.APPROVED)
    shown = [
        {"id": r.id, "number": r.number, "status": r.status, "stage": r.stage, "counts": deliveries.counts(conn, r.id)}
        for r in rows
    ]
    totals = figures.totals(conn)
    checks = check_messages.last_checks(conn, now - check_messages.LOOKS_BACK)
    return {
        "alerts": shown,
        "checks": [_check(check, now) for check in checks],
        "accounts": _accounts(figures.piles(conn), now),
        "boards": [_board(board, now) for board in totals.boards],
        "facts_waiting": totals.facts_waiting,
        "journal": totals.journal,
    }


def _accounts(piles: "list[Pile]", now: "datetime") -> list[dict[str, Any]]:
    """Each account's deliveries of valid notices, by state, what failed by reason, and the age of the oldest due."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for pile in piles:
        own = found.setdefault(
            (pile.account, pile.kind),
            {"account": pile.account, "kind": pile.kind, "states": {}, "failed": {}, "oldest_due_in": None},
        )
        own["states"][pile.state] = own["states"].get(pile.state, 0) + pile.count
        if pile.reason is not None:
            own["failed"][pile.reason] = pile.count
        if pile.oldest_at is not None:
            own["oldest_due_in"] = round(max(0.0, (now - pile.oldest_at).total_seconds()))
    return list(found.values())


def _check(check: "LastCheck", now: "datetime") -> dict[str, Any]:
    age = round((now - check.released_at).total_seconds())
    counts = {"sent": check.sent, "accepted": check.accepted, "arrived": check.arrived}
    return {"account": check.account, "number": check.number, "age_in": age} | counts


def _board(board: "BoardAge", now: "datetime") -> dict[str, Any]:
    age = None if board.issued_at is None else round((now - board.issued_at).total_seconds())
    return {"point": board.point_id, "mode": board.mode, "seq": board.seq, "signed": board.signed_seq, "age_in": age}


def _status_lines(report: dict[str, Any]) -> "Iterator[str]":
    for alert in report["alerts"]:
        yield f"Nr {alert['number']}  {alert['status']}  {alert['stage']}  {alert['id']}"
        for kind, states in alert["counts"].items():
            yield f"   {kind}: " + _counted(states)
    for account in report["accounts"]:
        oldest = account["oldest_due_in"]
        yield f"{account['account']}: {_counted(account['states'])}" + (
            f", the oldest due for {oldest} s" if oldest else ""
        )
    yield from _now_lines(report.get("now"))
    for check in report["checks"]:
        counts = f"{check['sent']} sent, {check['arrived']} arrived, {check['accepted']} accepted"
        yield f"{check['account']}: check message nr {check['number']}, {check['age_in']} s ago: {counts}"
    for board in report["boards"]:
        age = "not signed yet" if board["age_in"] is None else f"signed {board['age_in']} s ago"
        yield f"board {board['point']} ({board['mode']}): number {board['seq']}, {age}"
    waiting = report["facts_waiting"]
    yield f"{len(report['alerts'])} alerts, journal at line {report['journal']}, {waiting} facts to read."


def _now_lines(accounts: dict[str, dict[str, Any]] | None) -> "Iterator[str]":
    if accounts is None:
        yield "No hub answers here: how the accounts stand at this moment is not known."
        return
    for name, own in accounts.items():
        parts = [f"breaker {own['breaker']}", f"{own['in_flight']:g} in flight", f"{own['per_second']:g} a second"]
        if own["held_in"]:
            parts.append(f"held for {own['held_in']:g} s by its provider")
        if own["failing_for"]:
            parts.append(f"failing for {own['failing_for']:g} s")
        parts.append("never proven" if own["proven_ago"] is None else f"proven {own['proven_ago']:g} s ago")
        if own["expected_minutes"]:
            parts.append(f"95 % in about {own['expected_minutes']:g} minutes")
        yield f"{name} now: {', '.join(parts)}"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items())
