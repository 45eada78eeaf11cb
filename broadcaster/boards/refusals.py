"""Why a board is refused: one closed set, each with a sentence that says what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Why a board was not taken or not shown: a closed set."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown-key"
    UNCERTIFIED_KEY = "uncertified-key"
    KEY_EXPIRED = "key-expired"
    KEY_REPLACED = "key-replaced"
    BAD_SIGNATURE = "bad-signature"
    WRONG_EPOCH = "wrong-epoch"
    WRONG_MODE = "wrong-mode"
    WRONG_POINT = "wrong-point"
    OLDER = "older"
    CONFLICT = "conflict"
    NO_ROOT = "no-root"
    WRONG_ROOT = "wrong-root"
    STATE_DAMAGED = "state-damaged"
    STATE_FOREIGN = "state-foreign"
    STATE_BUSY = "state-busy"
    STATE_UNWRITABLE = "state-unwritable"
    EXPIRED = "expired"

    @property
    def sentence(self) -> str:
        """The reason for an administrator, and what to do about it."""
        return _SENTENCES[self]

    @property
    def is_usual(self) -> bool:
        """Whether it says nothing of who offered it: an older board, or one of a point that is not asked for."""
        return self in (Refusal.OLDER, Refusal.WRONG_POINT)


_SENTENCES = {
    Refusal.MALFORMED: "What came is not a signed board: check that the URL is that of an Omroeper hub or relay.",
    Refusal.UNKNOWN_KEY: "The board is signed with a key that the hub does not publish: check the URL.",
    Refusal.UNCERTIFIED_KEY: "The pinned root did not certify the board's key: check the mode, or distrust it.",
    Refusal.KEY_EXPIRED: "The key that signed the board is past its date: renew it at the hub with the root key.",
    Refusal.KEY_REPLACED: "The board is signed with a key that was replaced since: do not trust this source.",
    Refusal.BAD_SIGNATURE: "The signature does not fit: the board was changed after it was signed.",
    Refusal.WRONG_EPOCH: "The board names another key epoch than its key has: report this to the hub's administrator.",
    Refusal.WRONG_MODE: "The board is of the other mode (live or exercise): ask for the mode of this display.",
    Refusal.WRONG_POINT: "The board is for another support point: check the point in the URL.",
    Refusal.OLDER: "The board is older than one this display has accepted: the source lags behind, or replays.",
    Refusal.CONFLICT: "Another board with the same number was accepted before: report this to the hub's administrator.",
    Refusal.NO_ROOT: "No root is pinned yet: give --root FINGERPRINT, or --trust-first to trust the first one seen.",
    Refusal.WRONG_ROOT: "The pinned root is not among the hub's roots: check the fingerprint and the URL.",
    Refusal.STATE_DAMAGED: "The state file is damaged: move it away, then fetch again with --root FINGERPRINT.",
    Refusal.STATE_FOREIGN: "The state file is of another point, mode or root: use a state file for each of them.",
    Refusal.STATE_BUSY: "Another process uses the state file: stop that one, or use another file.",
    Refusal.STATE_UNWRITABLE: "The state file cannot be written: check the disk and the rights of its folder.",
    Refusal.EXPIRED: "The board is past its date and not shown as current: find out why the hub issues no newer one.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Not taken, and why."""

    reason: Refusal

    @property
    def sentence(self) -> str:
        """The reason for an administrator, and what to do about it."""
        return self.reason.sentence
