"""What a browser keeps for us between two requests: sealed, good for some minutes, and in nobody's memory."""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from broadcaster.seal import Seal, SealError
from broadcaster.store import tickets
from broadcaster.web.calls import Call
from broadcaster.workflow import signing_in
from broadcaster.workflow.signing_in import Credentials

_KNEW = "sign-in"
_GOOD_FOR = timedelta(minutes=5)


def sealed(call: Call, kind: str, content: Mapping[str, str]) -> str:
    """A ticket of some kind. What is opened again has a `nonce` of 256 random bits as well, in hexadecimal."""
    until = (call.parts.clock.now() + _GOOD_FOR).isoformat()
    text = json.dumps({"nonce": secrets.token_hex(32), **content, "until": until})
    return base64.urlsafe_b64encode(call.parts.seal.seal(text, f"{kind} ticket")).decode()


def opened(call: Call, kind: str, ticket: str) -> dict[str, str] | None:
    """What a ticket of this kind says; None when it is none, or too old."""
    try:
        found: dict[str, Any] = json.loads(call.parts.seal.open(base64.urlsafe_b64decode(ticket), f"{kind} ticket"))
    except (SealError, binascii.Error, ValueError):
        return None
    return found if call.parts.clock.now() < datetime.fromisoformat(found["until"]) else None


async def spend(call: Call, found: Mapping[str, str]) -> bool:
    """Use an opened ticket up; False when it was used before, at whichever hub."""
    nonce, until = bytes.fromhex(found["nonce"]), datetime.fromisoformat(found["until"])
    return await call.parts.store.run(tickets.spend, nonce, until, call.parts.clock.now())


# --- between the password and the second factor ------------------------------------------------------


def of_password(call: Call, name: str, known: Credentials) -> str:
    """A ticket for who knew the password of `name` just now."""
    return sealed(call, _KNEW, {"name": name, "knew": _knew(call.parts.seal, known)})


async def who_knew(call: Call, ticket: str) -> tuple[str, Credentials] | None:
    """Whose ticket it is, by name and as they stand now; None when it is none, too old, or the password has changed."""
    found = opened(call, _KNEW, ticket)
    if found is None:
        return None
    known = await call.parts.store.read(signing_in.look_up, found["name"])
    if known is None or found["knew"] != _knew(call.parts.seal, known):
        return None
    return found["name"], known


def _knew(seal: Seal, known: Credentials) -> str:
    """The password that was known, as nobody can read it."""
    return seal.mark(f"{known.person_id} {known.stored}", f"{_KNEW} ticket").hex()
