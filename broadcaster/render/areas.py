"""Areas as a flat drawing: north above, without tiles, the same outlines as on the map of a draft.

So small that a degree of latitude and one of longitude are lengths, as on every map of a town: east is shrunk by the
cosine of the middle's latitude (the equirectangular projection), and nothing else.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from broadcaster.render.bulletin import Place
from broadcaster.settings.geometry import Ring

WIDTH, HEIGHT = 1000, 700
"""The room for it, in units of which paper has eleven to a millimetre: finer than a line is wide."""
KILOMETRES = 111.195
"""In a degree of latitude, on a sphere of 6371 km."""
_CORNERS = 48
_BARS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
Flat = tuple[tuple[int, int], ...]
"""A ring of corners (x, y), y downwards."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An area. number: as it is called in the drawing, from 1 on; None for one that is there to find the others by.
    at: where its number stands, inside it."""

    number: int | None
    name: str
    rings: tuple[Flat, ...]
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, of WIDTH by HEIGHT at most. lacking: names of areas that nobody drew. bar: how many kilometres, and
    how long that is."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    lacking: tuple[str, ...]
    bar: tuple[float, int]


def rings_of(place: Place) -> tuple[Ring, ...]:
    """The outlines of an area; a circle as corners. None when nobody knows where it is."""
    return place.rings or ((_round(place.circle),) if place.circle else ())


def _round(circle: str) -> Ring:
    centre, _, radius = circle.partition(" ")
    north, east = map(float, centre.split(","))
    high = float(radius) / KILOMETRES
    wide = high / max(math.cos(math.radians(north)), 0.01)
    turns = [2 * math.pi * n / _CORNERS for n in range(_CORNERS)]
    corners = [(north + high * math.sin(turn), east + wide * math.cos(turn)) for turn in turns]
    return (*corners, corners[0])


def chart(places: Sequence[Place], marked: Sequence[str]) -> Chart | None:
    """All areas of a house, of which the ids in `marked` have numbers in that order; None when none of those can be
    drawn."""
    outlines = {place.id: rings_of(place) for place in places}
    if not any(outlines.get(area) for area in marked):
        return None
    names = {place.id: place.name for place in places}
    sheet = _Sheet.around([corner for rings in outlines.values() for ring in rings for corner in ring])
    numbers = {area: n for n, area in enumerate(marked, 1)}
    # What is marked lies above the rest: areas may overlap.
    order = sorted((area for area in outlines if outlines[area]), key=lambda area: numbers.get(area, 0))
    shapes = [_shape(sheet, numbers.get(area), names[area], outlines[area]) for area in order]
    lacking = tuple(names.get(area, area) for area in marked if not outlines.get(area))
    return Chart(sheet.width, sheet.height, tuple(shapes), lacking, _bar(sheet))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where a corner comes: units in a degree of latitude, and what a degree of longitude is shrunk by."""

    north: float
    west: float
    units: float
    shrunk: float
    width: int
    height: int

    @classmethod
    def around(cls, corners: Collection[tuple[float, float]]) -> "_Sheet":
        norths, easts = zip(*corners, strict=True)
        north, south, west, east = max(norths), min(norths), min(easts), max(easts)
        shrunk = max(math.cos(math.radians((north + south) / 2)), 0.01)
        high, wide = max(north - south, 1e-6), max((east - west) * shrunk, 1e-6)
        units = min(HEIGHT / high, WIDTH / wide)
        return cls(north, west, units, shrunk, round(wide * units), round(high * units))

    def flat(self, ring: Ring) -> Flat:
        """A ring, without corners that fall on the one before."""
        found: list[tuple[int, int]] = []
        for north, east in ring:
            at = (round((east - self.west) * self.shrunk * self.units), round((self.north - north) * self.units))
            if not found or at != found[-1]:
                found.append(at)
        return tuple(found)


def _shape(sheet: _Sheet, number: int | None, name: str, rings: Sequence[Ring]) -> Shape:
    flat = tuple(sheet.flat(ring) for ring in rings)
    return Shape(number, name, flat, _inside(max(flat, key=len)))


def _inside(ring: Flat) -> tuple[int, int]:
    """A point well inside a ring: in the middle of the longest stretch of the line halfway. The middle of a crescent
    lies outside it."""
    highs = [y for _, y in ring]
    half = (min(highs) + max(highs)) / 2 + 0.1  # no corner lies on it
    crossed = sorted(_crossings(ring, half))
    if len(crossed) < 2:
        return ring[0]
    left, right = max(zip(crossed[::2], crossed[1::2], strict=False), key=lambda pair: pair[1] - pair[0])
    return round((left + right) / 2), round(half)


def _crossings(ring: Flat, y: float) -> Iterator[float]:
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 < y) != (y2 < y):
            yield x1 + (x2 - x1) * (y - y1) / (y2 - y1)


def _bar(sheet: _Sheet) -> tuple[float, int]:
    """The longest round length that takes no more than a quarter of the width."""
    unit = sheet.units / KILOMETRES
    most = max((length for length in _BARS if length * unit <= WIDTH / 4), default=_BARS[0])
    return most, round(most * unit)
