"""The boards that a relay holds: one ratchet for each of its points and modes, on disk and ready to serve; and beside
each the hub's newest word that it is the newest."""

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from broadcaster.boards import heartbeat
from broadcaster.boards.heartbeat import Heartbeat
from broadcaster.boards.ratchet import Ratchet, StateRefused, load, write_durably
from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.serving import Boards, Place, signed
from broadcaster.boards.signing import keys_of
from broadcaster.boards.verifying import Board, Display, KeySet, Verdict, root_of, verify
from broadcaster.model.board import Mode
from broadcaster.relay.clock import RelayClock
from broadcaster.relay.device import Device
from broadcaster.seal import SignatureError, fingerprint, unpack

log = structlog.get_logger()
_KEEP_BEAT_IN = 600.0
_LARGEST_BEAT = 4096
_ALWAYS = datetime.min.replace(tzinfo=UTC)  # the dates were checked when it was heard


class Shelf:
    """Takes what passes, and hands it out. `folder` belongs to this process alone."""

    def __init__(self, folder: Path, device: Device, boards: Boards, clock: RelayClock) -> None:
        self._device, self._clock = device, clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        places = [(point.id, mode) for point in device.points for mode in device.roots]
        self.ratchets = {place: _Shown(folder, place, device.roots[place[1]], boards, clock) for place in places}

    def held(self) -> Iterator[Board]:
        """Every board there is."""
        return (ratchet.held for ratchet in self.ratchets.values() if ratchet.held is not None)

    def beats(self) -> Iterator[str]:
        """Every word on a board that there is."""
        return (ratchet.beat for ratchet in self.ratchets.values() if ratchet.beat is not None)

    def beat(self, place: Place) -> str | None:
        """The hub's newest word on a board."""
        ratchet = self.ratchets.get(place)
        return ratchet.beat if ratchet else None

    def confirmed_at(self, place: Place) -> datetime | None:
        """When the hub last said that what is held here is the newest: when it signed it, or in a word on it since."""
        ratchet = self.ratchets.get(place)
        return ratchet.confirmed_at if ratchet else None

    def offer(self, token: str, keys: Any) -> Verdict:
        """Take a board from anyone, if it is of this relay, passes every check and can be kept. keys: a JWK set."""
        place = place_of(token)
        if place not in self.ratchets:
            return Refused(Refusal.WRONG_POINT)
        ratchet, display = self.ratchets[place], self._display(place)
        found = root_of(keys, display.root)
        if isinstance(found, Refused):
            return found
        verdict = verify(token, found, display, ratchet.held, self._clock.now())
        if isinstance(verdict, Board):
            try:
                ratchet.take(verdict)
            except StateRefused as error:
                return Refused(error.reason)
        return verdict

    def offer_beat(self, token: str, keys: Any) -> Heartbeat | Refused:
        """Keep the hub's word on a board, from anyone, if it is newer than the one we have."""
        place = place_of(token)
        if place not in self.ratchets:
            return Refused(Refusal.WRONG_POINT)
        ratchet, display = self.ratchets[place], self._display(place)
        found = root_of(keys, display.root)
        if isinstance(found, Refused):
            return found
        beat = heartbeat.verify(token, found, display, ratchet.held, self._clock.now())
        if isinstance(beat, Refused):
            return beat
        return beat if ratchet.hear(token, beat) else Refused(Refusal.OLDER)

    def key_set(self) -> dict[str, Any]:
        """What `GET /v1/keys` gives here: the keys of the boards that are held, each with its root's word."""
        return keys_of((board.certificate, board.root, board.payload.mode) for board in self.held())

    def _display(self, place: Place) -> Display:
        return Display(*place, self._device.roots[place[1]])


def place_of(token: str) -> Place | None:
    """Which point and mode something claims to be of, unchecked; None when it claims nothing that could be."""
    try:
        content = json.loads(unpack(token).signed.payload)
        return str(content["point"]), Mode(content["mode"])
    except (SignatureError, ValueError, KeyError, TypeError, RecursionError):
        return None


class _Shown(Ratchet):
    """A ratchet whose board is served as soon as it is kept, and whose instants are a floor for the clock."""

    def __init__(self, folder: Path, place: Place, root: str, boards: Boards, clock: RelayClock) -> None:
        self._place, self._boards, self._clock = place, boards, clock
        self._beat_file = folder / f"{place[0]}.{place[1]}.heartbeat"
        self._beat_kept_at = -math.inf
        self._heard: Heartbeat | None = None
        self.beat: str | None = None
        file = folder / f"{place[0]}.{place[1]}.json"
        super().__init__(file, _read(file, place, root))
        self._publish()
        self._hear_again(root)

    @property
    def confirmed_at(self) -> datetime | None:
        """When the hub last said that this board is the newest."""
        if self.held is None:
            return None
        said, payload = self._heard, self.held.payload
        if said is not None and (said.epoch, said.seq) == (payload.epoch, payload.seq):
            return max(said.at, payload.issued_at)
        return payload.issued_at

    def take(self, board: Board) -> None:
        if self.held is not None and board.payload.epoch > self.held.payload.epoch:
            self._clock.forget(self._place)
            self._heard = self.beat = None
        super().take(board)
        self._publish()

    def hear(self, token: str, beat: Heartbeat) -> bool:
        """Take the hub's word in, if it is news. It is brought to disk now and then only: small boxes write on cards
        that wear."""
        if self._heard is not None and (beat.epoch, beat.at) <= (self._heard.epoch, self._heard.at):
            return False
        self._heard, self.beat = beat, token
        self._floor(beat.at)
        if self._clock.monotonic() - self._beat_kept_at >= _KEEP_BEAT_IN:
            self._beat_kept_at = self._clock.monotonic()
            with suppress(OSError):
                write_durably(self._beat_file, token)
        return True

    def _hear_again(self, root: str) -> None:
        """What was heard before the power went, checked anew."""
        if self.held is None or not self._beat_file.is_file():
            return
        keys = KeySet(self.held.root, {unpack(self.held.token).kid: self.held.certificate})
        token = self._beat_file.read_bytes()[:_LARGEST_BEAT].decode("ascii", "replace")
        beat = heartbeat.verify(token, keys, Display(*self._place, root), self.held, _ALWAYS)
        if not isinstance(beat, Refused):
            self._heard, self.beat = beat, token
            self._floor(beat.at)

    def _publish(self) -> None:
        if self.held is not None:
            self._boards.publish(*self._place, signed(self.held.token, self.held.payload.seq))
            self._floor(self.held.payload.issued_at)

    def _floor(self, at: datetime) -> None:
        if self._place[1] is Mode.LIVE:  # the keys of exercises lie about, and must not set anybody's clock
            self._clock.at_least(self._place, at)


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
