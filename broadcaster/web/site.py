"""The public page as files, for any web server to show: a town that all looks at once does not ask the hub.

Every file takes the place of its former self at once, and a page comes after what it needs, so who looks meanwhile sees
a whole page.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from broadcaster.pages.folder import write
from broadcaster.store import recordings as stored
from broadcaster.web.assets import ASSETS
from broadcaster.web.front import Shown
from broadcaster.web.pages import environment
from broadcaster.web.parts import Page
from broadcaster.web.public import ROBOTS

__all__ = ["files", "sounds", "write"]


def files(page: Page, check: Mapping[str, Any], standing: str, keys: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Every file by its path, in the order to write them. check: what the page `/controle` is made of; standing: what
    it is told of our notices."""
    yield from ((f"assets/{name}", content) for name, content in ASSETS.all().items())
    yield "robots.txt", ROBOTS.encode()
    yield "favicon.ico", ASSETS.all()["icons/live.svg"]
    yield "v1/keys", json.dumps(keys).encode()
    yield "controle/worker.js", ASSETS.all()["check/worker.js"]
    yield "controle/stand.json", standing.encode()
    yield "controle/index.html", environment("public").get_template("check.html").render(check).encode()
    yield "index.html", page.html.encode()


def sounds(conn: Connection, shown: Shown) -> Iterator[tuple[str, bytes]]:
    """The recordings that the page plays."""
    for name in sorted({name for by_language in shown.audio.values() for name in by_language.values()}):
        found = stored.get(conn, name)
        if found is not None:
            yield f"audio/{name}", found.raw
