"""`/uit/{token}`: one press, by whoever has the link, and nothing before it."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection, text

from broadcaster.ids import reference
from broadcaster.render.bookends import visible
from broadcaster.seal import Seal
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import receiving, unsubscribing
from tests.houses import TestHouse
from tests.integration.web.site import Site

ONE_CLICK = {"Content_Type": "application/x-www-form-urlencoded"}  # RFC 8058, section 3.2
ELSEWHERE = {"Origin": "https://mail.elders.example", "Sec_Fetch_Site": "cross-site"}


def link_to(seal: Seal, reference: str) -> str:
    hub = "https://crisis.voorbeeldstad.example"
    return unsubscribing.links(seal, hub)(reference).removeprefix(hub)


def link(seal: Seal, alert: AlertRow, n: int) -> str:
    return link_to(seal, reference(alert.id, n))


async def addressees(h: TestHouse, alert: AlertRow) -> dict[str, int]:
    """The numbers of an alert's mailboxes."""

    def read(conn: Connection) -> dict[str, int]:
        query = "SELECT e.n, a.sealed FROM addressee e JOIN address a ON a.id = e.address_id WHERE e.alert_id = :a"
        return {h.seal.open(bytes(sealed), "email"): n for n, sealed in conn.execute(text(query), {"a": alert.id})}

    return dict(await h.store.read(read))


async def kept(h: TestHouse) -> int:
    return await h.store.read(lambda conn: int(conn.scalar(text("SELECT count(*) FROM fact"))))


async def out(h: TestHouse) -> set[str]:
    """The addresses that get nothing more, after all that waits was applied."""
    reader: Mapping[str, receiving.Reader] = {unsubscribing.ACCOUNT: unsubscribing.reader(h.seal)}
    await h.store.run(receiving.apply_waiting, h.seal, reader, 0, h.clock.now())

    def read(conn: Connection) -> set[str]:
        rows = conn.execute(text("SELECT kind, sealed FROM address WHERE opted_out_at IS NOT NULL"))
        return {h.seal.open(bytes(sealed), kind) for kind, sealed in rows}

    return set(await h.store.read(read))


@pytest.fixture
async def alert(h: TestHouse) -> AlertRow:
    return (await h.submit("anna", h.content(channels=["email"]))).alert


async def test_reading_the_page_changes_nothing_and_one_press_ends_it(
    site: Site, h: TestHouse, alert: AlertRow
) -> None:
    where = link(h.seal, alert, (await addressees(h, alert))["visser@example.org"])
    assert (await site.call(None, "HEAD", where)).status_code == 200
    page = await site.get(None, where)
    assert page.status_code == 200
    assert '<html class="voorbeeld-theme" lang="nl" dir="ltr">' in page.text
    assert '<form method="post">' in page.text
    assert (await kept(h), await out(h)) == (0, set())
    pressed = await site.post(None, where, b"", **ONE_CLICK)
    assert (pressed.status_code, visible(pressed.text)[0]) == (200, "U krijgt geen berichten meer")
    assert "Gemeente Voorbeeldstad" in pressed.text
    assert (await kept(h), await out(h)) == (1, {"visser@example.org"})
    again = await site.get(None, where)
    assert "U krijgt geen berichten meer" in again.text
    assert "<form" not in again.text


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"List-Unsubscribe=One-Click", ONE_CLICK),
        (b"List-Unsubscribe=One-Click", ONE_CLICK | ELSEWHERE),
        (b"--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n",
         {"Content_Type": "multipart/form-data; boundary=x"}),
        (b"", {}),
    ],
    ids=["form", "from another site", "multipart", "the button"],
)  # fmt: skip
async def test_a_mail_program_may_press_for_its_reader(
    site: Site, h: TestHouse, alert: AlertRow, body: bytes, headers: dict[str, str]
) -> None:
    where = link(h.seal, alert, (await addressees(h, alert))["brown@example.org"])
    pressed = await site.post(None, f"{where}?utm_source=mail", body, **headers)
    assert (pressed.status_code, "Set-Cookie" in pressed.headers) == (200, False)
    assert 'lang="en"' in pressed.text
    assert await out(h) == {"brown@example.org"}


async def test_pressing_again_is_the_same_and_keeps_nothing_more(site: Site, h: TestHouse, alert: AlertRow) -> None:
    where = link(h.seal, alert, (await addressees(h, alert))["visser@example.org"])
    for _ in range(3):
        assert (await site.post(None, where)).status_code == 200
        assert await out(h) == {"visser@example.org"}
    assert await kept(h) == 1


async def test_a_link_that_we_did_not_make_opts_nobody_out(site: Site, h: TestHouse, alert: AlertRow) -> None:
    numbers = await addressees(h, alert)
    mine = link(h.seal, alert, numbers["visser@example.org"])
    own, neighbour = (
        reference(alert.id, numbers["visser@example.org"]),
        reference(alert.id, numbers["brown@example.org"]),
    )
    wrong = [
        mine.replace(own, neighbour),
        mine[:-1],
        mine[:-1] + ("a" if mine[-1] != "a" else "b"),
        f"/uit/{own}",
        "/uit/x",
        "/uit/%00%ff",
        "/uit/" + "a" * 4000,
        link_to(Seal(bytes(32)), own),
        link_to(h.seal, reference(alert.id, 999)),
        link_to(h.seal, "01jd"),
    ]
    for where in wrong:
        for method in ("GET", "POST"):
            reply = await site.call(None, method, where)
            assert reply.status_code == 404, where
            assert "Deze link klopt niet" in reply.text
            assert 'lang="ar" dir="rtl"' in reply.text
    assert (await kept(h), await out(h)) == (0, set())


async def test_a_page_runs_nothing_and_says_nothing_of_whose_it_is(site: Site, h: TestHouse, alert: AlertRow) -> None:
    where = link(h.seal, alert, (await addressees(h, alert))["visser@example.org"])
    page = await site.get(None, where)
    assert "<script" not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("no-referrer", "no-store")
