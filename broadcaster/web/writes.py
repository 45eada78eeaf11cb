"""Writes: one transaction each, and with an Idempotency-Key the same answer however often they come.

The header is that of draft-ietf-httpapi-idempotency-key-header; the key is taken as it stands.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from broadcaster.store import answers
from broadcaster.store.answers import Answer, Key
from broadcaster.web import bodies
from broadcaster.web.calls import Call
from broadcaster.web.problems import malformed
from broadcaster.workflow.refusals import Fault

T = TypeVar("T")
Show = Callable[[Connection, T], Answer]
"""Makes the answer of what an effect gave, in the same transaction."""
WRITTEN = "written"
"""Hinted after every write: the journal may have a new line."""
HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def key_of(call: Call) -> Key | None:
    """The request's key; None when it has none."""
    given = call.request.headers.getall(HEADER, [])
    if not given:
        return None
    if len(given) > 1 or not KEY.fullmatch(given[0]):
        fault = Fault(HEADER, "key", "geef één sleutel van 1 tot 255 zichtbare ASCII-tekens")
        raise malformed("De Idempotency-Key heeft niet de juiste vorm.", fault)
    return Key(call.caller.actor, given[0], await _fingerprint(call))


async def _fingerprint(call: Call) -> str:
    """What makes a request the same: its method, path, condition and body."""
    request = call.request
    hasher = hashlib.sha256()
    for part in (request.method, request.path, request.headers.get("If-Match", "")):
        hasher.update(part.encode(errors="surrogateescape") + b"\0")
    hasher.update(await bodies.read(request))
    return hasher.hexdigest()


async def write(call: Call, show: Show[T], effect: Callable[..., T], *args: Any) -> Answer:
    """Run `effect(conn, *args)` and `show` what it gave, as one transaction; once per key."""
    key, now = await key_of(call), call.parts.clock.now()

    def transaction(conn: Connection) -> Answer:
        def do(conn: Connection) -> Answer:
            return show(conn, effect(conn, *args))

        return do(conn) if key is None else answers.once(conn, key, now, do)

    transaction.__name__ = getattr(effect, "__name__", transaction.__name__)  # what the store's tracer is told
    answer = await call.parts.store.run(transaction)
    call.parts.signals.hint(WRITTEN)
    return answer


async def recall(call: Call) -> Answer | None:
    """The answer that an earlier request with this key got; None when there is none, or no key."""
    key = await key_of(call)
    return None if key is None else await call.parts.store.read(answers.recall, key, call.parts.clock.now())
