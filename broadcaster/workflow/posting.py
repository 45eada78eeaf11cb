"""Public channels of ours are recipients: those of the configuration, in every organisation."""

from datetime import datetime

from sqlalchemy import Connection

from broadcaster.model.audience import normal_address
from broadcaster.model.events import SYSTEM, Event
from broadcaster.seal import Seal
from broadcaster.store import journal, posts
from broadcaster.store.posts import Post
from broadcaster.workflow.house import House

_NAME = "Openbaar kanaal"


def sync(conn: Connection, seal: Seal, house: House, now: datetime) -> None:
    """Make recipients of the configured channels, and retire those that are no longer configured."""
    wanted = [
        _post(seal, kind, language, address)
        for kind, spec in house.specs.items()
        for language, address in spec.posts.items()
    ]
    for organisation in house.settings.organisations:
        added, retired = posts.sync(conn, organisation.id, wanted, seal.seal(_NAME, "name"), now)
        if added or retired:
            data = {"added": sorted(added), "retired": sorted(retired)}
            journal.append(conn, [Event("PublicChannelsChanged", SYSTEM, organisation.id, data)], now)


def _post(seal: Seal, kind: str, language: str, address: str) -> Post:
    normal = normal_address(kind, address)
    return Post(kind, language, seal.seal(normal, kind), seal.mark(normal, kind))
