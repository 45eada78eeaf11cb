"""Reports of alerts over HTTP: as JSON, as a PDF for people, as CSV for a spreadsheet."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.model.delivery import State
from broadcaster.render import areas
from broadcaster.render.bulletin import Place
from broadcaster.render.poster import PDF
from broadcaster.render.report import STATES, Report, hand_state, report_of
from broadcaster.render.sheet import line
from broadcaster.store import deliveries
from broadcaster.store.answers import Answer
from broadcaster.store.reached import Pile, Reached
from broadcaster.web import evidence
from broadcaster.web.calls import Call, given
from broadcaster.web.console.curve import Curve, curve
from broadcaster.web.console.progress import GROUPS
from broadcaster.web.console.words import Words
from broadcaster.web.describing import says
from broadcaster.web.evidence import Evidence
from broadcaster.web.posters import PRINTER, Pdf
from broadcaster.workflow import bulletins

CSV = "text/csv"
_PAGE = 5_000
_HEADER = ("soort", "tijd", "wie", "wat", "kanaal", "taal", "stand", "reden", "kenmerk", "pogingen", "kopieen")
_OF = Words("nl").of
Csv = Annotated[str, Field(description="comma-separated values (RFC 4180) in UTF-8, safe to open in a spreadsheet")]


async def _evidence(call: Call) -> Evidence:
    return await call.parts.store.read(evidence.read, call.parts.house, call.id, call.parts.clock.now())


@says(Evidence)
async def as_json(call: Call) -> Answer:
    """`GET /v1/alerts/{id}/report.json`: what an evaluator asks: who read, decided and did what, when, and whom it
    reached; no addresses."""
    return given(await _evidence(call))


@says(Pdf, media_type=PDF, refuses=("invalid",))
async def as_pdf(call: Call) -> web.Response:
    """`GET /v1/alerts/{id}/report.pdf`: the same on paper, in Dutch."""
    found = await _evidence(call)
    places = await asyncio.to_thread(bulletins.places_of, call.parts.house.settings.areas)  # reads outlines at first
    made = await call.request.app[PRINTER].pdf(paper(found, places))
    return web.Response(body=made, headers={"Content-Type": PDF, **_named(found, "pdf")})


def paper(found: Evidence, places: Sequence[Place] = ()) -> Report:
    """The report as it is drawn, with a map where `places` has the areas of the house."""
    return report_of(found, _OF, line_of(found), areas.chart(places, found["area_ids"]))


def line_of(found: Evidence) -> Curve | None:
    """The line that the page of the alert shows."""
    piles = [
        Pile(item["channel"], item["language"], State(item["state"]), item["reason"], item["count"])
        for item in found["counts"]
    ]
    steps = [(datetime.fromisoformat(item["at"]), item["reached"]) for item in found["over_time"]]
    under_way = sum(pile.count for pile in piles if pile.state in GROUPS["under_way"])
    read = Reached(tuple(piles), tuple(steps), datetime.fromisoformat(found["read_at"]))
    return curve(read, datetime.fromisoformat(found["began_at"]), under_way)


@says(Csv, media_type=CSV)
async def as_csv(call: Call) -> web.StreamResponse:
    """`GET /v1/alerts/{id}/report.csv`: what happened, what was done by hand, and each delivery with its state; whose
    it is, only the database knows."""
    found = await _evidence(call)
    response = web.StreamResponse(headers={"Content-Type": f"{CSV}; charset=utf-8", **_named(found, "csv")})
    await response.prepare(call.request)
    await response.write("".join(head(found)).encode())
    after, read = 0, call.parts.store.read
    while part := await read(partial(delivered, alert_id=call.id, after=after)):
        await response.write("".join(part[0]).encode())
        after = part[1]
    await response.write_eof()
    return response


def _named(found: Evidence, suffix: str) -> dict[str, str]:
    name = f"verslag-nr-{found['number']}.{suffix}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}


def head(found: Evidence) -> Iterator[str]:
    """The lines above the deliveries: what each column is, what happened, what was done by hand."""
    yield line(_HEADER)
    for item in found["timeline"]:
        what = _OF("event", item["event"])
        more = _OF("reason", item["detail"] or "")
        yield line(("gebeurtenis", item["at"], item["who"], what, item["channel"], "", "", more, "", "", ""))
    for task in found["by_hand"]:
        who, why = task["by"] or task["owner"], task["reason"]
        at = task["placed_at"] or task["due_at"]
        yield line(("met de hand", at, who, task["where"], task["name"], "", hand_state(task), why, "", "", ""))


def delivered(conn: Connection, alert_id: str, after: int) -> tuple[list[str], int] | None:
    """The lines of some deliveries after number `after`, and the number of the last; None when there is none."""
    rows = deliveries.listed(conn, alert_id, None, after, _PAGE)
    if not rows:
        return None
    return [
        line(
            (
                "verzending", row["state_at"].isoformat(timespec="seconds"), "", "", row["kind"], row["language"],
                STATES[row["state"]], row["reason"], ids.reference(alert_id, row["n"]), row["attempts"],
                row["transmissions"],
            )
        )
        for row in rows
    ], rows[-1]["n"]  # fmt: skip
