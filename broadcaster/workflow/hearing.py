"""What readers tell us, applied: a start, a stop, another address. The order in which it comes does not matter.

Of two words about one address the later one holds, by the provider's own clock where it tells the time, and else by
when we received it. A word about an address that nobody has yet waits a while for the one that it follows.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.channel import Moved, Subscribed, Unsubscribed
from broadcaster.model.audience import normal_address
from broadcaster.seal import Seal
from broadcaster.store import facts, subscribers
from broadcaster.store.subscribers import Reader, heard_at
from broadcaster.workflow.house import House

EARLY_IN = timedelta(minutes=10)
"""How long a stop or a move waits for the start that it follows. Telegram brings updates in order, but for those it
tries again; and whoever says stop without ever having been a reader is forgotten soon."""
_NAME = "Abonnee"
_NO_ADDRESS = "no address"


def subscribed(
    conn: Connection, seal: Seal, house: House, kind: str, item: Subscribed, received_at: datetime, now: datetime
) -> str:
    """Somebody becomes a recipient of every organisation here, in the area they named or in all."""
    try:
        address = normal_address(kind, item.address)
    except ValueError:
        return _NO_ADDRESS
    mark = subscribers.current(conn, kind, seal.mark(address, kind))
    heard = heard_at(item.at or received_at)
    known = house.area_names
    reader = Reader(
        kind,
        seal.seal(address, kind),
        mark,
        seal.seal(_NAME, "name"),
        item.language or house.settings.hub.languages[0],
        chosen=item.chosen and item.language is not None,
        areas=(item.area,) if item.area in known else tuple(sorted(known)),
    )
    for organisation in house.settings.organisations:
        subscribers.subscribe(conn, organisation.id, reader, heard, now)
    return "subscribed" if subscribers.start(conn, kind, mark, heard) else "no change"


def unsubscribed(
    conn: Connection, seal: Seal, kind: str, item: Unsubscribed, received_at: datetime, now: datetime
) -> str | None:
    """Nothing more goes to an address; None when it must wait."""
    try:
        mark = subscribers.current(conn, kind, seal.mark(normal_address(kind, item.address), kind))
    except ValueError:
        return _NO_ADDRESS
    if not subscribers.is_known(conn, kind, mark):
        return _early(received_at, now)
    return "opted out" if facts.opt_out(conn, kind, mark, now, heard_at(item.at or received_at)) else "no change"


def moved(conn: Connection, seal: Seal, kind: str, item: Moved, received_at: datetime, now: datetime) -> str | None:
    """A reader has another address; None when it must wait."""
    try:
        old, new = normal_address(kind, item.address), normal_address(kind, item.to)
    except ValueError:
        return _NO_ADDRESS
    if old == new:
        return "no change"
    mark = seal.mark(old, kind)
    if subscribers.move(conn, kind, mark, seal.seal(new, kind), seal.mark(new, kind), now):
        return "moved"
    return "no change" if subscribers.is_known(conn, kind, mark) else _early(received_at, now)


def _early(received_at: datetime, now: datetime) -> str | None:
    return "nobody we know" if now - received_at > EARLY_IN else None
