"""What a telephone on the relay's network reads: the board in words, and how old it is, without a script."""

import tomllib
from datetime import UTC, datetime, timedelta

from broadcaster import data
from broadcaster.boards.screen import WORDS
from broadcaster.boards.signing import key_set
from broadcaster.render.languages import base
from tests.integration.relay.conftest import Clock

PIECES = {"number": "Nr 3", "headline": "Stroom weg", "instruction": "Blijf thuis.", "until": "Geldig tot 09:00"}


def fill(box, mint):
    parts = box.parts()
    languages = {
        "nl": PIECES,
        "ar": PIECES | {"headline": "انقطاع الكهرباء", "instruction": "<script>alert(1)</script>"},
    }
    token = mint.token(10, notices=[mint.notice(languages=languages)], name="Wijkhuis Noord", spoken=("nl", "en", "ar"))
    parts.shelf.offer(token, key_set([mint.live, mint.exercise]))


async def test_it_tells_the_board_in_every_language_without_a_script(box, hub, mint):
    fill(box, mint)
    async with box.running() as relay:
        status_code, headers, html = await relay.get("/")
        assert (status_code, "<script" in html) == (200, False)
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        for part in ("Wijkhuis Noord", "Stroom weg", "Blijf thuis.", "انقطاع الكهرباء", 'dir="rtl"', 'lang="ar"'):
            assert part in html, part
        assert "Voor het laatst bevestigd om 04:00 (01-03-2026)" in html
        assert "lijn weg" in html  # the hub was not heard
        assert (await relay.get("/?point=zuid"))[0] == 404


async def test_a_notice_leaves_at_its_end_and_the_whole_board_at_its_own(box, hub, mint):
    fill(box, mint)
    async with box.running(Clock(mint.now + timedelta(hours=7))) as relay:
        assert WORDS["nl"]["empty"] in (await relay.get("/"))[2]
    async with box.running(Clock(mint.now + timedelta(hours=73))) as relay:
        html = (await relay.get("/"))[2]
        assert WORDS["nl"]["expired"] in html
        assert "Stroom weg" not in html


async def test_without_a_proven_time_it_says_so_beside_every_notice(box, hub, mint):
    unproven = Clock(datetime(1970, 1, 1, tzinfo=UTC), battery=False, in_step=lambda: False)
    fill(box, mint)
    async with box.running(unproven) as relay:
        html = (await relay.get("/"))[2]
        assert "Tijd onbekend. Is het later dan 10:00 (01-03-2026)?" in html
        assert "Stroom weg" in html


async def test_a_relay_that_has_no_board_yet_says_so(box, hub, mint):
    hub.answer = None
    async with box.running() as relay:
        assert WORDS["nl"]["loading"] in (await relay.get("/"))[2]


def test_its_words_are_there_in_every_language_of_displays():
    words = tomllib.loads((data.find("templates") / "relay/words.toml").read_text(encoding="utf-8"))
    assert words.keys() == {base(language) for language in WORDS}
    assert all(said.keys() == words["nl"].keys() and "{at}" in said["updated_at"] for said in words.values())
