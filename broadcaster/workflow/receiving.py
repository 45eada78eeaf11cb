"""Facts from providers: stored first, applied after, in any order and as often as they come.

A receipt is evidence and never the driver of a send: it moves a delivery that is at rest, and waits for one that is
not, which its alert's expiry ends. A late "delivered" wins, because it is true.
"""

import base64
import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from broadcaster import ids
from broadcaster.channel import Fact, Inbound, Moved, Receipt, Unsubscribed
from broadcaster.model.audience import normal_address
from broadcaster.model.delivery import OPEN, State
from broadcaster.model.events import SYSTEM, Event
from broadcaster.seal import Seal
from broadcaster.store import dialect, facts, journal
from broadcaster.workflow import hearing
from broadcaster.workflow.house import House

Reader = Callable[[Inbound], Sequence[Fact]]
"""An account's own reading of what its provider sent."""
_BATCH = 200
_CONTEXT = "inbound"
_LOCK = 7_021_968


def hook_key(seal: Seal, account: str) -> str:
    """The unguessable part of an account's hook; the same until the seal key changes."""
    return seal.mark(account, "hook").hex()


def is_hook_key(seal: Seal, account: str, given: str) -> bool:
    """Whether somebody knows the key, in constant time."""
    return hmac.compare_digest(hook_key(seal, account).encode(), given.encode())


def receive(conn: Connection, seal: Seal, account: str, inbound: Inbound, now: datetime) -> int:
    """Keep a provider's request, sealed; its number. Nothing is made of it yet."""
    raw = {
        "body": base64.b64encode(inbound.body).decode(),
        "headers": dict(inbound.headers),
        "query": dict(inbound.query),
    }
    return facts.keep(conn, account, seal.seal(json.dumps(raw), _CONTEXT), now)


def _opened(seal: Seal, sealed: bytes) -> Inbound:
    raw = json.loads(seal.open(sealed, _CONTEXT))
    return Inbound(base64.b64decode(raw["body"]), raw["headers"], raw["query"])


def apply_waiting(
    conn: Connection,
    seal: Seal,
    readers: Mapping[str, Reader],
    after: int,
    now: datetime,
    house: House | None = None,
) -> int | None:
    """Make of a batch of waiting requests after number `after` what they say; the last one's number, None
    when there was none, or another process is at it. An early one is left to wait for its delivery. Without a
    `house` nobody can subscribe."""
    if not dialect.is_only_one(conn, _LOCK):
        return None
    last = None
    notes: dict[str, Counter[str]] = {}
    for last, account, sealed, received_at in facts.waiting(conn, after, _BATCH):
        note = _apply(conn, seal, readers, account, sealed, received_at, now, house)
        if note is not None:
            facts.applied(conn, last, note, now)
            notes.setdefault(account, Counter())[note] += 1
    # One line for the batch: there may be a report for every delivery.
    events = [Event("FactsApplied", SYSTEM, account, dict(sorted(made.items()))) for account, made in notes.items()]
    journal.append(conn, events, now)
    return last


def _apply(
    conn: Connection,
    seal: Seal,
    readers: Mapping[str, Reader],
    account: str,
    sealed: bytes,
    received_at: datetime,
    now: datetime,
    house: House | None,
) -> str | None:
    """What became of one request; None when part of it must wait."""
    if account not in readers:
        return "the account is gone"
    try:
        found = readers[account](_opened(seal, sealed))
    except ValueError:
        return "not of this provider"
    except Exception as error:  # noqa: BLE001 - a defect in an adapter must cost one request, not all behind it
        return f"adapter raised {type(error).__name__}"
    kind = account.partition(".")[0]
    notes = [_one(conn, seal, kind, item, received_at, now, house) for item in found]
    if None in notes:
        return None
    return ", ".join(sorted({note for note in notes if note})) or "empty"


def _one(
    conn: Connection, seal: Seal, kind: str, item: Fact, received_at: datetime, now: datetime, house: House | None
) -> str | None:
    if isinstance(item, Receipt):
        return _receipt(conn, seal, kind, item, now)
    if isinstance(item, Unsubscribed):
        if item.reference is not None:
            return _opt_out(conn, item.reference, now)
        return hearing.unsubscribed(conn, seal, kind, item, received_at, now)
    if isinstance(item, Moved):
        return hearing.moved(conn, seal, kind, item, received_at, now)
    if house is None:
        return "nothing to do"
    return hearing.subscribed(conn, seal, house, kind, item, received_at, now)


def _opt_out(conn: Connection, reference: str, now: datetime) -> str:
    """Whoever got this wants nothing more at that address, whatever list it is in."""
    place = ids.parse_reference(reference)
    reader = facts.reader_of(conn, *place) if place else None
    if reader is None:
        return "unknown reference"
    facts.opt_out(conn, reader.kind, reader.mark, now)
    return "opted out"


def _receipt(conn: Connection, seal: Seal, kind: str, receipt: Receipt, now: datetime) -> str | None:
    place = ids.parse_reference(receipt.reference)
    found = facts.delivery_of(conn, *place) if place else None
    if found is None:
        return "unknown reference"
    delivery_id, state, mark = found
    if receipt.address is not None and not _is_address(seal, kind, receipt.address, mark):
        return "another address"
    if state in OPEN:
        return None
    if not receipt.final:
        return "under way"
    after = State.DELIVERED if receipt.delivered else State.FAILED
    moved = facts.confirm(
        conn, delivery_id, state, after, receipt.provider_code if after is State.FAILED else None, now
    )
    return after.value if moved else "no change"


def _is_address(seal: Seal, kind: str, address: str, mark: bytes) -> bool:
    try:
        return hmac.compare_digest(seal.mark(normal_address(kind, address), kind), mark)
    except ValueError:
        return False
