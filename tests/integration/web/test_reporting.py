"""Reports of alerts: the page, JSON, PDF, CSV and the command line say the same."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from sqlalchemy import Connection, text

from broadcaster.cli.report import _evidence, _written
from broadcaster.model.events import SYSTEM, Event
from broadcaster.render.printing import printed
from broadcaster.store import deliveries, journal
from broadcaster.store.deliveries import NOT_APPROVED
from broadcaster.web import evidence
from broadcaster.web.console.dress import LANGUAGE_COOKIE
from broadcaster.web.evidence import Evidence
from broadcaster.web.reporting import line_of, paper
from broadcaster.workflow import publishing
from broadcaster.workflow.bulletins import places_of
from tests.houses import HIDDEN, TestHouse
from tests.integration.web.site import Site

FORMULA = '=HYPERLINK("http://evil.example","klik")'


def _expand(conn: Connection, h: TestHouse, alert_id: str) -> None:
    while deliveries.expand(conn, alert_id, h.house.accounts, h.clock.now()):
        pass
    state = "CASE n % 3 WHEN 0 THEN 'failed' WHEN 1 THEN 'delivered' ELSE 'uncertain' END"
    query = f"UPDATE delivery SET state = {state}, due_at = NULL, reason = CASE n % 3 WHEN 0 THEN 'bad-address' END"
    conn.execute(text(query))


async def _story(site: Site) -> str:
    """An alert that went out, of which something was placed by hand where somebody typed a formula."""
    submitted = await site.submitted()
    site.house.clock.move(30)  # type: ignore[attr-defined]
    assert (await site.approve("dirk", submitted)).status_code == 200
    alert = str(submitted["alert"])
    site.house.clock.move(60)  # type: ignore[attr-defined]
    await site.house.store.run(_expand, site.house, alert)
    found = {
        item["channel"]: item["id"] for item in (await site.get("anna", f"/v1/alerts/{alert}/tasks")).json["items"]
    }
    where = f"/v1/alerts/{alert}/tasks"
    await site.post("anna", f"{where}/{found['website']}", {"do": "placed", "where": FORMULA})
    await site.post("carla", f"{where}/{found['crisis-nl']}", {"do": "not-needed", "reason": "@de regio doet dit"})
    return alert


async def test_the_evidence_says_who_decided_whom_it_reached_and_what_happened_and_adds_up(site: Site) -> None:
    alert = await _story(site)
    found = (await site.get("vera", f"/v1/alerts/{alert}/report.json")).json
    assert (found["approval"]["by"], found["approval"]["means"]) == ("dirk", "second-person")
    assert found["writers"] == ["anna"]
    assert found["total"] == sum(item["count"] for item in found["counts"]) > 3
    assert found["reached"] == sum(item["count"] for item in found["counts"] if item["state"] == "delivered")
    happened = [item["event"] for item in found["timeline"]]
    assert happened[:1] == ["DraftCreated"]
    assert {"AlertSubmitted", "AlertApproved", "AlertReleased", "TaskPlaced", "TaskNotNeeded"} <= set(happened)
    assert {item["channel"]: item["state"] for item in found["by_hand"]}["website"] == "placed"
    assert len(found["texts"]) == len((await site.get("vera", f"/v1/alerts/{alert}/renditions")).json["items"])
    assert (await site.get("vera", f"/v1/alerts/{'0' * 26}/report.json")).problem == "not-found"


async def test_the_csv_has_every_delivery_without_an_address_and_no_formula(site: Site) -> None:
    alert = await _story(site)
    reply = await site.get("vera", f"/v1/alerts/{alert}/report.csv")
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(reply.text, newline=""), strict=True)
    assert all(len(row) == len(header) for row in rows)
    sent = [row for row in rows if row[0] == "verzending"]
    assert len(sent) == (await site.get("vera", f"/v1/alerts/{alert}/report.json")).json["total"]
    assert {row[header.index("stand")] for row in sent} == {"mislukt", "afgeleverd", "onzeker"}
    assert any(f"'{FORMULA}" in row for row in rows)
    assert not [value for row in rows for value in row if value.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not [hidden for hidden in HIDDEN if hidden in reply.text]


@pytest.mark.parametrize("status", ["Actual", "Exercise"])
async def test_the_pdf_is_one_for_everybody_who_reads_with_a_screen_reader(h: TestHouse, status: str) -> None:
    row = await h.released(h.content(status=status, exercise="Oefening" if status == "Exercise" else None))
    found = await h.store.read(_found, h, row.id)
    report = paper(found, places_of(h.house.settings.areas))
    assert report.word == (None if status == "Actual" else "OEFENING")
    made = await printed(report)
    assert made.startswith(b"%PDF-")
    assert b"pdfuaid:part" in made
    assert await printed(report) == made


async def test_the_drawings_on_paper_say_in_words_what_they_show(h: TestHouse) -> None:
    row = await h.released()
    await h.store.run(_expand, h, row.id)
    found = await h.store.read(_found, h, row.id)
    made = await printed(paper(found, places_of(h.house.settings.areas)))
    with pikepdf.open(io.BytesIO(made)) as pdf:
        chart, line = alternatives(pdf.Root.StructTreeRoot)
    assert chart.startswith("Kaart met het noorden boven. Gearceerd: Noord. De witte gebieden")
    assert f" {found['reached']}, van {found['total']} in totaal." in line
    bare = paper(found)
    assert (bare.chart, paper({**found, "over_time": []}).curve) == (None, None)


def alternatives(node: Any) -> list[str]:
    """What the tags of a PDF say of its figures, in the order of reading."""
    if isinstance(node, pikepdf.Array):
        return [said for item in node for said in alternatives(item)]
    if not isinstance(node, pikepdf.Dictionary):
        return []
    own = [str(node.Alt)] if node.get("/S") == "/Figure" else []
    return own + alternatives(node.get("/K"))


async def test_the_curve_on_paper_is_that_of_the_page(site: Site) -> None:
    alert = await _story(site)
    report = (await site.get("vera", f"/v1/alerts/{alert}/report.json")).json
    page = (await site.get("vera", f"/console/alerts/{alert}")).text
    line = line_of(report)
    assert line is not None
    assert f'points="{line.line}"' in page
    assert report["over_time"][-1]["reached"] == report["reached"]
    drawn = paper(report).curve
    assert drawn is not None
    assert drawn["points"] == line.points
    assert all(f">{mark}<" in page for mark in drawn["marks"])


def _found(conn: Connection, h: TestHouse, alert_id: str) -> Evidence:
    return evidence.read(conn, h.house, alert_id, h.clock.now())


async def test_the_page_names_the_approval_and_leads_to_the_report(site: Site) -> None:
    alert = await _story(site)
    page = (await site.get(None, f"/console/alerts/{alert}", Cookie=await site.signed_in("vera"))).text
    assert "een tweede persoon" in page
    for suffix in ("pdf", "csv", "json"):
        assert f"/v1/alerts/{alert}/report.{suffix}" in page
    pdf = await site.get("vera", f"/v1/alerts/{alert}/report.pdf")
    assert (pdf.status_code, pdf.headers["Content-Type"]) == (200, "application/pdf")


async def test_the_command_line_says_what_the_hub_says_by_id_or_number(h: TestHouse, tmp_path: Path) -> None:
    row = await h.released()
    await h.store.run(_expand, h, row.id)
    settings = h.house.settings
    by_id, by_number = [await h.store.read(_evidence, settings, named) for named in (row.id, "1")]
    same = await h.store.read(_found, h, row.id)
    for found in (by_id, by_number):
        assert json.dumps({**found, "read_at": ""}) == json.dumps({**same, "read_at": ""})
    file = tmp_path / "verslag.csv"
    await h.store.read(_written, by_id, file)
    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    assert len([one for one in rows if one[0] == "verzending"]) == by_id["total"]


async def test_who_reads_that_something_was_held_back_reads_where_and_what_to_do(site: Site, h: TestHouse) -> None:
    alert = str((await site.submitted())["alert"])
    event = Event("DeliveriesRefused", SYSTEM, alert, {"reason": NOT_APPROVED, "count": 2})
    await h.store.run(journal.append, [event], h.clock.now())
    await h.store.run(publishing.expire, h.house, h.clock.now() + timedelta(days=1))  # a page of what is over
    cookie = await site.signed_in("vera")
    where = f"/console/alerts/{alert}"
    page = (await site.get(None, where, Cookie=cookie)).text
    assert "wat in de database van de centrale staat, is niet wat er is geaccordeerd" in page
    assert "Bel nu de beheerder, en maak daarna een nieuw bericht (2 adressen)" in page
    assert NOT_APPROVED not in page
    page = (await site.get(None, where, Cookie=f"{cookie}; {LANGUAGE_COOKIE}=en")).text
    assert "what stands in the hub&#39;s database is not what was approved" in page
    assert "Call the administrator now, and write a new message after that (2 addresses)" in page
    told = (await site.get("vera", f"/v1/alerts/{alert}/report.csv")).text
    assert "niet zoals het is geaccordeerd" in told
