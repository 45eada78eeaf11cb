"""A line of a point's own host, that its screens show beside the board: a file for each point and mode. Nobody signed
it, so a screen marks it as the point's own."""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from broadcaster.boards.ratchet import write_durably
from broadcaster.boards.serving import Place
from broadcaster.model.report import Line

_MARGIN_IN = timedelta(minutes=1)


class LocalLine(BaseModel):
    """What a host wrote, when, and until when it is shown."""

    model_config = ConfigDict(frozen=True)
    text: Line
    at: AwareDatetime
    until: AwareDatetime

    def holds_at(self, now: datetime) -> bool:
        """Whether it is shown. A clock that went back to before it was written proves nothing: then it is not."""
        return self.at - _MARGIN_IN <= now < self.until


class LocalLines:
    """The lines of one folder, which belongs to this process alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def of(self, place: Place, now: datetime) -> LocalLine | None:
        """The line on the screens of a point in a mode; None when there is none, or no longer."""
        try:
            found = LocalLine.model_validate_json(self._file(place).read_bytes())
        except (OSError, ValidationError):
            return None
        return found if found.holds_at(now) else None

    def put(self, place: Place, line: LocalLine) -> None:
        """Show a line. OSError when it cannot be kept."""
        write_durably(self._file(place), line.model_dump_json())

    def take(self, place: Place) -> None:
        """Show none any more."""
        self._file(place).unlink(missing_ok=True)

    def _file(self, place: Place) -> Path:
        point, mode = place
        return self._folder / f"{point}.{mode}.json"
