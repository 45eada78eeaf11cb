"""What a screen at a support point is given, by a hub and by a relay alike: its page, its paper, and the worker that
keeps both. None of them holds a notice: their scripts fetch the board, and check it."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from broadcaster import data
from broadcaster.model.board import Mode
from broadcaster.pages.assets import ASSETS, integrity
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
    return _page(screen, mode, version(screen))


def _page(screen: Screen, mode: Mode, named: str) -> Given:
    values = {"point": screen, "mode": mode.value, "exercise": _EXERCISE["nl"], "loading": WORDS["nl"]}
    return _html("display.html", values | {"setting": _setting(screen, mode, named), "version": named})


def unknown() -> Given:
    """The page for a point that is not there."""
    return _html("unknown.html", {}, 404)


def _html(template: str, values: Mapping[str, Any], status_code: int = 200) -> Given:
    html = _PAGES.get_template(template).render(values)
    return Given(html, {**HEADERS, "Cache-Control": "no-cache"}, status_code)


def _setting(screen: Screen, mode: Mode, named: str) -> dict[str, Any]:
    return asdict(screen) | {
        "mode": mode.value,
        "version": named,
        "right_to_left": sorted(RIGHT_TO_LEFT),
        "words": WORDS,
        "exercise": _EXERCISE,
        "stops": STOPS,
        "bands": _BANDS,
    }


_PROGRAM = (data.find("templates") / "board" / "worker.js").read_text(encoding="utf-8")
_FOLDERS = ("board/", "fonts/", "noble/")
_FILES = ("display.css", "display.js", "fonts.css", "icons/exercise.svg", "icons/live.svg")


@lru_cache(maxsize=512)
def version(screen: Screen) -> str:
    """Another one as soon as a byte of a page or of what it needs is another."""
    pages = [_page(screen, mode, "").body for mode in Mode]
    return hashlib.sha256(json.dumps([_PROGRAM, pages, _assets()]).encode()).hexdigest()[:16]


def _assets() -> dict[str, str]:
    names = [name for name in ASSETS.all() if name in _FILES or name.startswith(_FOLDERS)]
    return {f"/assets/{name}": ASSETS.integrity(name) for name in sorted(names)}


@lru_cache(maxsize=512)
def worker(screen: Screen) -> Given:
    """`/display/POINT/worker.js`: keeps the page and all that it needs in the browser, so that it opens without a line.

    It names what it keeps with the sum of every file, so it is another file itself as soon as one of them is; and a
    browser keeps all of a version or nothing of it.
    """
    place = f"/display/{screen.point}"
    pages = {f"{place}{_query(mode)}": integrity(page(screen, mode).body.encode()) for mode in Mode}
    names = {"PLACE": place, "VERSION": version(screen), "KEPT": pages | _assets()}
    given = "".join(f"const {name} = {json.dumps(value, indent=1)};\n" for name, value in names.items())
    headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; connect-src 'self'",  # a worker has a policy of its own
        "Service-Worker-Allowed": place,
        "Cache-Control": "no-cache",
    }
    return Given(f"{given}\n{_PROGRAM}", headers)


def _query(mode: Mode) -> str:
    return "" if mode is Mode.LIVE else f"?mode={mode}"
