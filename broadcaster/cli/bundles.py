"""`omroeper board export` and `board import`: boards by stick or by folder, where no line goes."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadcaster.cli.ending import Failure
from broadcaster.cli.options import ConfigFile, config_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from broadcaster.boards.bundle import Bundle
    from broadcaster.boards.folder import Files
    from broadcaster.settings import Settings


def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The file to write, on a stick say.", show_default=False)
    ] = None,
    point: Annotated[
        list[str] | None, typer.Option("--point", metavar="POINT", help="Only this support point; may be repeated.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--all", metavar="DIR", help="All boards and pages, for a web server to show."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Write the signed boards of this hub or relay, with keys: to FILE for a courier, or to DIR for a web server."""
    if (file is None) == (folder is None):
        raise typer.BadParameter("Give FILE, or --all DIR: one of them.")
    found = config_file(config)
    if folder is not None:
        if point or is_relay(found):
            raise typer.BadParameter("--all takes every point of a hub: leave --point out, and name a hub's --config.")
        _export_all(folder, found)
        return
    assert file is not None
    bundle = _of_relay(found, point) if is_relay(found) else _of_hub(found, point)
    _write(file, bundle)
    reports = f" and {len(bundle.reports)} reports" if bundle.reports else ""
    typer.echo(f"{file}: {len(bundle.boards)} boards{reports}. Put it anywhere on a stick; a relay finds it.")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What a courier brought.", show_default=False)],
    config: ConfigFile = None,
) -> None:
    """Take in what a courier brought: boards and receipts at a relay, reports at a hub. All of it is verified."""
    from broadcaster.boards.bundle import MAX_BYTES, NoBundle, read

    found = config_file(config)
    with file.open("rb") as opened:
        content = opened.read(MAX_BYTES + 1)
    try:
        bundle = read(content)
    except NoBundle:
        raise Failure(f"{file} is not what 'omroeper board export' writes: bring another.") from None
    if is_relay(found):
        _into_relay(found, bundle)
    else:
        _into_hub(found, bundle)


def is_relay(config: Path) -> bool:
    """Whether this is the configuration of a relay."""
    from broadcaster.settings.loading import parse

    return "relay" in parse(config)


def _write(file: Path, bundle: "Bundle") -> None:
    from broadcaster.boards.bundle import written
    from broadcaster.boards.ratchet import write_durably

    write_durably(file, written(bundle))


def _of_hub(config: Path, points: "Collection[str] | None") -> "Bundle":
    from broadcaster.cli.store import transaction
    from broadcaster.wiring.bundling import bundle_of

    def made(conn: "Connection", settings: "Settings") -> "Bundle":
        return bundle_of(conn, settings, _known(points, [point.id for point in settings.points]))

    return transaction(config, made)


def _of_relay(config: Path, points: "Collection[str] | None") -> "Bundle":
    from broadcaster.relay.carrying import given
    from broadcaster.relay.clock import RelayClock
    from broadcaster.relay.running import parts_of
    from broadcaster.settings.relay import load_relay

    parts = parts_of(load_relay(config), RelayClock())
    return given(parts, _known(points, [point.id for point in parts.device.points]))


def _known(points: "Collection[str] | None", known: "Collection[str]") -> "Collection[str]":
    for point in points or ():
        if point not in known:
            raise Failure(f"There is no support point '{point}': there are {', '.join(sorted(known))}.")
    return points or known


def _export_all(folder: Path, config: Path) -> None:
    from broadcaster.cli.store import transaction
    from broadcaster.pages.folder import write
    from broadcaster.wiring.bundling import files_of

    def made(conn: "Connection", settings: "Settings") -> "Files":
        return files_of(conn, settings)

    written = [write(folder, name, content) for name, content in transaction(config, made)]
    typer.echo(f"{folder}: {sum(written)} files changed, {len(written)} in all.")


def _into_relay(config: Path, bundle: "Bundle") -> None:
    from broadcaster import ids
    from broadcaster.relay.carrying import take
    from broadcaster.relay.clock import RelayClock
    from broadcaster.relay.running import CannotRun, alone, inbox_of, parts_of
    from broadcaster.settings.relay import load_relay

    settings = load_relay(config)
    try:
        with alone(settings.relay.folder):
            taken = asyncio.run(take(parts_of(settings, RelayClock(battery=settings.relay.clock)), bundle))
    except CannotRun:
        _write(inbox_of(settings.relay.folder) / f"{ids.new_id(RelayClock().now())}.json", bundle)
        typer.echo("Handed to the relay that runs: it takes it in within seconds, and its log says what was news.")
        return
    typer.echo(f"{taken.boards} new boards, {taken.reports} reports to pass on, {taken.refused} boards refused.")
    if taken.refused:
        raise Failure("Some boards did not pass and were not taken: they are not of the hub that this relay trusts.")


def _into_hub(config: Path, bundle: "Bundle") -> None:
    from broadcaster.settings import load
    from broadcaster.wiring.bundling import take_reports

    taken = asyncio.run(take_reports(load(config, {}), bundle.reports))
    refused = [item for item in taken if item.fault is not None]
    typer.echo(f"{len(taken) - len(refused)} reports taken, {len(refused)} refused.")
    for reason in sorted({item.fault.value for item in refused if item.fault}):
        typer.echo(f"Refused: {reason}.", err=True)
