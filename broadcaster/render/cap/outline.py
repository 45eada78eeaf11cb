"""Outlines with fewer corners: an area stands in every language of a document, and readers draw it on a map."""

import math

from broadcaster.settings.geometry import Ring

_MOST = 250
_STEP = 1e-5  # degrees: about a metre


def fewer(ring: Ring, most: int = _MOST) -> Ring:
    """The outline with so many corners at most (Ramer, Douglas and Peucker, with as wide a tolerance as it takes). What
    is exact is the area's name."""
    tolerance, found = _STEP, ring
    while len(found) > most:
        found = _simplified(ring, tolerance)
        tolerance *= 2
    return found if len(found) >= 4 else (*ring[: most - 1], ring[-1])


def _simplified(ring: Ring, tolerance: float) -> Ring:
    kept = {0, len(ring) - 1, len(ring) // 2}  # a ring ends where it begins: it needs a far point to be measured from
    spans = [(0, len(ring) // 2), (len(ring) // 2, len(ring) - 1)]
    while spans:
        first, last = spans.pop()
        far, at = max(
            ((_distance(ring[i], ring[first], ring[last]), i) for i in range(first + 1, last)), default=(0.0, first)
        )
        if far > tolerance:
            kept.add(at)
            spans += [(first, at), (at, last)]
    return tuple(ring[i] for i in sorted(kept))


def _distance(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """From a corner to a side, in degrees of latitude; those of longitude are shorter, the more so further north."""
    narrow = math.cos(math.radians(point[0]))
    (y, x), (y1, x1), (y2, x2) = ((lat, lon * narrow) for lat, lon in (point, start, end))
    length = math.hypot(y2 - y1, x2 - x1)
    if not length:
        return math.hypot(y - y1, x - x1)
    return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length
