"""The areas and the support points as a map draws them: GeoJSON (RFC 7946), the same for every page and reader."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiohttp import web

from broadcaster.pages.assets import unpacks_gzip
from broadcaster.render.areas import rings_of
from broadcaster.render.bulletin import Place
from broadcaster.settings.sections import Area, Point
from broadcaster.web.calls import Call
from broadcaster.workflow.bulletins import place_of

_MEDIA_TYPE = "application/geo+json"
_DIGITS = 5  # of a degree: about a metre (RFC 7946, section 11.2)
Corner = tuple[float, float]
"""(longitude, latitude): GeoJSON's order."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The file, as it is and packed, and its sum."""

    raw: bytes
    packed: bytes
    etag: str


async def show(call: Call) -> web.StreamResponse:
    """`GET /console/areas.geojson`."""
    settings = call.parts.house.settings
    found = await asyncio.to_thread(drawing, settings.areas, settings.points)  # reads outlines the first time
    headers = {"ETag": found.etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if call.request.headers.get("If-None-Match") == found.etag:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = _MEDIA_TYPE
    if unpacks_gzip(call.request):
        return web.Response(body=found.packed, headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=found.raw, headers=headers)


@lru_cache(maxsize=4)
def drawing(areas: tuple[Area, ...], points: tuple[Point, ...]) -> Drawing:
    """Made once for what is configured."""
    features = [*(_area(place_of(area)) for area in areas), *_points(points)]
    whole = {"type": "FeatureCollection", "features": features}
    raw = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    return Drawing(raw, gzip.compress(raw, mtime=0), f'"{hashlib.sha256(raw).hexdigest()[:16]}"')


def _area(place: Place) -> dict[str, Any]:
    rings = [_ring(ring) for ring in rings_of(place)]  # a circle as corners: GeoJSON has none
    return _feature("area", place.id, place.name, {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]})


def _feature(kind: str, id_: str, name: str, geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": id_, "properties": {"kind": kind, "name": name}, "geometry": geometry}


def _ring(ring: tuple[tuple[float, float], ...]) -> list[Corner]:
    return [(round(east, _DIGITS), round(north, _DIGITS)) for north, east in ring]


def _points(points: tuple[Point, ...]) -> Iterator[dict[str, Any]]:
    for point in points:
        if point.location is not None:
            north, east = map(float, point.location.split(","))
            yield _feature("point", point.id, point.name, {"type": "Point", "coordinates": [east, north]})
