"""A line of a point's own host, that its screens show beside the board: a file for each point. Nobody signed it, so a
screen marks it as the point's own."""

import json
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from broadcaster.boards.ratchet import write_durably
from broadcaster.model.report import Line


class LocalLine(BaseModel):
    """What a host wrote, and when."""

    model_config = ConfigDict(frozen=True)
    text: Line
    at: AwareDatetime


class LocalLines:
    """The lines of one folder, which belongs to this process alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def of(self, point: str) -> LocalLine | None:
        """The line of a point; None when there is none."""
        try:
            return LocalLine.model_validate_json((self._folder / f"{point}.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def put(self, point: str, text: str, at: datetime) -> None:
        """Replace it; an empty text takes it away. OSError when it cannot be kept, ValueError when it is no line."""
        if not text:
            (self._folder / f"{point}.json").unlink(missing_ok=True)
            return
        line = LocalLine(text=text, at=at)
        write_durably(self._folder / f"{point}.json", json.dumps(line.model_dump(mode="json")))
