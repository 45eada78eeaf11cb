"""What the host told and ticked off, kept on the relay: one small file, replaced as a whole."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from broadcaster.boards.ratchet import write_durably
from broadcaster.model.board import Mode
from broadcaster.model.report import Report

_MOST = 300
"""Reports that are kept to be looked back at; three days of them, at four an hour."""


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True)
    told: tuple[Report, ...] = ()
    ticks: tuple[str, ...] = ()


class Notebook:
    """The notebook of one relay. Every change is on disk when the call returns; OSError when it cannot be."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._content = _read(file)

    def told(self, mode: Mode) -> list[Report]:
        """What was told, the newest first."""
        return [report for report in reversed(self._content.told) if report.mode is mode]

    def find(self, report_id: str) -> Report | None:
        """What was told under an id."""
        return next((report for report in self._content.told if report.id == report_id), None)

    def add(self, report: Report) -> None:
        """Write down what was told."""
        self._write({"told": (*self._content.told, report)[-_MOST:]})

    @property
    def ticks(self) -> tuple[str, ...]:
        """What is ticked off of the checklist."""
        return self._content.ticks

    def tick(self, names: Iterable[str]) -> None:
        """Keep what is ticked off."""
        self._write({"ticks": tuple(names)})

    def _write(self, change: dict[str, object]) -> None:
        content = self._content.model_copy(update=change)
        write_durably(self._file, content.model_dump_json())
        self._content = content


def _read(file: Path) -> _Content:
    try:
        return _Content.model_validate_json(file.read_text("utf-8"))
    except FileNotFoundError:
        return _Content()
    except (OSError, ValidationError, ValueError):
        file.replace(f"{file}.damaged")  # what was told is in the outbox; a host must be able to go on
        return _Content()
