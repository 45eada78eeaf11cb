"""The start page of a relay, for residents' telephones on its network: what is valid here, in every language, without a
script, an account or the internet. It is made of the verified board, and says how old that is."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from broadcaster import data
from broadcaster.boards.leaflet import section
from broadcaster.boards.refusals import Refused
from broadcaster.boards.showing import show
from broadcaster.boards.verifying import Board
from broadcaster.model.board import Mode, Notice
from broadcaster.pages.html import HEADERS, environment
from broadcaster.relay.device import Place
from broadcaster.relay.parts import PARTS, Parts
from broadcaster.render.languages import base

_PAGES = environment("relay", "public")
_WORDS = tomllib.loads((data.find("templates") / "relay/words.toml").read_text(encoding="utf-8"))


async def start(request: web.Request) -> web.Response:
    """`GET /`: what is valid at this relay's own point, or at `?point=` of another that it serves."""
    parts = request.app[PARTS]
    wanted = request.query.get("point", parts.device.points[0].id)
    point = parts.place(wanted)
    if point is None:
        raise web.HTTPNotFound(text="This relay does not serve that point.")
    html = _PAGES.get_template("start.html").render(_values(parts, point))
    return web.Response(body=html.encode(), headers={**HEADERS, "Cache-Control": "no-cache"})


def _values(parts: Parts, point: Place) -> dict[str, Any]:
    held = parts.shelf.ratchets[point.id, Mode.LIVE].held
    shown = show(held, parts.clock.now()) if held else None
    notices = [] if shown is None or isinstance(shown, Refused) else shown.notices
    zone = ZoneInfo(parts.settings.relay.timezone)
    line = parts.lines.standing()
    return {
        "point": point,
        "others": [parts.place(other.id) for other in parts.device.points if other.id != point.id],
        "chosen": f"point={point.id}",
        "sections": _sections(point, notices),
        "held": held is not None,
        "gone": _moment(held.payload.not_after, zone) if held and isinstance(shown, Refused) else None,
        "confirmed": _moment(parts.confirmed_at(point.id), zone),
        "line_gone": None if line.up else _moment(line.since or parts.confirmed_at(point.id), zone),
        "unknown": None if parts.clock.is_known else _moment(_first_end(held, notices), zone),
    }


def _sections(point: Place, notices: Sequence[Notice]) -> list[dict[str, Any]]:
    there = {language for notice in notices for language in notice.languages}
    required = point.languages or ("nl",)
    order = [*required, *sorted(there - set(required))]
    made = [section(language, notices, required) for language in order]
    for one in made:
        own = _WORDS.get(base(one["language"]), _WORDS["en"])
        one["words"] = {**one["words"], **own}
    return made


def _first_end(held: Board | None, notices: Sequence[Notice]) -> datetime | None:
    """When the first of what is shown ends: what people without a clock must compare with another."""
    return min((notice.expires for notice in notices), default=held.payload.not_after if held else None)


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return f"{at.astimezone(zone):%H:%M (%d-%m-%Y)}" if at else None
