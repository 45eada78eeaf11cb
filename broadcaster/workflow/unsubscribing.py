"""No more messages: a link that says by itself whose it is, so that one press needs no address, cookie or password.

`/uit/REFERENCECODE`: the reference of one delivery, and a keyed code without which nobody can make a link for
another. It goes on working for as long as the house keeps its seal and the alert. RFC 8058: a mail program may
press for its reader, so a request to read the page changes nothing and a request to send it changes all.
"""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection
from yarl import URL

from broadcaster import ids
from broadcaster.channel import Fact, Inbound, Unsubscribed
from broadcaster.seal import Seal
from broadcaster.store import facts
from broadcaster.store.facts import Reader
from broadcaster.workflow import receiving

ACCOUNT = "web.unsubscribe"
"""What is pressed is kept like what a provider sends, under this name."""
_CODE_BYTES, _CODE_LENGTH = 10, 16


def links(seal: Seal, hub_url: str) -> Callable[[str], str]:
    """From a reference to where its reader says no more; plain ASCII, also for a host's name that is not."""
    place = f"{URL(hub_url)}".rstrip("/") + "/uit/"
    return lambda reference: f"{place}{reference}{_code(seal, reference)}"


def _code(seal: Seal, reference: str) -> str:
    return base64.b32encode(seal.mark(reference, "unsubscribe")[:_CODE_BYTES]).decode("ascii").lower()


def reference_in(seal: Seal, token: str) -> str | None:
    """The delivery a link was made for; None for one that we did not make."""
    token = token.lower()
    reference, code = token[:-_CODE_LENGTH], token[-_CODE_LENGTH:]
    return reference if hmac.compare_digest(_code(seal, reference).encode(), code.encode()) else None


def whose(conn: Connection, seal: Seal, token: str) -> Reader | None:
    """Whose link it is."""
    reference = reference_in(seal, token)
    place = ids.parse_reference(reference) if reference else None
    return facts.reader_of(conn, *place) if place else None


def ask(conn: Connection, seal: Seal, token: str, now: datetime) -> Reader | None:
    """Keep that somebody pressed; applied like every fact. Whose link it is; None for one that we did not make."""
    reader = whose(conn, seal, token)
    if reader is not None and not reader.opted_out:
        receiving.receive(conn, seal, ACCOUNT, Inbound(token.encode(), {}, {}), now)
    return reader


def reader(seal: Seal) -> Callable[[Inbound], list[Fact]]:
    """Reads what `ask` kept."""

    def read(inbound: Inbound) -> list[Fact]:
        reference = reference_in(seal, inbound.body.decode("ascii", "replace"))
        if reference is None:
            raise ValueError("not a link of ours")
        return [Unsubscribed(reference=reference)]

    return read
