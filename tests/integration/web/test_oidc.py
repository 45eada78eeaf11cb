"""People sign in at a provider of OpenID Connect, a real one in a process of its own; and by nothing it did not say."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from yarl import URL

from broadcaster.seal import load_client_key
from broadcaster.store import journal, sessions
from broadcaster.wiring import staff
from tests.databases import Databases
from tests.elsewhere import CALLBACK, CLIENT, Elsewhere, key_in, running
from tests.houses import CONFIGURATION, TestHouse, house
from tests.integration.web.site import PASSWORD, MovableClock, Reply, Site, cookie_of, serving


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """One provider for these tests; each tells it anew what it needs."""
    with running() as (port, _):
        yield port


@dataclass
class Town:
    """A hub, and the provider that its people may sign in at."""

    site: Site
    elsewhere: Elsewhere

    async def set_out(self, cookie: str = "", wanted: str = "/console/drafts") -> tuple[str, str]:
        """To the provider: its address, and what the browser keeps."""
        reply = await self.site.get(None, f"/console/sign-in/oidc?next={wanted}")
        assert reply.status_code == 303, reply.text
        return reply.headers["Location"], cookie_of(reply)

    async def come_back(self, where: str, kept: str, **changed: str | None) -> Reply:
        """From the provider, with what stands in the address; `changed` where a test wants to."""
        query = dict(parse_qsl(urlsplit(where).query)) | changed
        url = URL(CALLBACK).with_query({name: value for name, value in query.items() if value is not None})
        return await self.site.get(None, str(url), Cookie=kept)

    async def sign_in(self, **lies: Any) -> Reply:
        """The whole way, with an id token that lies."""
        await self.elsewhere.tell(lies=lies)
        url, kept = await self.set_out()
        return await self.come_back(await self.elsewhere.visit(url), kept)

    async def link(self, name: str, password: str = PASSWORD) -> Reply:
        """Somebody says on their own page who they are at the provider."""
        cookie = await self.site.signed_in(name)
        page = await self.site.form("/console/account/identity", {"password": password}, Cookie=cookie)
        way = re.search(r'href="(http://127[^"]+/authorize[^"]+)"', page.text)
        if way is None:
            return page
        where = await self.elsewhere.visit(unescape(way[1]))
        return await self.come_back(where, f"{cookie}; {cookie_of(page)}")


@pytest.fixture
async def town(databases: Databases, port: int, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Town]:
    """On SQLite: what the database has part in, other tests show on both."""
    async with _town(databases.create_sqlite(tmp_path).url, port, clock, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def _town(url: str, port: int, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Town]:
    async with aiohttp.ClientSession() as session:
        elsewhere = Elsewhere(port, session)
        configuration = CONFIGURATION + elsewhere.table(tmp_path)
        async with (
            house(url, clock=clock, configuration=configuration) as h,
            serving(h, client_key=load_client_key(key_in(tmp_path))) as site,
        ):
            await elsewhere.knows("https://crisis.voorbeeldstad.example", site.url)
            yield Town(site, elsewhere)


async def _events(h: TestHouse, *kinds: str) -> list[dict[str, Any]]:
    return [line for line in await h.store.read(lambda conn: list(journal.lines(conn))) if line["kind"] in kinds]


async def test_who_linked_it_signs_in_at_the_provider_and_is_who_they_are_here(town: Town) -> None:
    h = town.site.house
    nobody = await town.sign_in()
    assert (nobody.status_code, "hoort hier nog bij niemand" in nobody.text) == (403, True)
    wrong = await town.link("anna", "geraden")
    assert (wrong.status_code, "dit wachtwoord klopt niet" in wrong.text) == (403, True)
    linked = await town.link("anna")
    assert (linked.status_code, linked.headers["Location"]) == (303, "/console/account")
    reply = await town.sign_in()
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/drafts")
    cookie = cookie_of(reply)
    assert (await town.site.get(None, "/v1/drafts", Cookie=cookie)).status_code == 200
    [*_, line] = await _events(h, "SignedIn")
    assert (line["actor"], line["data"]) == (h.callers["anna"].person_id, {"how": "oidc"})
    assert [line["actor"] for line in await _events(h, "IdentityLinked")] == [h.callers["anna"].person_id]
    other = await town.link("bert")
    assert other.status_code == 409  # one person there is one person here
    gone = await town.site.form("/console/account/identity/remove", {"password": PASSWORD}, Cookie=cookie)
    assert gone.status_code == 200
    assert (await town.sign_in()).status_code == 403


LIES: dict[str, dict[str, Any]] = {
    "signed by nobody": {"alg": "none"},
    "signed with our copy of the public key": {"alg": "HS256"},
    "signed by a stranger with the same key id": {"foreign": True},
    "signed as nobody allows": {"alg": "RS512"},
    "of another sign-in": {"claims": {"nonce": "a" * 43}},
    "without a nonce": {"claims": {"nonce": None}},
    "for another client": {"claims": {"aud": "another"}},
    "for several, and not said for whom": {"claims": {"aud": [CLIENT, "another"]}},
    "for several, and meant for another": {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
    "meant for another": {"claims": {"azp": "another"}},
    "for nobody": {"claims": {"aud": None}},
    "by another issuer": {"claims": {"iss": "https://elders.example"}},
    "long expired": {"claims": {"exp": 1_700_000_000}},
    "without an end": {"claims": {"exp": None}},
    "with an end that is text": {"claims": {"exp": "morgen"}},
    "made long ago": {"claims": {"iat": 1_700_000_000}},
    "not valid yet": {"claims": {"nbf": 4_000_000_000}},
    "about nobody": {"claims": {"sub": None}},
    "about somebody with a name of ten pages": {"claims": {"sub": "x" * 5000}},
}


async def test_no_id_token_lets_in_that_is_not_wholly_right(town: Town) -> None:
    await town.link("anna")
    for lie, how in LIES.items():
        reply = await town.sign_in(**how)
        assert (reply.status_code, "Daar bent u niet aangemeld" in reply.text) == (403, True), lie
        assert "__Host-omroeper=" not in reply.headers.get("Set-Cookie", ""), lie
    assert (await town.sign_in(claims={"aud": [CLIENT, "another"], "azp": CLIENT})).status_code == 303
    assert (await town.sign_in()).status_code == 303


async def test_what_comes_back_counts_once_in_the_browser_that_went_and_from_that_provider(
    town: Town, clock: MovableClock
) -> None:
    await town.link("anna")
    url, kept = await town.set_out()
    where = await town.elsewhere.visit(url)
    _, stranger = await town.set_out()
    refused = {
        "another state": await town.come_back(where, kept, state="a" * 43),
        "no state": await town.come_back(where, kept, state=None),
        "another browser": await town.come_back(where, stranger),
        "no browser of ours": await town.come_back(where, "a=b"),
    }
    for what, reply in refused.items():
        assert (reply.status_code, "in een andere browser" in reply.text) == (403, True), what
    assert (await town.come_back(where, kept)).status_code == 303
    assert (await town.come_back(where, kept)).status_code == 403  # the state is used up
    for changed in ({"iss": "https://elders.example"}, {"iss": None}, {"code": "geraden"}, {"code": None}):
        url, kept = await town.set_out()
        reply = await town.come_back(await town.elsewhere.visit(url), kept, **changed)
        assert reply.status_code in (403, 503), changed
    url, kept = await town.set_out()
    where = await town.elsewhere.visit(url)
    clock.move(301)
    assert (await town.come_back(where, kept)).status_code == 403


async def test_a_code_is_of_no_use_in_another_sign_in(town: Town) -> None:
    """PKCE (RFC 7636): a code that was caught on the way does not fit what another browser keeps."""
    await town.link("anna")
    url, _ = await town.set_out()
    caught = dict(parse_qsl(urlsplit(await town.elsewhere.visit(url)).query))["code"]
    url, kept = await town.set_out()
    reply = await town.come_back(await town.elsewhere.visit(url), kept, code=caught)
    assert reply.status_code == 503  # the provider refuses it


async def test_a_new_key_of_the_provider_is_fetched_when_it_is_used(town: Town, clock: MovableClock) -> None:
    await town.link("anna")
    clock.move(11)  # the keys are asked for anew at most once in ten seconds
    assert (await town.sign_in(rotate=True)).status_code == 303
    before = (await town.elsewhere.tell())["keys_asked"]
    for _ in range(5):
        assert (await town.sign_in(kid="made up")).status_code == 403
    assert (await town.elsewhere.tell())["keys_asked"] - before <= 1


async def test_a_description_of_another_issuer_is_not_believed(town: Town) -> None:
    await town.elsewhere.tell(says_issuer="https://elders.example")
    reply = await town.site.get(None, "/console/sign-in/oidc")
    assert (reply.status_code, "niet te bereiken" in reply.text) == (503, True)


async def test_who_is_let_in_by_nobody_there_is_not_let_in_here(town: Town) -> None:
    await town.elsewhere.tell(refuses=True)
    url, kept = await town.set_out()
    assert (await town.come_back(await town.elsewhere.visit(url), kept)).status_code == 403


async def test_with_the_provider_away_the_page_says_so_and_the_password_works(
    databases: Databases, clock: MovableClock, tmp_path: Path
) -> None:
    with running() as (port, stop):
        async with _town(databases.create_sqlite(tmp_path).url, port, clock, tmp_path) as town:
            url, kept = await town.set_out()
            where = await town.elsewhere.visit(url)
            stop()
            half = await town.come_back(where, kept)
            assert (half.status_code, "niet te bereiken" in half.text) == (503, True)
            clock.move(3600)  # what it said of itself is believed for an hour
            reply = await town.site.get(None, "/console/sign-in/oidc?next=/console/drafts")
            assert (reply.status_code, "niet te bereiken" in reply.text) == (503, True)
            assert 'name="password"' in reply.text
            await town.site.signed_in("anna")


async def test_a_person_who_left_is_not_let_in_and_a_reset_takes_the_link_away(town: Town) -> None:
    h = town.site.house
    await town.link("carla")
    await h.store.run(staff.reset, "carla", PASSWORD)
    assert (await town.sign_in()).status_code == 403
    await town.link("carla")
    await h.store.run(staff.disable, "carla")
    assert (await town.sign_in()).status_code == 403
    assert await h.store.read(sessions.listed, h.callers["carla"].person_id, h.clock.now()) == []


async def test_a_link_is_made_in_the_session_that_asked_for_it(town: Town) -> None:
    anna, bert = await town.site.signed_in("anna"), await town.site.signed_in("bert")
    page = await town.site.form("/console/account/identity", {"password": PASSWORD}, Cookie=anna)
    way = re.search(r'href="(http://127[^"]+/authorize[^"]+)"', page.text)
    assert way
    where = await town.elsewhere.visit(unescape(way[1]))
    assert (await town.come_back(where, f"{bert}; {cookie_of(page)}")).status_code == 403
    assert (await town.sign_in()).status_code == 403


async def test_where_no_provider_is_configured_there_is_nothing_to_see(site: Site) -> None:
    assert "/console/sign-in/oidc" not in (await site.get(None, "/console/sign-in")).text
    for path in ("/console/sign-in/oidc", CALLBACK, "/console/sign-in/oidc/keys"):
        assert (await site.get(None, path)).status_code == 404
