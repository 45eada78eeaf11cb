"""Between the password and the code: who has shown the first, sealed, for a few minutes, and in nobody's memory."""

import base64
import binascii
import json
from datetime import datetime, timedelta

from broadcaster.seal import Seal, SealError
from broadcaster.web.calls import Call
from broadcaster.workflow import signing_in
from broadcaster.workflow.signing_in import Credentials

_CONTEXT = "sign-in ticket"
_GOOD_FOR = timedelta(minutes=5)


def sealed(call: Call, name: str, known: Credentials) -> str:
    """A ticket for who knew the password of `name` just now."""
    until = (call.parts.clock.now() + _GOOD_FOR).isoformat()
    text = json.dumps({"name": name, "knew": _knew(call.parts.seal, known), "until": until})
    return base64.urlsafe_b64encode(call.parts.seal.seal(text, _CONTEXT)).decode()


async def opened(call: Call, ticket: str) -> tuple[str, Credentials] | None:
    """Whose ticket it is, by name and as they stand now; None when it is none, too old, or the password has changed."""
    try:
        found = json.loads(call.parts.seal.open(base64.urlsafe_b64decode(ticket), _CONTEXT))
    except (SealError, binascii.Error, ValueError):
        return None
    known = await call.parts.store.read(signing_in.look_up, found["name"])
    in_time = call.parts.clock.now() < datetime.fromisoformat(found["until"])
    if known is None or not in_time or found["knew"] != _knew(call.parts.seal, known):
        return None
    return found["name"], known


def _knew(seal: Seal, known: Credentials) -> str:
    """The password that was known, as nobody can read it."""
    return seal.mark(f"{known.person_id} {known.stored}", _CONTEXT).hex()
