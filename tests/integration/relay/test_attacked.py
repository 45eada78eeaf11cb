"""R15 through a relay: no board of the corpus is taken, whoever offers it, and what is held goes on being served.

A third of the corpus: the whole of it goes through the same check in tests/unit/boards/test_corpus.py."""

from random import Random

import pytest

from broadcaster.boards.refusals import Refused
from broadcaster.boards.signing import key_set
from broadcaster.boards.verifying import Board, Unchanged
from broadcaster.model.board import Mode
from tests.forgeries import KINDS


def offered(mint, kind, seed):
    made = kind(mint, Random(seed))
    if not isinstance(made, tuple):
        return made, key_set([mint.live, mint.exercise])
    token, keys = made
    members = [{"kid": kid, "certificate": certificate} for kid, certificate in keys.certificates.items()]
    return token, {"keys": members, "roots": key_set([mint.live, mint.exercise])["roots"]}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_board_of_the_corpus_is_taken_from_anyone(box, mint, kind):
    shelf = box.parts().shelf
    honest = key_set([mint.live, mint.exercise])
    assert isinstance(shelf.offer(mint.token(10), honest), Board)
    for seed in range(20):
        verdict = shelf.offer(*offered(mint, kind, seed))
        # What the exercise root signed for an exercise, hangs at the exercise and nowhere else.
        board = verdict.board if isinstance(verdict, Unchanged) else verdict
        assert isinstance(board, Refused) or board.payload.mode is Mode.EXERCISE, seed
    parts = box.parts()  # what is on disk says the same
    assert parts.boards.current("noord", Mode.LIVE).jws == mint.token(10)
    assert (parts.boards.current("noord", Mode.EXERCISE) is not None) == (kind.__name__ == "exercise_signed")


async def test_a_source_that_replays_and_forges_moves_nothing_and_the_next_one_is_asked(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        await relay.holds(10)
        for kind in KINDS:
            token, hub.keys = offered(mint, kind, 7)
            hub.put(token, 99)
            before = len(hub.asked)
            await relay.until(lambda before=before: len(hub.asked) > before + 2)
            assert (await relay.get("/v1/boards/noord"))[2] == mint.token(10)
