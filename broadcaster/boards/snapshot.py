"""Which notices stand on a board at an instant. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from broadcaster.model.board import BoardPayload, Mode, Notice

MAX_BYTES = 64 * 1024
"""A display on a thin line must fetch it within seconds."""
BOARD_LIFE_IN = timedelta(hours=72)
"""How long a board may be shown without a newer one. The national preparations count on 72 hours in which
lines and power may be away: a shorter life blanks the screen while it is all people have, a longer one lets
a display that was cut off, or is fed an old board on purpose, pass for current. Each notice still leaves
the screen at its own expiry, and the age is always shown."""


class BoardTooLarge(ValueError):
    """The notices of one point do not fit on its board."""


def payload_for(
    point: str,
    mode: Mode,
    seq: int,
    epoch: int,
    issued_at: datetime,
    notices: Iterable[Notice],
    *,
    superseded: Collection[int] = (),
    journal_head: str | None = None,
    name: str | None = None,
    spoken: Sequence[str] = (),
) -> BoardPayload:
    """The board of `point`: of all notices released for it, those that are valid at `issued_at`.

    `superseded` names numbers replaced or cancelled by something that is not among `notices`.
    ValueError when a notice is of another mode; BoardTooLarge above 64 KB.
    """
    payload = BoardPayload(
        mode=mode,
        point=point,
        seq=seq,
        epoch=epoch,
        issued_at=issued_at,
        not_after=issued_at + BOARD_LIFE_IN,
        journal_head=journal_head,
        name=name,
        spoken=tuple(spoken),
        notices=valid_at(issued_at, list(notices), superseded),
    )
    _check_size(payload)
    return payload


def valid_at(instant: datetime, notices: Collection[Notice], superseded: Collection[int] = ()) -> list[Notice]:
    """The notices people should read at `instant`: most severe first, then by number.

    What was replaced stays replaced when its successor expires: an old notice never comes back.
    """
    gone = {notice.replaces for notice in notices} | set(superseded)
    valid = [notice for notice in notices if notice.number not in gone and notice.expires > instant]
    return sorted(valid, key=lambda notice: (notice.severity.rank, notice.number))


def _check_size(payload: BoardPayload) -> None:
    size = len(payload.model_dump_json().encode())
    if size > MAX_BYTES:
        raise BoardTooLarge(
            f"The board of {payload.point} would be {size} bytes with {len(payload.notices)} notices; "
            f"at most {MAX_BYTES} fit: shorten a notice, or cancel one that is no longer needed."
        )
