"""Recordings: a message read aloud, beside the text of its language."""

import hashlib
from typing import NamedTuple

MOST_BYTES = 5 * 1024 * 1024
"""Five minutes of speech as MP3 at 128 kbit/s."""
MEDIA_TYPES = ("audio/mpeg", "audio/ogg", "audio/wav")
PATTERN = "^[0-9a-f]{64}$"
"""How a recording is named: its SHA-256."""
_MISSED_IN = 1.0  # browsers leave a little out at the seams and at the end


class Sound(NamedTuple):
    """A recording as it came."""

    name: str
    media_type: str
    raw: bytes


def recognised(raw: bytes) -> Sound | None:
    """The recording in these bytes, whatever they were called; None when they are no sound that browsers play.

    By how the files begin: ID3v2 or a frame of MPEG audio layer III (ISO 11172-3), Ogg (RFC 3533), RIFF WAVE.
    """
    media_type = _media_type(raw)
    return None if media_type is None else Sound(hashlib.sha256(raw).hexdigest(), media_type, raw)


def _media_type(raw: bytes) -> str | None:
    if raw[:4] == b"OggS":
        return "audio/ogg"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WAVE":
        return "audio/wav"
    # Twelve bits of sync, and the layer bits of layer III.
    is_frame = len(raw) > 1 and raw[0] == 0xFF and raw[1] & 0xE6 == 0xE2
    return "audio/mpeg" if raw[:3] == b"ID3" or is_frame else None


def whole(played: list[tuple[float, float]], duration: float) -> bool:
    """Whether these stretches, in seconds, are the whole of a recording."""
    heard = 0.0
    for start, end in sorted(played):
        if start > heard + _MISSED_IN:
            return False
        heard = max(heard, end)
    return duration > 0 and heard >= duration - _MISSED_IN
