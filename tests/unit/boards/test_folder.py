"""Boards as files: what a display needs comes before it, and what stands there already is not written again."""

from broadcaster.boards.folder import Kept, said, shipped
from broadcaster.boards.heartbeat import Heart
from broadcaster.boards.screen import Screen
from broadcaster.boards.serving import Boards, signed
from broadcaster.boards.signing import key_set
from broadcaster.model.board import Mode


async def test_a_folder_keeps_in_step_and_writes_only_what_changed(mint, tmp_path):
    signers = {Mode.LIVE: mint.live, Mode.EXERCISE: mint.exercise}
    boards = Boards()
    heart = Heart(signers.__getitem__, boards)
    keys = key_set(signers.values())
    pages = [Screen("noord", "Noord", ("nl",), "Europe/Amsterdam", open=True)]
    kept = Kept(tmp_path, lambda: shipped(pages), lambda: said(["noord"], boards, keys, heart))
    await kept.tick()
    assert not (tmp_path / "v1/boards/noord").exists()  # there is none yet
    for mode, signer in signers.items():
        boards.publish("noord", mode, signed(mint.token(10, signer=signer), 10))
    heart.beat(mint.now, None)
    await kept.tick()
    assert (tmp_path / "v1/boards/noord").read_text() == mint.token(10)
    assert (tmp_path / "exercise/v1/boards/noord").read_text() == mint.token(10, signer=mint.exercise)
    assert (tmp_path / "v1/heartbeats/noord").read_text() == heart.of("noord", Mode.LIVE)
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()}
    boards.publish("noord", Mode.LIVE, signed(mint.token(11), 11))
    await kept.tick()
    after = {path: path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()}
    changed = {path.relative_to(tmp_path).as_posix() for path in after if before.get(path) != after[path]}
    assert changed == {"v1/boards/noord", "v1/heartbeats/noord"}


def test_keys_come_before_the_boards_and_a_page_after_what_it_needs(mint):
    boards = Boards()
    boards.publish("noord", Mode.LIVE, signed(mint.token(10), 10))
    heart = Heart(lambda _mode: mint.live, boards)
    names = [name for name, _ in said(["noord"], boards, key_set([mint.live]), heart)]
    assert names.index("v1/keys") < names.index("v1/boards/noord")
    pages = [name for name, _ in shipped([Screen("noord", "Noord", ("nl",), "Europe/Amsterdam")])]
    assert pages[-1] == "display/noord/index.html"
