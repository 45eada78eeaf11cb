"""What pages ship: styles, scripts and fonts, from `templates/assets`. Nothing comes from anywhere else.

A page names an asset with the sum of its bytes (`Assets.url`), so a browser may keep it for good and has the new one
the moment a new version is installed.
"""

import base64
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from broadcaster import data

_KINDS = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_TEXTS = frozenset({"text/css", "text/javascript", "text/plain", "image/svg+xml"})
"""What becomes smaller when it is packed: a font is already."""
_FOR_GOOD = "public, max-age=31536000, immutable"
_FOR_NOW = (
    "public, no-cache"  # a script asks for another by its bare name: never half of one version and half of the next
)


class Assets:
    """Every file under a folder, read once: they are few, and change with a new version only."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
        self._packed = {
            name: gzip.compress(content, mtime=0)  # once: the first page may come over a 4G dongle
            for name, content in self._files.items()
            if _kind(name).partition(";")[0] in _TEXTS
        }
        self._sums = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in self._files.items()}

    def all(self) -> Mapping[str, bytes]:
        """Every file by its name."""
        return self._files

    def url(self, name: str) -> str:
        """Where a page finds an asset. KeyError when there is none of that name."""
        return f"/assets/{name}?v={self._sums[name]}"

    def integrity(self, name: str) -> str:
        """What a browser checks an asset with (W3C Subresource Integrity). KeyError when there is none of that name."""
        return integrity(self._files[name])

    def asked(self, request: web.Request, name: str) -> web.Response | None:
        """The answer to a request for an asset, as far as its headers go; None when there is none of that name."""
        known = request.headers.get("If-None-Match")
        return self.answer(name, request.query.get("v"), known, packed=_unpacks_gzip(request))

    def answer(self, name: str, version: str | None, known: str | None, *, packed: bool) -> web.Response | None:
        """The file, or 304 for who has it; None when there is none. version: as `url` gave it. packed: whether the
        asker can unpack gzip."""
        if name not in self._files:
            return None
        etag = f'"{self._sums[name]}"'
        headers = {
            "ETag": etag,
            "Vary": "Accept-Encoding",
            "Cache-Control": _FOR_GOOD if version == self._sums[name] else _FOR_NOW,
        }
        if known == etag:
            return web.Response(status=304, headers=headers)
        body = self._files[name]
        if packed and name in self._packed:
            body = self._packed[name]
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers | {"Content-Type": _kind(name)})


def _kind(name: str) -> str:
    kind = _KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def integrity(content: bytes) -> str:
    """A digest as W3C Subresource Integrity writes it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def _unpacks_gzip(request: web.Request) -> bool:
    """Whether the asker names gzip, and not with a weight of nothing (RFC 9110 section 12.5.3)."""
    named = (item.replace(" ", "").lower() for item in request.headers.get("Accept-Encoding", "").split(","))
    return any(item.partition(";")[0] == "gzip" and not re.search(r";q=0(\.0*)?$", item) for item in named)


ASSETS = Assets(data.find("templates") / "assets")
