"""Letting this relay in at a hub: a code that an administrator made is used up, and a device is kept."""

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated

import aiohttp
from pydantic import BaseModel, Field, ValidationError

from broadcaster.model.board import Mode
from broadcaster.model.draft import Name
from broadcaster.relay import device
from broadcaster.relay.device import Device, Place
from broadcaster.seal import new_key

_ANSWER_IN = 20.0
_MAX_BYTES = 256 * 1024


class NotLetIn(Exception):
    """The hub did not let this relay in; the message says what to do."""


class _Enrolled(BaseModel):
    """What the hub answers. Unknown members are left alone."""

    id: str
    token: Annotated[str, Field(min_length=1)]
    point: Name
    points: tuple[Name, ...]
    roots: dict[Mode, Annotated[str, Field(pattern=r"^[\w-]{43}$")]]


async def enrol(url: str, code: str, name: str, folder: Path) -> Device:
    """Make a key, have the hub let it in, and keep what it gave. The key never leaves this box. NotLetIn when the hub
    refuses or does not answer; then nothing is kept."""
    url = url.rstrip("/")
    key = new_key()
    public = {member: key.as_dict(private=False)[member] for member in ("kty", "crv", "x")}
    wanted = {"code": code, "kind": "relay", "name": name, "key": public}
    status_code, body, date = await _post(f"{url}/v1/devices", wanted)
    if status_code != 201:
        raise NotLetIn(_refusal(status_code, body))
    try:
        given = _Enrolled.model_validate_json(body)
    except ValidationError:
        raise NotLetIn("The hub gives an answer that this version does not understand: update the relay.") from None
    order = dict.fromkeys((given.point, *given.points))
    made = Device(given.id, key, url, given.token, tuple(Place(id=one, name=one) for one in order), given.roots, date)
    device.keep(folder, made)
    return made


async def _post(url: str, content: object) -> tuple[int, bytes, datetime]:
    timeout = aiohttp.ClientTimeout(total=_ANSWER_IN)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, json=content, allow_redirects=False) as response,
        ):
            date = parsedate_to_datetime(response.headers["Date"])
            return response.status, await response.content.read(_MAX_BYTES), date
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError):
        raise NotLetIn("The hub does not answer: check the address and the line.") from None


def _refusal(status_code: int, body: bytes) -> str:
    try:
        errors = json.loads(body)["errors"]
        said = "; ".join(f"{error['field']}: {error['message']}" for error in errors)
    except (ValueError, KeyError, TypeError):
        said = ""
    plain = "".join(letter for letter in said if letter.isprintable())[:300]
    remedy = f" ({plain})" if plain else ""
    return f"The hub does not let this relay in ({status_code}){remedy}: ask for a new code, and type it as it is."
