"""The host's manual is two pages made of its source, and names only what is there. `make golden` makes it anew."""

import hashlib
import io
import re
import tomllib
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import typst

from broadcaster import data
from broadcaster.relay.host.words import catalogue
from broadcaster.render.drawing import FONTS

DOCS = Path(__file__).parents[2] / "docs"
SOURCE, MADE = DOCS / "host-manual.typ", DOCS / "host-manual.pdf"
NAME = re.compile(r"(?:#|\b)name\[([^\]]+)\]")
BUTTONS = ("open", "print", "heard", "urgent")


def source_sum() -> str:
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def drawn() -> bytes:
    made: Any = typst.compile(
        SOURCE,
        root=DOCS,
        sys_inputs={"source": source_sum()},
        font_paths=FONTS,
        ignore_system_fonts=True,
        timestamp=0,
        pdf_standards=["ua-1"],
    )
    assert isinstance(made, bytes)
    return made


def said() -> str:
    """Every Dutch word that the host's page, the screen and the paper can say."""
    page = [words["nl"] for group in catalogue().values() for words in group.values()]
    tables = [
        tomllib.loads((data.find("templates") / f).read_text("utf-8"))["nl"]
        for f in ("board/words.toml", "layouts/words.toml")
    ]
    return "\n".join([*page, *(str(word) for table in tables for word in table.values())])


def test_the_manual_is_two_pages_that_everybody_can_read(drawn: bytes, refresh: bool) -> None:
    if refresh:
        MADE.write_bytes(drawn)
    for content in (drawn, MADE.read_bytes()):
        pdf = pikepdf.open(io.BytesIO(content))
        assert len(pdf.pages) == 2
        assert str(pdf.Root.Lang) == "nl"
        assert pdf.Root.MarkInfo.Marked


def test_the_pdf_is_made_of_the_source_that_stands_beside_it() -> None:
    with pikepdf.open(MADE) as pdf:
        assert str(pdf.docinfo["/Keywords"]) == source_sum()


def test_everything_that_the_manual_names_is_on_the_page_the_screen_or_the_paper() -> None:
    names = NAME.findall(SOURCE.read_text("utf-8").partition("#framed[")[2])
    assert len(names) > 15
    there = said().lower()
    assert [name for name in names if name.lower() not in there] == []


def test_the_manual_and_the_guide_name_the_four_buttons() -> None:
    for text in (SOURCE.read_text("utf-8"), (DOCS / "host.md").read_text("utf-8")):
        for button in BUTTONS:
            assert catalogue()["button"][button]["nl"] in text
