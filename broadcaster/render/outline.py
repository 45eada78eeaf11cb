"""Outlines with fewer corners: an area stands in every language of a document, and readers draw it on a map."""

import heapq
import math

from broadcaster.settings.geometry import Ring

_MOST = 250
_LOOKED_AT = 20_000  # of more corners than this, which lie within metres of each other, not every one is looked at


def fewer(ring: Ring, most: int = _MOST) -> Ring:
    """The outline with so many corners at most: time and again the one goes that changes the area least (Visvalingam
    and Whyatt, 1993). What is exact is the area's name."""
    corners = ring[: -1 : -(-len(ring) // _LOOKED_AT)]
    before = [n - 1 for n in range(len(corners))]
    after = [(n + 1) % len(corners) for n in range(len(corners))]
    before[0] = len(corners) - 1
    sizes = [_triangle(corners[before[n]], corners[n], corners[after[n]]) for n in range(len(corners))]
    queue = [(size, n) for n, size in enumerate(sizes)]
    heapq.heapify(queue)
    left = set(range(len(corners)))
    while len(left) > most - 1:
        size, n = heapq.heappop(queue)
        if n not in left or size != sizes[n]:
            continue  # gone, or its neighbours changed since
        left.remove(n)
        after[before[n]], before[after[n]] = after[n], before[n]
        for other in (before[n], after[n]):
            sizes[other] = max(size, _triangle(corners[before[other]], corners[other], corners[after[other]]))
            heapq.heappush(queue, (sizes[other], other))
    kept = tuple(corners[n] for n in sorted(left))
    return (*kept, kept[0])


def _triangle(one: tuple[float, float], two: tuple[float, float], three: tuple[float, float]) -> float:
    """Twice the area of a triangle, in squared degrees of latitude; those of longitude are shorter further north."""
    narrow = math.cos(math.radians(two[0]))
    return abs((one[0] - three[0]) * (two[1] - one[1]) - (one[0] - two[0]) * (three[1] - one[1])) * narrow
