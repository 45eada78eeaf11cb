"""The audience at a browser: a file is looked at line by line, and then all of it is taken, or nothing."""

import csv
import io
from functools import partial

import aiohttp
import pytest
from sqlalchemy import Connection

from broadcaster.store import intake, journal, sizes
from broadcaster.web import uploads
from broadcaster.workflow import importing
from tests.houses import ORGANISATION, RECIPIENTS, TestHouse
from tests.integration.web.site import PASSWORD, MovableClock, Reply, Site

HEADER = "name,language,groups,areas,sms,email,telegram"
VISSER = "J. Visser,nl,bewoners,noord,+31612345001,visser@example.org,"
SMIT = "M. Smit,nl,bewoners,noord,+31612345002,,"  # no longer in zuid
NEW = "N. Nieuw,nl,bewoners;sporters,noord,+31612349999,,"


async def choose(site: Site, cookie: str, *lines: str, data: bytes | None = None) -> Reply:
    """Send the form with a file, as a browser does."""
    form = aiohttp.FormData()
    form.add_field("organisation", ORGANISATION)
    whole = "\n".join([HEADER, *lines, ""]).encode() if data is None else data
    form.add_field("file", whole, filename="lijst.csv", content_type="text/csv")
    body = form()
    parts = io.BytesIO(await body.as_bytes())
    headers = {"Content_Type": body.headers["Content-Type"], "Sec_Fetch_Site": "same-origin", "Cookie": cookie}
    return await site.call(None, "POST", "/console/doelgroep", parts, **headers)


async def take(site: Site, cookie: str, **fields: str) -> Reply:
    return await site.form("/console/doelgroep/neem", {"how": "add", "password": PASSWORD, **fields}, Cookie=cookie)


async def shown(site: Site, cookie: str) -> str:
    return (await site.get(None, "/console/doelgroep", Cookie=cookie)).text


async def test_a_file_is_looked_at_and_nothing_is_taken_until_the_administrator_says_so(
    site: Site, h: TestHouse
) -> None:
    cookie = await site.signed_in("beheer")
    before = await h.store.read(sizes.of, ORGANISATION)
    assert (await choose(site, cookie, VISSER, SMIT, NEW)).status_code == 303
    page = await shown(site, cookie)
    for number, what in ((1, "nieuw"), (1, "veranderd"), (1, "hetzelfde gebleven"), (4, "op de lijst, maar niet")):
        assert f"<strong>{number}</strong> {what}" in page
    assert "1 groep die er nog niet is" in page
    assert await h.store.read(sizes.of, ORGANISATION) == before
    assert (await take(site, cookie, password="een ander")).status_code == 403
    assert await h.store.read(sizes.of, ORGANISATION) == before
    taken = await take(site, cookie)
    assert "1 nieuw, 2 bijgewerkt, 0 van de lijst" in taken.text
    after = await h.store.read(sizes.of, ORGANISATION)
    assert (after.people, after.groups["sporters"], after.areas["zuid"]) == (before.people + 1, 1, 2)
    [*_, line] = await h.store.read(lambda conn: list(journal.lines(conn)))
    assert (line["kind"], line["actor"]) == ("AudienceImported", h.callers["beheer"].person_id)
    assert (await take(site, cookie)).status_code == 409  # it was taken


async def test_who_is_missing_leaves_only_when_their_number_is_typed(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("beheer")
    await choose(site, cookie, VISSER)
    for typed in ("", "1", "5 mensen", "-5"):
        assert (await take(site, cookie, how="replace", going=typed)).status_code == 422
    assert (await h.store.read(sizes.of, ORGANISATION)).people == len(RECIPIENTS)
    await h.store.run(take_one_off, h)  # meanwhile the list changed: the number that was typed is another
    changed = await take(site, cookie, how="replace", going="5")
    assert (changed.status_code, "er zouden nu 4 mensen weggaan" in changed.text) == (409, True)
    assert (await h.store.read(sizes.of, ORGANISATION)).people == len(RECIPIENTS) - 1
    await choose(site, cookie, VISSER)
    assert (await take(site, cookie, how="replace", going="4")).status_code == 200
    assert (await h.store.read(sizes.of, ORGANISATION)).people == 1


def take_one_off(conn: Connection, h: TestHouse) -> None:
    """Somebody else takes the last of the list off it."""
    keep, _ = intake.put(conn, ORGANISATION, [importing.sealed(h.seal, one) for one in RECIPIENTS[:-1]], h.clock.now())
    intake.retire_others(conn, ORGANISATION, keep, h.clock.now())


async def test_every_wrong_line_is_named_by_number_and_rule_and_nothing_of_it_is_repeated(
    site: Site, h: TestHouse
) -> None:
    cookie = await site.signed_in("beheer")
    bad = ["=HYPERLINK(1),nl,,noord,+31612345009,,", "Geheim,nl,,geheim@plaats.example,+31612345009,,", "x"]
    many = [",nl,,noord,+31612345009,,"] * 300
    await choose(site, cookie, VISSER, *bad, *many)
    page = await shown(site, cookie)
    assert "regel 3" in page
    assert "<strong>regel 4</strong>: een gebied dat er niet is" in page
    report = await site.get(None, "/console/doelgroep/verslag.csv", Cookie=cookie)
    rows = list(csv.reader(io.StringIO(report.text.removeprefix("\ufeff"))))
    assert len(rows) == 1 + 303
    assert rows[3] == ["5", "het aantal kolommen klopt niet"]
    assert report.headers["Content-Type"].startswith("text/csv")
    assert not [part for part in ("geheim", "HYPERLINK", "2345009") if part in (page + report.text).casefold()]
    assert (await take(site, cookie)).status_code == 409
    assert (await h.store.read(sizes.of, ORGANISATION)).people == len(RECIPIENTS)


async def test_a_file_is_of_the_session_that_chose_it_and_gone_after_a_while(site: Site, clock: MovableClock) -> None:
    cookie = await site.signed_in("beheer")
    await choose(site, cookie, NEW)
    other = await site.signed_in("beheer")
    assert (await take(site, other)).status_code == 409
    assert (await site.get(None, "/console/doelgroep/verslag.csv", Cookie=other)).status_code == 404
    clock.move(uploads.KEPT_IN / 2)
    assert "file-report" in await shown(site, cookie)
    clock.move(uploads.KEPT_IN / 2)
    assert "file-report" not in await shown(site, cookie)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/csv"])
@pytest.mark.parametrize("data", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"\xff" * 3000])
async def test_what_is_no_form_with_a_file_is_refused_in_peace(site: Site, kind: str, data: bytes) -> None:
    cookie = await site.signed_in("beheer")
    headers = {"Content_Type": kind, "Sec_Fetch_Site": "same-origin", "Cookie": cookie}
    assert (await site.call(None, "POST", "/console/doelgroep", data, **headers)).status_code in (400, 415, 422)


async def test_a_file_beyond_the_limit_is_refused_before_it_is_read(site: Site) -> None:
    cookie = await site.signed_in("beheer")
    headers = {"Content_Type": "multipart/form-data; boundary=x", "Sec_Fetch_Site": "same-origin", "Cookie": cookie}
    large = io.BytesIO(b"--x\r\n" * (uploads.MOST_BYTES // 5 + 1))
    assert (await site.call(None, "POST", "/console/doelgroep", large, **headers)).status_code == 413


# --- the numbers -------------------------------------------------------------------------------------


def _messy() -> list[str]:
    """Rows that renew each other, share addresses, and take them over."""
    return [
        "A,nl,bewoners,noord,+31612340001,a@example.org,",
        "B,nl,bewoners,noord,+31612340002,a@example.org,",  # the mailbox is known by now: it is A
        "C,nl,bewoners,noord,+31612340001,,",  # and A has another number: this one is new
        VISSER,
        "J. de Visser,en,artsen,zuid,+31612345001,,",
        "M. Smit,nl,bewoners,noord;zuid,+31612345002,,",
    ]


async def test_what_was_said_beforehand_is_what_taking_does(h: TestHouse) -> None:
    data = "\n".join([HEADER, *_messy()]).encode()

    def both(conn: Connection) -> tuple[intake.Difference, dict[str, int], int]:
        rows = [importing.sealed(h.seal, one) for one in importing.parse(data, {"noord", "zuid"})]
        opened = partial(h.seal.open, context="name")
        said = intake.difference(conn, ORGANISATION, rows, opened)
        counts = importing.take(conn, ORGANISATION, rows, "x", h.clock.now(), replace=True)
        again = intake.difference(conn, ORGANISATION, rows[1:2] + rows[2:3] + rows[4:], opened)
        return said, counts, again.same

    said, counts, same = await h.store.run(both)
    assert (said.new, said.gone) == (counts["added"], counts["retired"]) == (2, 4)
    assert (said.changed, said.same) == (1, 1)
    assert counts["renewed"] == said.changed + said.same
    assert same == 4
