"""The page of the settings, to read: each with its value and where it comes from, and what is amiss."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection

from broadcaster.model.cap import Status
from broadcaster.render.library import troubles
from broadcaster.settings import ConfigurationError, Settings, listed
from broadcaster.store.answers import Answer
from broadcaster.web.calls import Call
from broadcaster.web.console import frame
from broadcaster.workflow import reminding
from broadcaster.workflow.house import AccountState, House

PATH = "/console/instellingen"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Of one account: which secrets are there, and which it lacks; never what they are. None: a file of them cannot be
    read."""

    state: AccountState
    there: tuple[str, ...] | None
    lacking: tuple[str, ...]


async def show(call: Call) -> Answer:
    """`GET /console/instellingen`."""
    house = call.parts.house
    found, secrets = await asyncio.to_thread(_looked_at, house)
    values = {
        "tables": listed(house.settings),
        "file": house.settings.path,
        "folder": house.settings.secrets_folder,
        "secrets": secrets,
        "findings": await call.parts.store.read(_unreminded, house),
        "troubles": found,
        "none_on": not any(one.on for one in house.configured),
    }
    return frame.shown(call, "configuration.html", values, Status.ACTUAL)


def _looked_at(house: House) -> tuple[list[str], list[Secrets]]:
    wrong = [str(one) for one in troubles(house.settings.hub.scenarios)]
    return wrong, [_secrets(house.settings, state) for state in house.configured]


def _secrets(settings: Settings, state: AccountState) -> Secrets:
    try:
        there = set(settings.secrets_of(state.name))
    except ConfigurationError:
        return Secrets(state, None, ())
    return Secrets(state, tuple(sorted(there)), tuple(name for name in state.needs if name not in there))


def _unreminded(conn: Connection, house: House) -> list[str]:
    return list(reminding.nobody(conn, house))
