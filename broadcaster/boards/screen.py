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
_DESK = {
    "loading": "Het laatste bericht wordt opgehaald.",
    "none": "Deze computer heeft nog geen bericht. Open eerst het scherm van dit punt, met het adres van de beheerder.",
    "empty": "Er is geen bericht om op te hangen. Zo was het om {at}.",
    "over": "Het laatste bericht geldt niet meer. Hang er geen poster van op, en haal weg wat er hangt.",
    "ready": "Dit hangt u op. Haal weg wat er nog van eerder hangt. Zo was het om {at}.",
    "line": "Er is geen lijn. Dit is het laatste bericht dat hier binnenkwam; misschien is er al een nieuwer.",
    "time": "Tijd onbekend. Kijk op een andere klok of het bericht nog geldt voordat u het ophangt.",
}
"""Said beside a poster, to whoever prints it."""


def _printed() -> dict[str, dict[str, str]]:
    """The words of a poster by language."""
    own, layouts = _read("poster/words.toml"), _read("layouts/words.toml")
    shared = ("until", "next_update", "as_of")
    return {name: {**{key: layouts[name][key] for key in shared}, **own[name]} for name in own}


_PAPER = _printed()


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of a point, as who serves it knows it. open: boards are given without a token. local: it hangs at a
    relay, which has a line of the point's host at `/local/POINT.json`, and the hub's own word that a board is newest at
    `/v1/heartbeats/POINT`. showing: at `/v1/points/POINT/showing` is listened to what the screen shows."""

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


def paper(screen: Screen) -> Given:
    """`/display/POINT/papier`: the page that prints the board which the screen holds. Its script reads `mode` and
    `size` (a4 or a3) from the address."""
    setting = _shared(screen) | {"paper": _PAPER, "desk": _DESK}
    return _html("paper.html", {"point": screen, "loading": WORDS["nl"], "setting": setting})


def unknown() -> Given:
    """The page for a point that is not there."""
    return _html("unknown.html", {}, 404)


def _html(template: str, values: Mapping[str, Any], status_code: int = 200) -> Given:
    html = _PAGES.get_template(template).render(values)
    return Given(html, {**HEADERS, "Cache-Control": "no-cache"}, status_code)


def _setting(screen: Screen, mode: Mode, named: str) -> dict[str, Any]:
    return _shared(screen) | {"mode": mode.value, "version": named, "stops": STOPS}


def _shared(screen: Screen) -> dict[str, Any]:
    words = {"words": WORDS, "exercise": _EXERCISE, "bands": _BANDS, "right_to_left": sorted(RIGHT_TO_LEFT)}
    return asdict(screen) | words


_PROGRAM = (data.find("templates") / "board" / "worker.js").read_text(encoding="utf-8")
_FOLDERS = ("board/", "fonts/", "noble/", "uqr/")
_FILES = ("display.css", "display.js", "fonts.css", "icons/exercise.svg", "icons/live.svg", "paper.css", "paper.js")


@lru_cache(maxsize=512)
def version(screen: Screen) -> str:
    """Another one as soon as a byte of a page or of what it needs is another."""
    pages = [paper(screen).body, *(_page(screen, mode, "").body for mode in Mode)]
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
    pages = {f"{place}{_query(mode)}": page(screen, mode) for mode in Mode} | {f"{place}/papier": paper(screen)}
    sums = {path: integrity(given.body.encode()) for path, given in pages.items()}
    names = {"PLACE": place, "VERSION": version(screen), "KEPT": sums | _assets()}
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
