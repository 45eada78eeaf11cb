import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from broadcaster.boards.ratchet import Ratchet, StateRefused, load, open_ratchet, write_durably
from broadcaster.boards.refusals import Refusal
from broadcaster.model.board import Mode

STEPS = ["opened", "written", "synced", "renamed", "kept"]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "noord.json"


def keep(file, board):
    with open_ratchet(file, "noord", Mode.LIVE) as ratchet:
        ratchet.take(board)


def seen(file):
    try:
        return load(file, "noord", Mode.LIVE).token
    except StateRefused as error:
        return error.reason


def refusal_of(file, point="noord", mode=Mode.LIVE):
    with pytest.raises(StateRefused) as caught:
        load(file, point, mode)
    return caught.value.reason


def test_nothing_is_held_before_the_first_board(file):
    assert load(file, "noord", Mode.LIVE) is None


def test_what_was_taken_is_held_after_a_restart(mint, file):
    board = mint.board(10)
    keep(file, board)
    held = load(file, "noord", Mode.LIVE)
    assert (held.token, held.payload, held.certificate) == (board.token, board.payload, board.certificate)


def test_a_ratchet_without_a_file_holds_until_the_process_ends(mint):
    with open_ratchet(None, "noord", Mode.LIVE) as ratchet:
        ratchet.take(mint.board(10))
        assert ratchet.held.payload.seq == 10


def test_what_is_held_stays_readable_after_its_key_expired(mint, file):
    keep(file, mint.board(10))
    assert load(file, "noord", Mode.LIVE).payload.seq == 10  # the file has no clock to ask


CHILD = """
import os, signal, sys
from pathlib import Path
from broadcaster.boards.ratchet import write_durably
def passed(step):
    if step == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)
write_durably(Path(sys.argv[2]), sys.stdin.read(), passed)
"""


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_old_board_or_the_new_one(mint, tmp_path, step):
    file, other = tmp_path / "noord.json", tmp_path / "other.json"
    keep(file, mint.board(10))
    keep(other, mint.board(11))
    child = subprocess.run(
        [sys.executable, "-c", CHILD, step, file], check=False, input=other.read_bytes(), cwd=Path.cwd()
    )
    assert child.returncode == -signal.SIGKILL
    assert load(file, "noord", Mode.LIVE).payload.seq == (11 if step in ("renamed", "kept") else 10)
    keep(file, mint.board(12))  # and what the kill left behind is in nobody's way
    assert load(file, "noord", Mode.LIVE).payload.seq == 12


def test_each_step_is_done_before_the_next(mint, file):
    """Bytes on disk before the name points at them; the name on disk before anyone is shown anything."""
    seen = []
    fresh = Path(f"{file}.new")

    def passed(step):
        seen.append((step, fresh.exists(), file.exists()))

    def sync(descriptor):
        seen.append("sync folder" if os.path.sameopenfile(descriptor, folder) else "sync file")

    folder = os.open(file.parent, os.O_RDONLY)
    write_durably(file, "text", passed, sync)
    os.close(folder)
    assert seen == [
        ("opened", True, False),
        ("written", True, False),
        "sync file",
        ("synced", True, False),
        ("renamed", False, True),
        "sync folder",
        ("kept", False, True),
    ]


def test_a_torn_leftover_is_never_read(mint, file):
    keep(file, mint.board(10))
    whole = file.read_bytes()
    for length in range(0, len(whole), 97):
        Path(f"{file}.new").write_bytes(whole[:length])
        assert load(file, "noord", Mode.LIVE).payload.seq == 10


def test_a_damaged_file_is_reported_at_every_length(mint, file):
    keep(file, mint.board(10))
    whole = file.read_bytes()
    for length in range(len(whole.rstrip(b"}\n"))):
        file.write_bytes(whole[:length])
        assert refusal_of(file) is Refusal.STATE_DAMAGED


def test_a_changed_letter_is_reported_or_changes_nothing(mint, file):
    random = Random(15)
    keep(file, mint.board(10))
    whole, token = file.read_bytes(), mint.board(10).token
    for _ in range(300):
        changed = bytearray(whole)
        changed[random.randrange(len(whole))] = random.randrange(256)
        file.write_bytes(changed)
        assert seen(file) in (token, Refusal.STATE_DAMAGED, Refusal.STATE_FOREIGN)


@pytest.mark.parametrize("text", ["null", "[]", "{}", '{"root":1}', "[" * 100_000, "\x00"])
def test_a_file_of_another_shape_is_damaged(file, text):
    file.write_text(text)
    assert refusal_of(file) is Refusal.STATE_DAMAGED


def test_a_folder_in_the_files_place_is_damage_and_no_crash(file):
    file.mkdir()
    assert refusal_of(file) is Refusal.STATE_DAMAGED


def test_the_number_held_cannot_be_raised_by_editing_the_file(mint, file):
    keep(file, mint.board(10))
    content = json.loads(file.read_text())
    content["board"] = mint.forced(mint.signer("live"), seq=99)
    file.write_text(json.dumps(content))
    assert refusal_of(file) is Refusal.STATE_DAMAGED


def test_a_file_of_another_point_or_mode_is_not_used(mint, file):
    keep(file, mint.board(10))
    assert refusal_of(file, point="zuid") is Refusal.STATE_FOREIGN
    assert refusal_of(file, mode=Mode.EXERCISE) is Refusal.STATE_FOREIGN


def test_one_process_at_a_time_moves_a_ratchet(mint, file):
    with open_ratchet(file, "noord", Mode.LIVE), pytest.raises(StateRefused) as caught:
        keep(file, mint.board(10))
    assert caught.value.reason is Refusal.STATE_BUSY
    keep(file, mint.board(10))


def test_what_cannot_be_written_is_not_taken(mint, file, tmp_path):
    ratchet = Ratchet(tmp_path / "missing" / "noord.json", mint.board(10))
    with pytest.raises(StateRefused) as caught:
        ratchet.take(mint.board(11))
    assert caught.value.reason is Refusal.STATE_UNWRITABLE
    assert ratchet.held.payload.seq == 10


def test_a_state_in_a_folder_that_is_missing_is_unwritable(tmp_path):
    with pytest.raises(StateRefused) as caught, open_ratchet(tmp_path / "a" / "b", "noord", Mode.LIVE):
        raise AssertionError
    assert caught.value.reason is Refusal.STATE_UNWRITABLE


def test_the_state_file_is_for_its_owner_alone(mint, file):
    keep(file, mint.board(10))
    assert file.stat().st_mode & 0o777 == 0o600
