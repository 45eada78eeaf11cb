"""The shape of an area, from a GeoJSON file (RFC 7946)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Ring = tuple[tuple[float, float], ...]
"""(latitude, longitude) of each corner, the first again at the end: CAP's order, GeoJSON's turned round."""

_MOST_BYTES = 5_000_000


class GeometryError(Exception):
    """The file is not the shape of an area; the message says why."""


def outer_rings(file: Path) -> tuple[Ring, ...]:
    """The outline of every polygon in `file`, without its holes. GeometryError when there is none."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise GeometryError("is larger than 5 MB")
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise GeometryError("names a file that does not exist") from None
    except OSError:
        raise GeometryError("names a file that cannot be read") from None
    except (ValueError, RecursionError):
        raise GeometryError("names a file that is not JSON") from None
    rings = tuple(_ring(polygon[0]) for polygon in _polygons(content))
    if not rings:
        raise GeometryError("names a file without a polygon")
    return rings


def _polygons(content: Any) -> Iterator[list[Any]]:
    match content:
        case {"type": "FeatureCollection", "features": list(features)}:
            for feature in features:
                yield from _polygons(feature)
        case {"type": "Feature", "geometry": geometry}:
            yield from _polygons(geometry)
        case {"type": "Polygon", "coordinates": [_, *_] as polygon}:
            yield polygon
        case {"type": "MultiPolygon", "coordinates": [[_, *_], *_] as polygons}:
            yield from polygons
        case _:
            raise GeometryError("names a file that is not a GeoJSON polygon")


def _ring(corners: Any) -> Ring:
    try:
        ring = tuple((float(latitude), float(longitude)) for longitude, latitude, *_ in corners)
    except (TypeError, ValueError):
        raise GeometryError("names a file with a corner that is not two numbers") from None
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise GeometryError("names a file with a polygon that is not closed (RFC 7946, 3.1.6)")
    if any(not (-90 <= latitude <= 90 and -180 <= longitude <= 180) for latitude, longitude in ring):
        raise GeometryError("names a file with a corner that is not in degrees (longitude, then latitude)")
    return ring
