"""The page that hangs at a support point. It holds no notice: its script fetches the board and checks it."""

import tomllib
from typing import Any

from broadcaster import data
from broadcaster.model.board import Mode
from broadcaster.render.languages import RIGHT_TO_LEFT, base
from broadcaster.settings.sections import Point
from broadcaster.store.answers import Answer
from broadcaster.web import queries
from broadcaster.web.calls import Call
from broadcaster.web.pages import environment, page

_PAGES = environment("board")
_MODE = queries.choice("mode", Mode, "Which board it shows; `live` when not given.")
QUERY: frozenset[str] = frozenset({_MODE})


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((data.find("templates") / name).read_text(encoding="utf-8"))


def _said() -> dict[str, dict[str, str]]:
    """The words by language; a form of one has those of its language where it has none of its own."""
    found = _read("board/words.toml")
    return {language: {**found[base(language)], **own} for language, own in found.items()}


WORDS = _said()
"""What a display says of itself, by language."""
STOPS = _read("board/stops.toml")
"""Why a display shows nothing: heading and remedy, by reason."""
_EXERCISE = {language: words["exercise"] for language, words in _read("layouts/words.toml").items()}
_BANDS = {
    "refused": "Er kwam een bord binnen dat niet klopt. Het wordt niet getoond. Bel de beheerder.",
    "admission": "De centrale kent dit scherm niet meer. Er komen geen nieuwe berichten. Bel de beheerder.",
    "state-unwritable": "Deze browser bewaart niets. Er komen geen nieuwe berichten. Bel de beheerder.",
}
"""Said below a board that is still shown, when what came after it could not be."""


async def show(call: Call) -> Answer:
    """`GET /display/{point}`: the page; its address holds the display's token once, after the number sign."""
    mode = _MODE.of(call.request) or Mode.LIVE
    wanted = call.request.match_info["point"]
    hub = call.parts.house.settings
    for point in hub.points:
        if point.id == wanted:
            return page(_PAGES, "display.html", _values(point, mode, hub.hub.timezone), Cache_Control="no-cache")
    return page(_PAGES, "unknown.html", {}, 404, Cache_Control="no-cache")


def _values(point: Point, mode: Mode, timezone: str) -> dict[str, Any]:
    setting = {
        "point": point.id,
        "name": point.name,
        "mode": mode.value,
        "zone": timezone,
        "languages": point.languages,
        "right_to_left": sorted(RIGHT_TO_LEFT),
        "words": WORDS,
        "exercise": _EXERCISE,
        "stops": STOPS,
        "bands": _BANDS,
    }
    return {"setting": setting, "point": point, "mode": mode.value, "exercise": _EXERCISE["nl"], "loading": WORDS["nl"]}
