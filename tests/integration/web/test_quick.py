"""The usual question of displays is answered before the application, the same byte for byte as the long way answers."""

import asyncio
import itertools
from typing import Any

import pytest

from broadcaster.boards.serving import Signed, signed
from broadcaster.model.board import Mode
from broadcaster.web import quick
from broadcaster.web.sightings import Sightings
from tests.houses import TestHouse
from tests.integration.web.site import Site, serving

POINT = "wijkhuis-noord"
PATH = f"/v1/boards/{POINT}"
USUAL = [PATH, f"{PATH}?wait=0", f"{PATH}?wait=0.01", f"{PATH}?after=3&wait=0.01", f"{PATH}?after=0&wait=0.01"]


def _publish(h: TestHouse, seq: int) -> Signed:
    board = signed(f"kop.live{seq}.handtekening", seq)
    h.boards.publish(POINT, Mode.LIVE, board)
    return board


def _asked(h: TestHouse, etag: str, *more: str, path: str = PATH, who: str = "scherm-noord") -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: hub", f"Authorization: Bearer {h.tokens.get(who, who)}"]
    return "\r\n".join([*lines, f"If-None-Match: {etag}", *more, "", ""]).encode()


async def _answers(site: Site, *requests: bytes) -> list[bytes]:
    """What comes back on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    answers = []
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        answers.append(head + await reader.readexactly(length))
    writer.close()
    return answers


@pytest.fixture
def long_ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of what went the long way."""
    gone: list[str] = []
    made = quick.Quick.__init__

    def counting(self: quick.Quick, app: Any, long_way: quick.Handler) -> None:
        async def walked(request: Any) -> Any:
            gone.append(request.raw_path)
            return await long_way(request)

        made(self, app, walked)

    monkeypatch.setattr(quick.Quick, "__init__", counting)
    return gone


async def test_both_ways_say_the_same_when_there_is_nothing_new(long_ways: list[str], h: TestHouse) -> None:
    etag = _publish(h, 3).etag
    async with serving(h) as site:
        for path, who in itertools.product(USUAL, ("scherm-noord", "vera")):
            usual, odd = (_asked(h, tag, path=path, who=who) for tag in (etag, f"W/{etag}"))
            short, long = b"", b"-"
            long_ways.clear()
            while short != long and len(long_ways) < 20:  # a second may end between the two, which the Date tells
                short, long = await _answers(site, usual, odd)
            assert short == long
            assert short.startswith(b"HTTP/1.1 304 Not Modified\r\n")
            assert set(long_ways) == {path}, "only the odd one"


async def test_both_ways_bring_the_next_board_to_who_waits(long_ways: list[str], h: TestHouse) -> None:
    etag = _publish(h, 3).etag
    async with serving(h) as site:
        path = f"{PATH}?after=3&wait=60"
        asked = [asyncio.create_task(_answers(site, _asked(h, tag, path=path))) for tag in (etag, f"W/{etag}")]
        while h.boards.waiting() < 2:  # noqa: ASYNC110 - the boards tell nobody who waits
            await asyncio.sleep(0.001)
        board = _publish(h, 4)
        [[short], [long]] = await asyncio.gather(*asked)
    assert long_ways == [path]
    dateless = [[line for line in raw.split(b"\r\n") if not line.startswith(b"Date: ")] for raw in (short, long)]
    assert dateless[0] == dateless[1]
    assert short.endswith(b"\r\n\r\n" + board.jws.encode())
    assert f"ETag: {board.etag}".encode() in short


async def test_who_was_handed_a_board_goes_on_asking_on_the_same_line(long_ways: list[str], h: TestHouse) -> None:
    etag = _publish(h, 3).etag
    async with serving(h) as site:
        next_etag = signed("kop.live4.handtekening", 4).etag
        asked = [_asked(h, etag, path=f"{PATH}?wait=60"), _asked(h, next_etag)]
        answering = asyncio.create_task(_answers(site, *asked))
        while h.boards.waiting() < 1:  # noqa: ASYNC110 - the boards tell nobody who waits
            await asyncio.sleep(0.001)
        assert _publish(h, 4).etag == next_etag
        assert [answer[9:12] for answer in await answering] == [b"200", b"304"]
    assert not long_ways


async def test_a_board_that_comes_while_the_token_is_read_is_not_waited_past(
    long_ways: list[str], h: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = _publish(h, 3).etag
    monkeypatch.setattr(Sightings, "saw", lambda *_: _publish(h, 4))  # the last that is done with a token
    async with serving(h) as site, asyncio.timeout(30):
        [answer] = await _answers(site, _asked(h, etag, path=f"{PATH}?wait=60"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"kop.live4.handtekening")
    assert not long_ways


async def test_a_reader_that_left_is_handed_nothing_and_the_others_are(long_ways: list[str], h: TestHouse) -> None:
    etag = _publish(h, 3).etag
    async with serving(h) as site:
        _, gone = await asyncio.open_connection("127.0.0.1", site.port)
        gone.write(_asked(h, etag, path=f"{PATH}?wait=60"))
        answering = asyncio.create_task(_answers(site, _asked(h, etag, path=f"{PATH}?wait=60")))
        while h.boards.waiting() < 2:  # noqa: ASYNC110 - the boards tell nobody who waits
            await asyncio.sleep(0.001)
        gone.transport.abort()
        board = _publish(h, 4)
        [answer] = await answering
    assert answer.endswith(board.jws.encode())
    assert not long_ways


async def test_a_display_that_sees_its_own_board_quickly_sees_no_other(long_ways: list[str], h: TestHouse) -> None:
    etag = _publish(h, 3).etag
    h.boards.publish("buurthuis-zuid", Mode.LIVE, signed("kop.live3.handtekening", 3))
    async with serving(h) as site:
        asked = [_asked(h, etag, path="/v1/boards/buurthuis-zuid"), _asked(h, etag, who="nobodys-token-of-any-house")]
        asked += [_asked(h, etag, path="/v1/boards/nergens")]
        answers = await _answers(site, _asked(h, etag), *asked)
    assert [answer[9:12] for answer in answers] == [b"304", b"403", b"401", b"403"]
    assert len(long_ways) == 3


async def test_a_token_that_was_revoked_opens_nothing_a_moment_later(h: TestHouse) -> None:
    etag = _publish(h, 3).etag
    async with serving(h) as site:
        assert [answer[9:12] for answer in await _answers(site, _asked(h, etag))] == [b"304"]
        await h.store.run(lambda conn: conn.exec_driver_sql("UPDATE token SET revoked_at = 1"))
        h.clock.move(5.0)  # type: ignore[attr-defined]
        assert [answer[9:12] for answer in await _answers(site, _asked(h, etag))] == [b"401"]


ODD: list[tuple[str, tuple[str, ...]]] = [
    (f"{PATH}?wait=61", ()),
    (f"{PATH}?wait=00", ()),
    (f"{PATH}?wait=0e1", ()),
    (f"{PATH}?mode=exercise", ()),
    (f"{PATH}?onbekend=1", ()),
    (f"{PATH}/", ()),
    (f"{PATH}%00", ()),
    (PATH, ('If-None-Match: "x"',)),
    (PATH, ("Expect: 100-continue",)),
    (PATH, ("Connection: close",)),
]


async def test_what_is_odd_goes_the_long_way(long_ways: list[str], h: TestHouse) -> None:
    etag = _publish(h, 3).etag
    async with serving(h) as site:
        for path, more in ODD:
            await _answers(site, _asked(h, etag, *more, path=path))
    assert long_ways == [path for path, _ in ODD]
