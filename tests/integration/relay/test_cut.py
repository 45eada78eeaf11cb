"""The power goes at any step of keeping: afterwards the old is there or the new, and nothing that was told is gone.

Each step is reached by a process of its own that is killed there (SIGKILL), on the files of a real relay.
"""

import os
import signal

import pytest

from broadcaster.boards import ratchet
from broadcaster.boards.signing import key_set
from broadcaster.boards.verifying import Board
from broadcaster.model.board import Mode
from broadcaster.relay import outbox as outboxes
from broadcaster.relay import shelf as shelves
from broadcaster.relay.outbox import Outbox
from tests.integration.relay.test_reports import told

STEPS = ["opened", "written", "synced", "renamed", "kept"]


def killed_at(step, work):
    """Run `work` in a process that is killed at a step of writing; whether it came so far."""
    child = os.fork()
    if child == 0:
        try:
            whole = ratchet.write_durably

            def write(file, text):
                whole(file, text, lambda passed: passed == step and os.kill(os.getpid(), signal.SIGKILL))

            ratchet.write_durably = outboxes.write_durably = shelves.write_durably = write
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_a_cut_while_a_board_is_kept_leaves_the_old_one_or_the_new_one_and_nothing_older_follows(box, mint, step):
    keys = key_set([mint.live, mint.exercise])
    assert isinstance(box.parts().shelf.offer(mint.token(10), keys), Board)
    assert killed_at(step, lambda: box.parts().shelf.offer(mint.token(11), keys))
    parts = box.parts()
    seq = parts.boards.current("noord", Mode.LIVE).seq
    assert seq == (11 if step in ("renamed", "kept") else 10)
    parts.shelf.offer(mint.token(seq - 1), keys)
    assert parts.boards.current("noord", Mode.LIVE).seq == seq
    assert isinstance(parts.shelf.offer(mint.token(12), keys), Board)  # and it goes on


@pytest.mark.parametrize("step", STEPS)
def test_a_cut_while_a_report_is_kept_costs_none_that_was_kept_before(box, mint, step):
    first, second = told(mint, 1), told(mint, 2)
    box.parts().outbox.put(first)
    assert killed_at(step, lambda: box.parts().outbox.put(second))
    waiting = [kept.report for kept in box.parts().outbox.waiting()]
    assert waiting == ([first, second] if step in ("renamed", "kept") else [first])


def test_files_that_were_damaged_are_put_aside_and_the_relay_starts(box, mint):
    keys = key_set([mint.live, mint.exercise])
    parts = box.parts()
    parts.shelf.offer(mint.token(10), keys)
    parts.outbox.put(told(mint, 1))
    for file in [*(box.folder / "boards").glob("*.json"), *(box.folder / "reports").glob("*.jws")]:
        file.write_bytes(os.urandom(50))
    (box.folder / "reports" / "receipts.json").write_text("{")
    parts = box.parts()
    assert (parts.boards.current("noord", Mode.LIVE), parts.outbox.waiting()) == (None, [])
    assert isinstance(parts.shelf.offer(mint.token(11), keys), Board)


async def test_a_wiped_box_that_is_enrolled_again_has_its_boards_back(box, hub, mint):
    hub.put(mint.token(10), 10)
    async with box.running() as relay:
        await relay.holds(10)
    for file in (box.folder / "boards").iterdir():
        file.unlink()
    async with box.running() as relay:
        await relay.holds(10)


def test_the_folder_of_a_relay_is_for_its_user_alone(box, mint):
    box.parts().outbox.put(told(mint))
    for path in [box.folder, *box.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert Outbox(box.folder / "reports", box.parts().device.key).waiting()
