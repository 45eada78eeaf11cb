"""The reader against a real server that may be anyone's."""

import asyncio
from random import Random

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from broadcaster.boards.client import BACKOFF_CAP_IN, Reader, Source, Unavailable, backoff
from broadcaster.boards.ratchet import load, open_ratchet
from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.serving import etag_of
from broadcaster.boards.signing import key_set
from broadcaster.boards.verifying import Board, Unchanged
from broadcaster.model.board import Mode
from broadcaster.seal import fingerprint


class StillClock:
    """Stands at one instant; sleeping costs nothing and is remembered."""

    def __init__(self, now):
        self.at = now
        self.slept = []

    def now(self):
        return self.at

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        self.slept.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock(mint):
    return StillClock(mint.now)


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def reader(mint, hub, session, clock):
    def _reader(ratchet, mode=Mode.LIVE, token=None, **trust):
        trust = trust or {"root": fingerprint(mint.live.root)}
        return Reader(session, Source(hub.url, "noord", mode, token), ratchet, clock, **trust)

    with open_ratchet(None, "noord", Mode.LIVE) as empty:
        yield lambda ratchet=empty, **changes: _reader(ratchet, **changes)


async def test_a_verified_board_is_given_and_held(mint, hub, reader):
    hub.put(mint.token(10), 10)
    reading = reader()
    board = await reading.fetch()
    assert isinstance(board, Board)
    assert (board.payload.seq, reading.held) == (10, board)


async def test_a_board_is_on_disk_before_the_caller_has_it(mint, hub, reader, tmp_path):
    file = tmp_path / "noord.json"
    hub.put(mint.token(10), 10)
    with open_ratchet(file, "noord", Mode.LIVE) as ratchet:
        board = await reader(ratchet).fetch()
        assert load(file, "noord", Mode.LIVE).token == board.token


async def test_a_board_that_cannot_be_stored_is_not_shown(mint, hub, reader, tmp_path):
    hub.put(mint.token(10), 10)
    folder = tmp_path / "folder"
    folder.mkdir()
    with open_ratchet(folder / "noord.json", "noord", Mode.LIVE) as ratchet:
        (folder / "noord.json.lock").unlink()
        folder.rmdir()
        assert await reader(ratchet).fetch() == Refused(Refusal.STATE_UNWRITABLE)
        assert ratchet.held is None


async def test_after_a_restart_an_older_board_is_still_refused(mint, hub, reader, tmp_path):
    file = tmp_path / "noord.json"
    hub.put(mint.token(10), 10)
    with open_ratchet(file, "noord", Mode.LIVE) as ratchet:
        await reader(ratchet).fetch()
    hub.put(mint.token(9), 9)
    with open_ratchet(file, "noord", Mode.LIVE) as ratchet:
        assert await reader(ratchet).fetch() == Refused(Refusal.OLDER)
    assert load(file, "noord", Mode.LIVE).payload.seq == 10


async def test_what_did_not_change_is_not_sent_twice(mint, hub, reader):
    hub.put(mint.token(10), 10)
    reading = reader()
    await reading.fetch()
    assert isinstance(await reading.fetch(), Unchanged)
    assert hub.asked[-1].headers["If-None-Match"] == etag_of(mint.token(10))
    assert hub.paths().count("/v1/keys") == 1


async def test_a_long_poll_brings_the_next_board(mint, hub, reader):
    hub.put(mint.token(10), 10)
    reading = reader()
    await reading.fetch()
    hub.polled.clear()
    waiting = asyncio.ensure_future(reading.fetch(1000.0))
    await hub.polled.wait()
    hub.put(mint.token(11), 11)
    assert (await waiting).payload.seq == 11
    assert dict(hub.asked[-1].query) == {"after": "10", "wait": "1000"}


async def test_an_unsigned_not_modified_shows_nothing_to_who_holds_nothing(hub, reader):
    hub.answer = lambda: web.Response(status=304)
    assert await reader().fetch() == Refused(Refusal.MALFORMED)


async def test_nothing_is_trusted_without_a_root(mint, hub, reader):
    hub.put(mint.token(10), 10)
    assert await reader(root=None).fetch() == Refused(Refusal.NO_ROOT)


async def test_who_says_so_trusts_the_first_root_and_never_another(mint, hub, reader, tmp_path):
    file = tmp_path / "noord.json"
    hub.put(mint.token(10), 10)
    with open_ratchet(file, "noord", Mode.LIVE) as ratchet:
        board = await reader(ratchet, trust_first=True).fetch()
        assert fingerprint(board.root) == fingerprint(mint.live.root)
    impostor = mint.signer("live")
    hub.keys = key_set([impostor])
    hub.put(mint.token(11, signer=impostor), 11)
    with open_ratchet(file, "noord", Mode.LIVE) as ratchet:
        assert await reader(ratchet, trust_first=True).fetch() == Refused(Refusal.WRONG_ROOT)


async def test_another_pin_than_that_of_the_state_is_refused(mint, hub, reader, tmp_path):
    hub.put(mint.token(10), 10)
    with open_ratchet(tmp_path / "noord.json", "noord", Mode.LIVE) as ratchet:
        await reader(ratchet).fetch()
        other = reader(ratchet, root=fingerprint(mint.exercise.root))
        assert await other.fetch() == Refused(Refusal.STATE_FOREIGN)


async def test_a_hub_without_the_pinned_root_is_refused(mint, hub, reader):
    hub.put(mint.token(10), 10)
    hub.keys = key_set([mint.exercise])
    assert await reader().fetch() == Refused(Refusal.WRONG_ROOT)


async def test_exercise_boards_are_asked_for_by_name_and_checked_against_their_own_root(mint, hub, reader):
    hub.put(mint.token(10, signer=mint.exercise), 10, Mode.EXERCISE)
    assert await reader(mode=Mode.EXERCISE).fetch() == Refused(Refusal.UNCERTIFIED_KEY)
    board = await reader(mode=Mode.EXERCISE, root=fingerprint(mint.exercise.root)).fetch()
    assert board.payload.mode is Mode.EXERCISE


async def test_a_rotated_key_is_fetched_and_taken(mint, hub, reader):
    hub.put(mint.token(10), 10)
    reading = reader()
    await reading.fetch()
    new = mint.next_epoch()
    hub.keys = key_set([new, mint.exercise])
    hub.put(mint.token(1, signer=new), 1)
    board = await reading.fetch(1000.0)  # the lower number does not keep the hub from answering
    assert (board.payload.epoch, board.payload.seq) == (2, 1)


async def test_the_token_goes_to_the_hub_and_into_no_repr(mint, hub, reader):
    hub.put(mint.token(10), 10)
    await reader(token="s3cret").fetch()
    assert {request.headers["Authorization"] for request in hub.asked} == {"Bearer s3cret"}
    assert "s3cret" not in repr(Source(hub.url, "noord", Mode.LIVE, "s3cret"))


async def test_a_redirect_does_not_carry_the_token_on(hub, reader):
    hub.answer = lambda: web.Response(status=307, headers={"Location": str(hub.url / "v1/keys")})
    answer = await reader(token="s3cret").fetch()
    assert isinstance(answer, Unavailable)
    assert hub.paths() == ["/v1/boards/noord"]


@pytest.mark.parametrize(("status_code", "said"), [(401, "token"), (403, "token"), (404, "point"), (500, "500")])
async def test_an_answer_without_a_board_is_explained(hub, reader, status_code, said):
    hub.answer = lambda: web.Response(status=status_code)
    answer = await reader(token="s3cret").fetch()
    assert isinstance(answer, Unavailable)
    assert said in answer.sentence
    assert "s3cret" not in answer.sentence


async def test_an_answer_without_end_is_cut_short(hub, reader):
    hub.answer = lambda: web.Response(body=b"e" * 10_000_000)
    assert "larger" in (await reader().fetch()).sentence


async def test_a_page_in_place_of_a_board_is_malformed(hub, reader):
    hub.answer = lambda: web.Response(text="<html>Inloggen op wifi</html>", content_type="text/html")
    assert await reader().fetch() == Refused(Refusal.MALFORMED)


@pytest.mark.parametrize("keys", ["x", [], {"keys": {}}, {"roots": [{}], "keys": []}])
async def test_a_key_set_of_another_shape_is_malformed(mint, hub, reader, keys):
    hub.put(mint.token(10), 10)
    hub.keys = keys
    assert await reader().fetch() == Refused(Refusal.MALFORMED)


async def test_a_hub_that_is_away_is_unavailable(mint, session, reader, unused_tcp_port, clock):
    with open_ratchet(None, "noord", Mode.LIVE) as ratchet:
        source = Source(URL(f"http://127.0.0.1:{unused_tcp_port}"), "noord")
        answer = await Reader(session, source, ratchet, clock, root="x").fetch()
    assert "127.0.0.1" in answer.sentence


async def test_following_gives_each_new_board_once_and_in_order(mint, hub, reader):
    hub.put(mint.token(10), 10)
    seen = []
    async for answer in reader().follow(Random(1)):
        assert isinstance(answer, Board)
        seen.append(answer.payload.seq)
        if len(seen) == 4:
            break
        hub.put(mint.token(10 + len(seen)), 10 + len(seen))
    assert seen == [10, 11, 12, 13]


async def test_following_waits_longer_after_each_failure_and_starts_over_after_success(mint, hub, reader, clock):
    hub.answer = lambda: web.Response(status=503)
    answers = reader().follow(Random(7))
    for _ in range(8):
        assert isinstance(await anext(answers), Unavailable)
    expected = Random(7)
    assert clock.slept == [backoff(n, expected) for n in range(1, 8)]
    hub.answer = None
    hub.put(mint.token(10), 10)
    assert isinstance(await anext(answers), Board)
    hub.answer = lambda: web.Response(status=503)
    await anext(answers)
    clock.slept.clear()
    await anext(answers)
    assert clock.slept[0] <= 1.0
    await answers.aclose()


async def test_a_source_that_does_not_hold_the_poll_is_not_hammered(mint, hub, reader, clock):
    hub.put(mint.token(10), 10)
    hub.boards.wait = lambda *_: asyncio.sleep(0)
    answers = reader().follow(Random(3))
    for _ in range(4):
        await anext(answers)
    assert len(clock.slept) == 2
    assert all(2.5 <= seconds <= 5.0 for seconds in clock.slept)
    await answers.aclose()


async def test_a_source_that_replays_is_asked_at_growing_distance(mint, hub, reader, clock):
    hub.put(mint.token(10), 10)
    answers = reader().follow(Random(3))
    await anext(answers)
    hub.put(mint.token(9), 9)
    for _ in range(5):
        assert await anext(answers) == Refused(Refusal.OLDER)
    assert len(clock.slept) == 4
    await answers.aclose()


def test_displays_come_back_spread_out_and_within_ten_seconds():
    rng = Random(5)
    waits = [backoff(n, rng) for n in range(1, 60) for _ in range(50)]
    assert max(waits) <= BACKOFF_CAP_IN
    late = sorted(backoff(20, rng) for _ in range(1000))
    assert late[100] < 2.0
    assert late[900] > 8.0


@pytest.mark.parametrize(
    ("url", "point", "board_url"),
    [
        ("https://hub.example", "noord", "https://hub.example/v1/boards/noord"),
        ("https://hub.example/", "noord", "https://hub.example/v1/boards/noord"),
        ("http://10.0.0.2:8080/v1/boards/noord", None, "http://10.0.0.2:8080/v1/boards/noord"),
        ("https://hub.example/v1/boards/noord?x=1#y", "noord", "https://hub.example/v1/boards/noord"),
        ("https://hub.example/crisis/", "noord", "https://hub.example/crisis/v1/boards/noord"),
    ],
)
def test_a_source_is_a_hub_with_a_point_or_a_boards_address(url, point, board_url):
    source = Source.parse(url, point, Mode.LIVE, None)
    assert str(source.board_url) == board_url
    assert str(source.keys_url) == board_url.replace("boards/noord", "keys")


@pytest.mark.parametrize(
    ("url", "point"),
    [
        ("hub.example", "noord"),
        ("ftp://hub.example", "noord"),
        ("https://hub.example", None),
        ("https://hub.example/v1/boards/zuid", "noord"),
        ("http://[", "noord"),
        ("http://a:x", "noord"),
        ("http://", "noord"),
        ("", None),
    ],
)
def test_an_address_that_names_no_board_is_refused_with_what_to_do(url, point):
    with pytest.raises(ValueError, match=r"."):
        Source.parse(url, point, Mode.LIVE, None)
