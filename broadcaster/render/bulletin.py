"""An alert as it is told to others: to systems as CAP, to a desk as a text. Frozen, so what is made of it is too."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from broadcaster.model.cap import MsgType, Status
from broadcaster.model.draft import DraftContent, Info
from broadcaster.render.languages import resolve
from broadcaster.settings.geometry import Ring


@dataclass(frozen=True, slots=True)
class Place:
    """An area with its outline. circle: latitude, longitude and kilometres, as CAP writes it."""

    id: str
    name: str
    rings: tuple[Ring, ...] = ()
    circle: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that this one replaces, as CAP's `references` name it."""

    sender: str
    identifier: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Resource:
    """A file that goes with it, such as a poster. uri: where it is. sha1, in hex: CAP 1.2 knows no other digest."""

    description: str
    media_type: str
    uri: str
    size: int | None = None
    sha1: str | None = None


@dataclass(frozen=True, slots=True)
class Bulletin:
    """Everything that outputs depend on.

    identifier: how CAP's readers know it. number: None in a preview without one. earlier: all it replaces, the latest
    first. order: the hub's languages. timezone: the hub's. public: whether it is for everybody. cap_url: where
    its CAP document is. asked_by, approved_by: names of people.
    """

    identifier: str
    organisation: str
    sender: str
    number: int | None
    msg_type: MsgType
    content: DraftContent
    sent_at: datetime
    timezone: str
    order: tuple[str, ...]
    places: tuple[Place, ...]
    public: bool
    cap_url: str = ""
    replaces: int | None = None
    earlier: tuple[Earlier, ...] = ()
    release_at: datetime | None = None
    incident: str | None = None
    event_code: str | None = None
    response_types: tuple[str, ...] = ()
    asked_by: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    resources: tuple[Resource, ...] = field(default=())

    @property
    def status(self) -> Status:
        """Whether it is real."""
        return self.content.status

    @property
    def zone(self) -> ZoneInfo:
        """The hub's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def infos(self) -> list[tuple[str, Info]]:
        """The texts by language, the hub's own first."""
        given = self.content.infos
        names = [name for name in self.order if name in given] + sorted(set(given) - set(self.order))
        return [(name, given[name]) for name in names]

    def info(self, language: str) -> tuple[str, Info]:
        """What a reader of this language gets, and in which language that is; empty texts when there are none."""
        if not self.content.infos:
            return language, Info()
        own = resolve(language, self.content.infos, self.order)
        return own, self.content.infos[own]
