"""R15: a thousand boards that an honest hub did not issue for this display now; none is taken.

A display holds board 10 of its point. Each case offers it one board made by a seeded hand; afterwards
it must still hold board 10 and show nothing else. The seed stands in the test's name.
"""

from pathlib import Path
from random import Random

import pytest

from broadcaster.boards.ratchet import Ratchet, load, open_ratchet, write_durably
from broadcaster.boards.refusals import Refused
from broadcaster.boards.verifying import verify
from broadcaster.model.board import MAX_SEQ, Mode
from tests.forgeries import KINDS


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_board_of_the_corpus_is_taken(mint, kind, seed):
    made = kind(mint, Random(seed))
    token, keys = made if isinstance(made, tuple) else (made, mint.keys())
    ratchet = Ratchet(None, mint.board(10))
    verdict = verify(token, keys, mint.display(), ratchet.held, mint.now)
    assert isinstance(verdict, Refused)


class Cut(BaseException):
    """The power goes."""


@pytest.mark.parametrize("seed", range(100))
def test_no_board_cut_off_while_storing_is_taken_and_nothing_older_follows(mint, tmp_path, seed):
    random = Random(seed)
    file = tmp_path / "noord.json"
    with open_ratchet(file, "noord", Mode.LIVE) as ratchet:
        ratchet.take(mint.board(10))
    with open_ratchet(tmp_path / "next.json", "noord", Mode.LIVE) as ratchet:
        ratchet.take(mint.board(11))
    cut_at = random.choice(["opened", "written", "synced", "renamed"])

    def passed(step):
        if step == cut_at:
            raise Cut

    with pytest.raises(Cut):
        write_durably(file, (tmp_path / "next.json").read_text(), passed)
    fresh = Path(f"{file}.new")
    if fresh.exists():  # of what was not synced any part may have reached the disk
        fresh.write_bytes(fresh.read_bytes()[: random.randrange(3000)])
    held = load(file, "noord", Mode.LIVE)
    assert held.payload.seq == (11 if cut_at == "renamed" else 10)
    replayed = mint.token(random.randrange(1, held.payload.seq))
    assert isinstance(verify(replayed, mint.keys(), mint.display(), held, mint.now), Refused)


def test_the_corpus_counts_a_thousand():
    assert len(KINDS) * 60 + 100 >= 1000


def test_an_honest_board_passes_where_the_corpus_does_not(mint):
    for seq in (11, 12, MAX_SEQ):
        assert not isinstance(verify(mint.token(seq), mint.keys(), mint.display(), mint.board(10), mint.now), Refused)
