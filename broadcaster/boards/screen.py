"""What a screen at a support point is given, by a hub and by a relay alike: its page. It holds no notice: its script
fetches the board, and checks it."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from broadcaster import data
from broadcaster.model.board import Mode
from broadcaster.pages.html import HEADERS, environment
from broadcaster.render.languages import RIGHT_TO_LEFT, base

_PAGES = environment("board")


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


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of a point, as who serves it knows it. open: boards are given without a token. local: at
    `/local/POINT.json` stands a line of the point's host. showing: at `/v1/points/POINT/showing` is listened to what
    the screen shows."""

    point: str
    name: str
    languages: tuple[str, ...]
    zone: str
    open: bool = False
    local: bool = False
    showing: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What goes out."""

    body: str
    headers: Mapping[str, str]
    status_code: int = 200


def page(screen: Screen, mode: Mode = Mode.LIVE) -> Given:
    """`/display/POINT`, and with `?mode=exercise`: the page."""
    values = {"point": screen, "mode": mode.value, "exercise": _EXERCISE["nl"], "loading": WORDS["nl"]}
    return _html("display.html", values | {"setting": _setting(screen, mode)})


def unknown() -> Given:
    """The page for a point that is not there."""
    return _html("unknown.html", {}, 404)


def _html(template: str, values: Mapping[str, Any], status_code: int = 200) -> Given:
    html = _PAGES.get_template(template).render(values)
    return Given(html, {**HEADERS, "Cache-Control": "no-cache"}, status_code)


def _setting(screen: Screen, mode: Mode) -> dict[str, Any]:
    return asdict(screen) | {
        "mode": mode.value,
        "right_to_left": sorted(RIGHT_TO_LEFT),
        "words": WORDS,
        "exercise": _EXERCISE,
        "stops": STOPS,
        "bands": _BANDS,
    }
