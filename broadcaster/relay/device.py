"""Who this relay is: its key, and what a hub gave it when it was enrolled. One file, for the relay's user alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, Field

from broadcaster.boards.ratchet import write_durably
from broadcaster.model.board import Mode
from broadcaster.model.draft import Name
from broadcaster.seal import SigningKey

FILE = "device.json"


class Place(BaseModel):
    """A support point, as a relay knows it. Unknown members are left alone: a later hub may tell more."""

    model_config = ConfigDict(frozen=True)
    id: Name
    name: Annotated[str, Field(max_length=100)]
    languages: tuple[str, ...] = ()


class NotEnrolled(Exception):
    """This relay belongs to no hub; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Device:
    """`hub` is where it was enrolled: its token is shown nowhere else. `points` it serves, the first is its own.
    `roots`: the fingerprint it trusts, by mode. `since`: the hub's time when it was enrolled."""

    id: str
    key: SigningKey = field(repr=False)
    hub: str
    token: str = field(repr=False)
    points: tuple[Place, ...]
    roots: Mapping[Mode, str]
    since: datetime

    def point(self, point_id: str) -> Place | None:
        """One of its points."""
        return next((point for point in self.points if point.id == point_id), None)


def load(folder: Path) -> Device:
    """The device of this folder. NotEnrolled when there is none that can be used."""
    file = folder / FILE
    try:
        return _from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotEnrolled("This relay is not enrolled yet: run 'omroeper relay enrol URL CODE'.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, JoseError):
        raise NotEnrolled(f"{file} cannot be used: enrol this relay again with 'omroeper relay enrol'.") from None


def keep(folder: Path, device: Device) -> None:
    """Store it durably, readable by this user alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = {
        "id": device.id,
        "key": device.key.as_dict(private=True),
        "hub": device.hub,
        "token": device.token,
        "points": [point.model_dump() for point in device.points],
        "roots": dict(device.roots),
        "since": device.since.isoformat(),
    }
    write_durably(folder / FILE, json.dumps(content, indent=1))


def _from_json(content: Any) -> Device:
    key = SigningKey.import_key(content["key"])
    if not key.is_private:
        raise ValueError("not a private key")
    return Device(
        id=str(content["id"]),
        key=key,
        hub=str(content["hub"]),
        token=str(content["token"]),
        points=tuple(Place.model_validate(point) for point in content["points"]),
        roots={Mode(mode): str(root) for mode, root in content["roots"].items()},
        since=datetime.fromisoformat(content["since"]),
    )
