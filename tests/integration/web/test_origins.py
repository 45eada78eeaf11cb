"""A session's cookie counts only for requests that a page of ours made; and what people get when it does not."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from tests.databases import Databases
from tests.houses import TestHouse
from tests.integration.web.site import PASSWORD, Site, serving
from tests.integration.web.test_answering import Broken


@pytest.fixture
def store_url(databases: Databases, tmp_path: Path) -> str:
    return databases.create_sqlite(tmp_path).url  # where a request comes from is not the database's business


PUBLIC = "https://crisis.voorbeeldstad.example"
OURS = [
    {"Sec_Fetch_Site": "same-origin"},
    {"Sec_Fetch_Site": "same-origin", "Origin": "null"},  # what a browser says under "no-referrer"
    {"Origin": "http://{host}"},
    {"Origin": "HTTP://{host}"},
    {"Origin": PUBLIC},
]
FOREIGN = [
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "none"},
    {"Sec_Fetch_Site": ""},
    {"Sec_Fetch_Site": "same-origin, cross-site"},
    {"Sec_Fetch_Site": "cross-site", "Origin": "http://{host}"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://elders.example"},
    {"Origin": "http://{host}.elders.example"},
    {"Origin": "http://elders.example/{host}"},
    {"Origin": f"{PUBLIC}.elders.example"},
    {"Origin": f"{PUBLIC}/console"},
    {"Origin": "{host}"},
    {"Origin": "file://{host}"},
]
SILENT: list[dict[str, str]] = [{}]


def _said(headers: dict[str, str], site: Site) -> dict[str, str]:
    return {name: value.format(host=f"127.0.0.1:{site.port}") for name, value in headers.items()}


async def test_a_change_by_session_must_come_from_a_page_of_ours(site: Site) -> None:
    cookie = await site.signed_in("anna")
    for headers in OURS:
        said = _said(headers, site)
        assert (await site.post(None, "/v1/drafts", b"{}", Cookie=cookie, **said)).status_code == 400, headers
    for headers in FOREIGN + SILENT:
        reply = await site.post(None, "/v1/drafts", b"{}", Cookie=cookie, **_said(headers, site))
        assert (reply.status_code, reply.problem) == (403, "foreign"), headers


async def test_every_unsafe_method_is_looked_at_and_reading_is_not(site: Site) -> None:
    cookie, draft = await site.signed_in("anna"), await site.draft()
    path = f"/v1/drafts/{draft['id']}"
    for method in ("PATCH", "DELETE"):
        reply = await site.call(None, method, path, Cookie=cookie, Sec_Fetch_Site="cross-site", If_Match='"1"')
        assert (reply.status_code, reply.problem) == (403, "foreign")
    for method in ("GET", "HEAD"):
        assert (await site.call(None, method, path, Cookie=cookie, Sec_Fetch_Site="cross-site")).status_code == 200


async def test_a_token_is_sent_on_purpose_so_it_may_come_from_anywhere(site: Site) -> None:
    for headers in [*OURS, *FOREIGN, *SILENT]:
        assert (await site.post("anna", "/v1/drafts", b"{}", **_said(headers, site))).status_code == 400


async def test_a_token_beside_a_cookie_is_no_way_round(site: Site) -> None:
    cookie = await site.signed_in("vera")
    reply = await site.post("anna", "/v1/drafts", b"{}", Cookie=cookie, Sec_Fetch_Site="cross-site")
    assert (reply.status_code, reply.problem) == (403, "foreign")
    reply = await site.post("anna", "/v1/drafts", b"{}", Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert reply.status_code == 400  # as anna, who may


async def test_another_site_cannot_sign_a_browser_in_or_out(site: Site) -> None:
    cookie = await site.signed_in("anna")
    for headers in FOREIGN:
        said = (
            _said(headers, site) if "Sec_Fetch_Site" in headers else {"Sec_Fetch_Site": "none", **_said(headers, site)}
        )
        reply = await site.sign_in("anna", PASSWORD, **said)
        assert (reply.status_code, reply.headers.get("Set-Cookie")) == (403, None)
        assert (await site.form("/console/sign-out", {}, Cookie=cookie, **said)).status_code == 403
    assert (await site.get(None, "/v1/drafts", Cookie=cookie)).status_code == 200


async def test_signing_in_takes_a_client_that_is_no_browser(site: Site) -> None:
    await site.give_password("anna")
    raw = b"name=anna&password=een+lang+wachtwoord+van+Anna"
    reply = await site.call(None, "POST", "/console/sign-in", raw, Content_Type="application/x-www-form-urlencoded")
    assert reply.status_code == 303


# --- refusals as pages -----------------------------------------------------------------------------


async def test_a_refusal_on_a_page_is_a_page_with_the_same_words_and_status(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("anna")
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("locked"))
    async with serving(h, store=Broken(h.store, full)) as broken:
        away = await broken.sign_in("anna", PASSWORD)
    for reply, status_code, words in (
        (await site.form("/console/sign-out", Cookie=cookie, Sec_Fetch_Site="cross-site"), 403, "andere website"),
        (await site.call("scherm-noord", "POST", "/console/sign-out"), 403, "Uw rol mag dit niet"),
        (await site.get(None, "/console/sign-in?next=/&x=1"), 400, "dit veld"),
        (await site.call(None, "POST", "/console/sign-in", b"{}"), 415, "x-www-form-urlencoded"),
        (await site.form("/console/sign-in", {"name": "a" * 300_000}), 413, "te groot"),
        (await site.get(None, "/nergens", Accept="text/html"), 404, "Dit bestaat niet."),
        (away, 503, "urn:omroeper:request:"),
    ):
        assert reply.status_code == status_code, words
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
        assert words in reply.text or status_code == 400
        assert '<html lang="nl"' in reply.text
    assert "Retry-After" in away.headers


async def test_a_program_gets_a_problem_where_a_browser_gets_a_page(site: Site) -> None:
    assert (await site.get(None, "/nergens")).problem == "not-found"
    assert (await site.get(None, "/v1/nergens", Accept="text/html")).problem == "not-found"


async def test_who_is_not_signed_in_comes_back_to_the_page_they_asked_for(site: Site) -> None:
    reply = await site.form("/console/sign-out", Referer=f"{site.url}/console/drafts/1?a=b#c")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/sign-in?next=%2Fconsole%2Fdrafts%2F1")
    for referer in ("", "http://[", "https://elders.example"):
        reply = await site.form("/console/sign-out", Referer=referer)
        assert reply.headers["Location"] == "/console/sign-in?next=%2Fconsole"
    by_script = await site.form("/console/sign-out", HX_Request="true", HX_Current_URL=f"{site.url}/console/live")
    assert (by_script.status_code, by_script.headers["HX-Redirect"]) == (401, "/console/sign-in?next=%2Fconsole%2Flive")
