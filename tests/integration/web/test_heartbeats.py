"""The hub's word of this minute on a board."""

from datetime import timedelta

from broadcaster.boards.heartbeat import Heart, Heartbeat, verify
from broadcaster.boards.refusals import Refused
from broadcaster.boards.serving import signed
from broadcaster.boards.signing import key_set
from broadcaster.boards.verifying import Display, root_of
from broadcaster.model.board import Mode
from broadcaster.seal import fingerprint
from tests.houses import TestHouse, board_signers
from tests.integration.web.site import MovableClock, serving

PATH = "/v1/heartbeats/wijkhuis-noord"


async def test_the_word_on_a_board_is_signed_and_names_the_newest_number(h: TestHouse, clock: MovableClock) -> None:
    signers = board_signers()
    heart = Heart(signers.__getitem__, h.boards)
    root = fingerprint(signers[Mode.LIVE].root)
    keys = root_of(key_set(signers.values()), root)
    assert not isinstance(keys, Refused)
    async with serving(h, beat=heart.of) as site:
        h.boards.publish("wijkhuis-noord", Mode.LIVE, signed("een.bord.x", 3))
        assert (await site.get("scherm-noord", PATH)).status_code == 404  # nothing was said yet
        at = clock.now()
        heart.beat(at, "kop")
        h.boards.publish("wijkhuis-noord", Mode.LIVE, signed("een.bord.y", 4))
        reply = await site.get("scherm-noord", PATH)
        assert reply.headers["Content-Type"] == "application/jose"
        beat = verify(reply.text, keys, Display("wijkhuis-noord", Mode.LIVE, root), None, clock.now())
        assert isinstance(beat, Heartbeat)
        assert (beat.seq, beat.at, beat.journal_head) == (4, at, "kop")
        assert (await site.get("scherm-noord", PATH)).text == reply.text
        heart.beat(at + timedelta(seconds=60), "kop")
        assert (await site.get("scherm-noord", PATH)).text != reply.text
