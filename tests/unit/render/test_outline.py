"""Outlines with fewer corners enclose the same."""

import math
from itertools import pairwise

from broadcaster.render.outline import fewer
from broadcaster.settings.geometry import Ring
from tests.bulletins import NOORD


def size(ring: Ring) -> float:
    """The area of an outline (the shoelace formula), in squared degrees."""
    return abs(sum(y1 * x2 - y2 * x1 for (y1, x1), (y2, x2) in pairwise(ring))) / 2


def test_few_corners_stay_as_they_are():
    assert fewer(NOORD.rings[0]) == NOORD.rings[0]


def test_corners_on_a_side_go_first_and_those_of_a_square_stay():
    side = [n / 5000 for n in range(500)]
    ring = [(52 + n, 5.0) for n in side] + [(52.1, 5 + n) for n in side]
    ring += [(52.1 - n, 5.1) for n in side] + [(52.0, 5.1 - n) for n in side]
    told = fewer((*ring, ring[0]))
    assert len(told) == 250
    assert told[0] == told[-1]
    assert {(52.0, 5.0), (52.1, 5.0), (52.1, 5.1), (52.0, 5.1)} <= {(round(y, 9), round(x, 9)) for y, x in told}
    assert math.isclose(size(told), 0.01, rel_tol=1e-6)


def test_a_coast_of_very_many_corners_is_told_at_once_and_stays_as_large():
    coast = [
        (52 + math.cos(n) / 10 + math.cos(n * 700) / 900, 5 + math.sin(n) / 10)
        for n in (2 * math.pi * n / 30_000 for n in range(30_000))
    ]
    told = fewer((*coast, coast[0]))
    assert len(told) == 250
    assert math.isclose(size(told), math.pi / 100, rel_tol=0.05)


def test_an_area_of_no_size_is_still_a_polygon():
    tiny = tuple((52 + n / 1e9, 5.0) for n in range(300))
    assert len(fewer((*tiny, tiny[0]))) == 250
