"""The public page: what is valid now, for everybody, and nothing that is not public."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from broadcaster.web.front import Front
from tests.houses import INFOS, TestHouse
from tests.integration.web.site import MovableClock, Reply, Site, serving


@dataclass(frozen=True, slots=True)
class Street:
    """A house with its public page."""

    house: TestHouse
    site: Site
    front: Front

    async def look(self, **headers: str) -> Reply:
        return await self.site.get(None, "/", **headers)

    async def release(self, **changed: object) -> None:
        await self.house.released(self.house.content(**changed))
        await self.front.refresh()


@pytest.fixture
async def street(h: TestHouse, clock: MovableClock) -> AsyncIterator[Street]:
    front = Front(h.store, h.house, clock)
    async with serving(h, page=front.page) as site:
        yield Street(h, site, front)


async def test_when_nothing_is_valid_it_says_so(street: Street) -> None:
    reply = await street.look()
    assert reply.status_code == 200
    assert "Er is nu geen bericht." in reply.text
    assert "There is no message now." in reply.text


async def test_a_notice_stands_there_in_each_of_its_languages_with_all_that_every_output_carries(
    street: Street,
) -> None:
    await street.release()
    text = (await street.look()).text
    for language in ("nl", "en"):
        assert f'<section id="{language}" lang="{language}" dir="ltr"' in text
        assert f'href="#{language}"' in text
        for slot in ("headline", "description", "impact"):
            assert INFOS[language][slot] in text
    for words in ("Blijf thuis als dat kan.", "Nr 1", "Geldig tot", "Volgend bericht", "Situatie van", "Afzender:"):
        assert words in text
    assert "Er is nu geen bericht." not in text


async def test_easy_dutch_stands_apart_with_a_name_and_a_tag_of_its_own(street: Street) -> None:
    await street.release(infos={**INFOS, "nl-easy": INFOS["nl"]})
    text = (await street.look()).text
    assert '<section id="nl-easy" lang="nl-simple" dir="ltr"' in text
    assert '<h2 id="in-nl-easy">Eenvoudig Nederlands</h2>' in text
    assert '<h2 id="in-nl">Nederlands</h2>' in text
    assert 'lang="nl-easy"' not in text


async def test_everybody_gets_the_same_bytes_and_a_cache_may_keep_them(street: Street) -> None:
    await street.release()
    first, second = await street.look(), await street.look(Accept_Language="ar", Cookie="a=b")
    assert first.text == second.text
    assert first.headers["Cache-Control"] == "public, max-age=15, stale-while-revalidate=60"
    assert "Set-Cookie" not in first.headers
    known = await street.look(If_None_Match=first.headers["ETag"])
    assert (known.status_code, known.text) == (304, "")
    await street.release(severity="Minor")
    assert (await street.look(If_None_Match=first.headers["ETag"])).status_code == 200


async def test_it_needs_no_script_and_lets_none_run(street: Street) -> None:
    infos = {language: texts | {"headline": "<script>alert(1)</script>"} for language, texts in INFOS.items()}
    await street.release(infos=infos)
    reply = await street.look()
    assert "<script" not in reply.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize("status", ["Exercise", "Test"])
async def test_an_exercise_is_never_on_it(street: Street, status: str) -> None:
    before = await street.look()
    await street.release(status=status)
    assert (await street.look()).text == before.text


async def test_what_was_not_approved_is_not_on_it(street: Street) -> None:
    before = await street.look()
    await street.house.submit("anna")
    await street.front.refresh()
    assert (await street.look()).text == before.text


async def test_a_message_to_a_group_alone_is_nobody_elses_business(street: Street) -> None:
    before = await street.look()
    doctors = {"groups": ["artsen"], "areas": ["zuid"], "expected": 1}
    await street.release(channels=["sms"], audience=doctors, areas=["zuid"])
    assert (await street.look()).text == before.text
    await street.release()  # it holds up no other either
    after = await street.look()
    assert "Nr 2" in after.text
    assert "Nr 1" not in after.text


async def test_a_notice_leaves_it_when_its_time_is_over(street: Street, clock: MovableClock) -> None:
    await street.release()
    clock.move(timedelta(hours=6, seconds=1).total_seconds())
    await street.front.refresh()
    assert "Er is nu geen bericht." in (await street.look()).text


async def test_the_most_severe_notice_stands_first(street: Street) -> None:
    await street.release(severity="Minor")
    await street.release(severity="Extreme")
    text = (await street.look()).text
    assert text.index("Nr 2") < text.index("Nr 1")


async def test_search_engines_find_the_public_page_and_nothing_else(street: Street) -> None:
    reply = await street.site.get(None, "/robots.txt")
    assert reply.text == "User-agent: *\nAllow: /$\nDisallow: /\n"
    icon = await street.site.get(None, "/favicon.ico")
    assert icon.headers["Content-Type"] == "image/svg+xml"
