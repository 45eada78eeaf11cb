"""The page of the audience: how large it is, and a file that is looked at line by line before all of it is taken."""

import asyncio
import csv
import io
from collections.abc import Iterator
from functools import partial

from broadcaster.settings import Organisation
from broadcaster.store import intake, sizes
from broadcaster.store.answers import Answer
from broadcaster.web import forms, frames, proving, queries, uploads
from broadcaster.web.calls import Call
from broadcaster.web.console import staff
from broadcaster.web.console.dress import words_for
from broadcaster.web.uploads import UPLOADS, Upload
from broadcaster.web.writes import WRITTEN
from broadcaster.workflow import audience, importing
from broadcaster.workflow.refusals import Fault, Refused, Why, conflict, not_found

PATH = "/console/doelgroep"
ORGANISATION = queries.Param(
    "organisation", {"type": "string"}, "Whose audience.", lambda request: request.query.get("organisation")
)
_SHOWN = 100
"""Wrong lines on the page; the report to download has more."""


def _organisation(call: Call, named: str | None) -> Organisation:
    known = call.parts.house.settings.organisations
    found = next((item for item in known if named in (None, "", item.id)), None)
    if found is None:
        raise not_found("Deze organisatie")
    return found


async def show(call: Call) -> Answer:
    """`GET /console/doelgroep`."""
    return await _page(call, ORGANISATION.of(call.request))


async def _page(
    call: Call, organisation: str | None, taken: dict[str, int] | None = None, refused: Refused | None = None
) -> Answer:
    settings = call.parts.house.settings
    shown = _organisation(call, organisation)
    upload = _upload(call)
    values = {
        "organisation": shown,
        "every_organisation": settings.organisations,
        "sizes": await call.parts.store.read(sizes.of, shown.id),
        "area_names": call.parts.house.area_names,
        "check_group": settings.hub.check_group,
        "upload": upload if upload and upload.organisation_id == shown.id else None,
        "shown": _SHOWN,
        "taken": taken,
        "header": ",".join(importing.HEADER),
        "megabytes": uploads.MOST_BYTES // 2**20,
        "anchors": lambda field: {"file": "file", "going": "going"}.get(field, ""),
    }
    return await staff.page(call, "audience.html", values, refused)


def _upload(call: Call) -> Upload | None:
    return call.request.app[UPLOADS].of(call.caller.token_id)


async def look(call: Call) -> Answer:
    """`POST /console/doelgroep`: read a file and say what it would do. Nothing is taken."""
    fields, data = await uploads.read(call.request)
    organisation = _organisation(call, fields.get("organisation"))
    if not data:
        fault = Fault("file", "missing", "kies een bestand")
        return await _page(call, organisation.id, refused=Refused(Why.INVALID, "Er is niets gelezen.", [fault]))
    kept, areas = call.request.app[UPLOADS], set(call.parts.house.area_names)
    async with kept.turn:
        looked = await asyncio.to_thread(audience.look, call.parts.seal, data, areas)
        found = None
        if not looked.faults:
            opened = partial(call.parts.seal.open, context="name")
            found = await call.parts.store.read(intake.difference, organisation.id, looked.rows, opened)
    kept.keep(call.caller.token_id, organisation.id, looked, found)
    return frames.redirect(f"{PATH}?organisation={organisation.id}#file-report")


async def report(call: Call) -> Answer:
    """`GET /console/doelgroep/verslag.csv`: every wrong line of the file and its rule, nothing that stands in it."""
    upload = _upload(call)
    if upload is None:
        raise not_found("Dit verslag")
    words = words_for(call.request)
    whole = io.StringIO()
    writer = csv.writer(whole)
    writer.writerow([words("audience.line"), words("audience.rule")])
    writer.writerows((number, words.of("import_rule", rule)) for number, rule in wrong_lines(upload.looked.faults))
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="verslag.csv"'}
    return Answer(200, "\ufeff" + whole.getvalue(), headers)


def wrong_lines(faults: audience.Faults) -> Iterator[tuple[str, str]]:
    """The number and the rule of each wrong line."""
    for fault in faults:
        yield fault.field.removeprefix("line "), fault.rule


async def take(call: Call) -> Answer:
    """`POST /console/doelgroep/neem`: all of the file that was looked at."""
    form = await forms.read(call.request)
    upload = _upload(call)
    if upload is None or upload.difference is None:
        return await _page(call, None, refused=conflict("Dit bestand is hier niet meer: kies het opnieuw."))
    going = _going(form.get("going")) if form.get("how") == "replace" else None
    try:
        _need_number(going, upload.difference.gone)
        await proving.prove(call, proving.shown_in(form), PATH)
        wanted = (upload.organisation_id, upload.looked.rows, call.caller.actor, call.parts.clock.now(), going)
        taken = await call.parts.store.run(audience.take, *wanted)
    except Refused as refused:
        if refused.why not in staff.SHOWN_AGAIN:
            raise
        return await _page(call, upload.organisation_id, refused=refused)
    call.request.app[UPLOADS].drop(call.caller.token_id)
    call.parts.signals.hint(WRITTEN)
    return await _page(call, upload.organisation_id, taken)


def _need_number(going: int | None, gone: int) -> None:
    if going is not None and going != gone:
        fault = Fault("going", "size", "typ hoeveel mensen van de lijst gaan, zoals het hierboven staat")
        raise Refused(Why.INVALID, "Het bestand is niet overgenomen.", [fault])


def _going(typed: str) -> int:
    """A number as people type it; what is none is no number of people."""
    digits = typed.replace(".", "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1
