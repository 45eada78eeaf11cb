"""The boards that a relay holds: one ratchet for each of its points and modes, on disk and ready to serve."""

from collections.abc import Iterator
from pathlib import Path

import structlog

from broadcaster.boards.ratchet import Ratchet, StateRefused, load
from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.serving import Boards, Place, signed
from broadcaster.boards.signing import keys_of
from broadcaster.boards.verifying import Board, Display, KeySet, Verdict, verify
from broadcaster.clock import Clock
from broadcaster.relay.device import Device
from broadcaster.seal import fingerprint

log = structlog.get_logger()


class Shelf:
    """Takes boards that pass, and hands them out. `folder` belongs to this process alone."""

    def __init__(self, folder: Path, device: Device, boards: Boards, clock: Clock) -> None:
        self._device, self._boards, self._clock = device, boards, clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ratchets = {
            (point.id, mode): _Shown(folder / f"{point.id}.{mode}.json", (point.id, mode), boards, device.roots[mode])
            for point in device.points
            for mode in device.roots
        }

    def held(self) -> Iterator[Board]:
        """Every board there is."""
        return (ratchet.held for ratchet in self.ratchets.values() if ratchet.held is not None)

    def offer(self, place: Place, token: str, keys: KeySet) -> Verdict:
        """Take a board from anyone, if it passes every check and can be kept."""
        ratchet = self.ratchets[place]
        display = Display(*place, self._device.roots[place[1]])
        verdict = verify(token, keys, display, ratchet.held, self._clock.now())
        if isinstance(verdict, Board):
            try:
                ratchet.take(verdict)
            except StateRefused as error:
                return Refused(error.reason)
        return verdict

    def key_set(self) -> dict[str, object]:
        """What `GET /v1/keys` gives here: the keys of the boards that are held, each with its root's word."""
        return keys_of((board.certificate, board.root, board.payload.mode) for board in self.held())


class _Shown(Ratchet):
    """A ratchet whose board is served as soon as it is kept."""

    def __init__(self, file: Path, place: Place, boards: Boards, root: str) -> None:
        self._place, self._boards = place, boards
        super().__init__(file, _read(file, place, root))
        self._publish()

    def take(self, board: Board) -> None:
        super().take(board)
        self._publish()

    def _publish(self) -> None:
        if self.held is not None:
            self._boards.publish(*self._place, signed(self.held.token, self.held.payload.seq))


def _read(file: Path, place: Place, root: str) -> Board | None:
    """What was kept. What cannot be relied on is put aside: a relay that starts with nothing takes the next board,
    one that does not start serves nobody."""
    try:
        held = load(file, *place)
        if held is None or fingerprint(held.root) == root:
            return held
        reason = Refusal.STATE_FOREIGN
    except StateRefused as error:
        reason = error.reason
    log.error("a board that was kept cannot be relied on, it is put aside", point=place[0], reason=reason.value)
    file.replace(f"{file}.refused")
    return None
