"""The areas of a house as a flat drawing."""

import math
from itertools import pairwise

import pytest

from broadcaster.render.areas import HEIGHT, KILOMETRES, WIDTH, Chart, Flat, chart
from broadcaster.render.bulletin import Place

SQUARE = ((52.0, 5.0), (52.0, 5.1), (52.05, 5.1), (52.05, 5.0), (52.0, 5.0))
CRESCENT = ((52.0, 5.2), (52.1, 5.2), (52.1, 5.4), (52.08, 5.22), (52.02, 5.22), (52.0, 5.4), (52.0, 5.2))
"""Whose middle lies outside it."""
PLACES = [
    Place("zuid", "Zuid", circle="52.02,5.05 2.0"),
    Place("noord", "Noord", (SQUARE,)),
    Place("haven", "Haven", (CRESCENT,)),
    Place("overal", "Overal"),
]


def drawn(*marked: str, places: list[Place] = PLACES) -> Chart:
    found = chart(places, marked)
    assert found is not None
    return found


def is_inside(ring: Flat, x: float, y: float) -> bool:
    crossings = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        crossings += (y1 < y + 0.1) != (y2 < y + 0.1) and x < x1 + (x2 - x1) * (y + 0.1 - y1) / (y2 - y1)
    return crossings % 2 == 1


def test_an_area_has_the_number_of_its_place_in_the_list_and_lies_above_those_it_was_not_for() -> None:
    found = drawn("haven", "zuid")
    assert [(shape.name, shape.number) for shape in found.shapes] == [("Noord", None), ("Haven", 1), ("Zuid", 2)]


def test_a_number_stands_inside_its_area_also_when_the_middle_lies_outside() -> None:
    for shape in drawn("noord", "haven", "zuid").shapes:
        assert is_inside(shape.rings[0], *shape.at), shape.name


def test_lengths_are_as_on_the_ground_north_is_above_and_the_whole_fits() -> None:
    found = drawn("noord")
    assert max(found.width / WIDTH, found.height / HEIGHT) == 1
    [square] = [shape.rings[0] for shape in found.shapes if shape.name == "Noord"]
    wide, high = square[1][0] - square[0][0], square[0][1] - square[2][1]
    assert high > 0
    assert wide / high == pytest.approx(2 * math.cos(math.radians(52.05)), rel=0.02)
    kilometres, bar = found.bar
    assert bar / high == pytest.approx(kilometres / (0.05 * KILOMETRES), rel=0.02)
    corners = [corner for shape in found.shapes for ring in shape.rings for corner in ring]
    assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in corners)


def test_an_area_without_an_outline_is_named_and_without_any_there_is_no_map() -> None:
    assert drawn("overal", "weg", "noord").lacking == ("Overal", "weg")
    assert chart(PLACES, ["overal", "weg"]) is None
    assert chart([], []) is None
