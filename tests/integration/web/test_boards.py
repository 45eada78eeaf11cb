"""The boards of support points over HTTP."""

import asyncio

from broadcaster.boards.serving import signed
from broadcaster.model.board import Mode
from tests.houses import TestHouse
from tests.integration.web.site import Site, serving

PATH = "/v1/boards/wijkhuis-noord"


def _publish(h: TestHouse, seq: int, mode: Mode = Mode.LIVE, text: str = "") -> str:
    jws = f"kop.{mode.value}{seq}{text}.handtekening"
    h.boards.publish("wijkhuis-noord", mode, signed(jws, seq))
    return jws


async def _waiting(h: TestHouse, count: int = 1) -> None:
    while h.boards.waiting() < count:  # noqa: ASYNC110 - the boards tell nobody who waits
        await asyncio.sleep(0.001)


async def test_a_display_gets_the_signed_board_byte_for_byte(site: Site, h: TestHouse) -> None:
    jws = _publish(h, 3)
    reply = await site.get("scherm-noord", PATH)
    assert (reply.status_code, reply.text) == (200, jws)
    assert reply.headers["Content-Type"] == "application/jose"
    assert reply.headers["API-Version"] == "1.0.0"
    assert (await site.get("vera", PATH)).text == jws


async def test_who_has_it_already_is_told_so(site: Site, h: TestHouse) -> None:
    _publish(h, 3)
    etag = (await site.get("scherm-noord", PATH)).headers["ETag"]
    for tags in (etag, f"W/{etag}", f'"x", {etag}'):
        known = await site.get("scherm-noord", PATH, If_None_Match=tags)
        assert (known.status_code, known.text, known.headers["ETag"]) == (304, "", etag)
    assert (await site.get("scherm-noord", PATH, If_None_Match='"x"')).status_code == 200
    assert (await site.get("scherm-noord", f"{PATH}?after=3")).status_code == 304
    assert (await site.get("scherm-noord", f"{PATH}?after=9")).status_code == 200


async def test_exercise_boards_are_asked_for_by_name(site: Site, h: TestHouse) -> None:
    live, exercise = _publish(h, 1), _publish(h, 7, Mode.EXERCISE)
    assert (await site.get("scherm-noord", PATH)).text == live
    assert (await site.get("scherm-noord", f"{PATH}?mode=exercise")).text == exercise
    assert (await site.get("scherm-noord", f"{PATH}?mode=test")).rules == [("mode", "enum")]


async def test_who_waits_is_woken_by_the_next_board(site: Site, h: TestHouse) -> None:
    _publish(h, 3)
    etag = (await site.get("scherm-noord", PATH)).headers["ETag"]
    waits = [
        asyncio.create_task(site.get("scherm-noord", f"{PATH}?after=3&wait=30")),
        asyncio.create_task(site.get("scherm-noord", f"{PATH}?after=3&wait=30", If_None_Match=etag)),
        asyncio.create_task(site.get("vera", f"{PATH}?wait=29.5", If_None_Match=etag)),
    ]
    await _waiting(h, 3)
    jws = _publish(h, 4)
    assert [(reply.status_code, reply.text) for reply in await asyncio.gather(*waits)] == [(200, jws)] * 3


async def test_a_board_signed_anew_under_its_number_is_news(site: Site, h: TestHouse) -> None:
    _publish(h, 3)
    etag = (await site.get("scherm-noord", PATH)).headers["ETag"]
    waits = asyncio.create_task(site.get("scherm-noord", f"{PATH}?after=3&wait=30", If_None_Match=etag))
    await _waiting(h)
    jws = _publish(h, 3, text="nieuw")
    assert (await waits).text == jws
    assert (await site.get("scherm-noord", f"{PATH}?after=3&wait=30", If_None_Match=etag)).text == jws


async def test_a_wait_ends_with_what_there_is(site: Site, h: TestHouse) -> None:
    assert (await site.get("scherm-noord", f"{PATH}?after=0&wait=0.01")).problem == "not-found"
    _publish(h, 3)
    assert (await site.get("scherm-noord", f"{PATH}?after=3&wait=0.01")).status_code == 304
    assert (await site.get("scherm-noord", f"{PATH}?after=2&wait=30")).status_code == 200
    assert h.boards.waiting() == 0


async def test_a_display_waits_for_the_first_board_too(site: Site, h: TestHouse) -> None:
    waits = asyncio.create_task(site.get("scherm-noord", f"{PATH}?after=0&wait=30"))
    await _waiting(h)
    jws = _publish(h, 1)
    assert (await waits).text == jws


async def test_numbers_in_a_question_are_checked(site: Site, h: TestHouse) -> None:
    _publish(h, 3)
    for query, rules in (
        ("after=-1", [("after", "range")]),
        ("after=9007199254740992", [("after", "range")]),
        ("after=" + "9" * 5000, [("after", "range")]),
        ("after=٣", [("after", "range")]),
        ("wait=61", [("wait", "range")]),
        ("wait=1e9", [("wait", "range")]),
        ("wait=nan", [("wait", "range")]),
        ("after=1&after=2", [("after", "duplicate")]),
        ("since=1&mode=live", [("since", "unknown")]),
    ):
        reply = await site.get("scherm-noord", f"{PATH}?{query}")
        assert (reply.status_code, reply.rules) == (400, rules)


async def test_a_hub_that_stops_answers_those_who_wait(h: TestHouse) -> None:
    _publish(h, 3)
    async with serving(h) as site:
        waits = asyncio.create_task(site.get("scherm-noord", f"{PATH}?after=3&wait=60"))
        await _waiting(h)
        await site.stop()
        assert (await waits).status_code == 304


async def test_keys_are_a_jwk_set(h: TestHouse) -> None:
    keys = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "abc"}], "roots": []}
    async with serving(h, key_set=lambda: keys) as site:
        reply = await site.get(None, "/v1/keys")
        assert reply.json == keys
        assert reply.headers["Content-Type"] == "application/jwk-set+json"
