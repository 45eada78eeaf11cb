"""A poster that everybody can read, whatever stands on it."""

import io
from dataclasses import replace
from datetime import datetime

import pikepdf
import pytest
import segno
from PIL import Image, ImageOps

from broadcaster.model.draft import DraftContent
from broadcaster.render.drawing import draw
from broadcaster.render.engine import render
from broadcaster.render.poster import DRAFT, Size, poster_of
from broadcaster.render.printing import NotPrinted, printed
from broadcaster.render.request import RenderRequest

LINK = f"https://crisis.voorbeeldstad.example/controle#{'a' * 520}"
FIELDS = {"place": "Noord", "since": "13:40", "point": "Wijkhuis Noord, Kerkstraat 1", "phone": "14 030"}


def request(*languages: str, status="Actual", **texts: str) -> RenderRequest:
    """A power cut, number 3 in the place of number 2; `texts` are put in its first language."""
    draft = {
        "scenario": "power-outage",
        "fields": FIELDS,
        "status": status,
        "as_of": "2026-11-23T13:05:00Z",
        "expires": "2026-11-23T20:00:00Z",
        "next_update": "2026-11-23T15:00:00Z",
        "areas": ["noord"],
    }
    asked = RenderRequest(
        content=DraftContent.model_validate(draft),
        organisation_name="Gemeente Voorbeeldstad",
        sender="voorbeeldstad.example",
        sent_at=datetime.fromisoformat("2026-11-23T13:10:00+00:00"),
        timezone="Europe/Amsterdam",
        kinds=(),
        languages=("nl", "en"),
        area_names={"noord": "Noord"},
        number=3,
        replaces=2,
    )
    infos = {name: info for name, info in render(asked).infos.items() if name in (languages or ("nl",))}
    first = next(iter(infos))
    infos[first] = infos[first].model_copy(update=texts)
    return replace(asked, content=asked.content.model_copy(update={"infos": infos}))


def drawn(asked: RenderRequest, size=Size.A4, link=LINK) -> pikepdf.Pdf:
    (made,) = draw(poster_of(asked, size, link).as_line())
    return pikepdf.open(io.BytesIO(made))


def languages_in(node, found) -> set[str]:
    """Every language that the tags of a PDF name."""
    if isinstance(node, pikepdf.Array):
        for item in node:
            languages_in(item, found)
    elif isinstance(node, pikepdf.Dictionary):
        if "/Lang" in node:
            found.add(str(node.Lang))
        if "/K" in node and "/S" in node:
            languages_in(node.K, found)
    return found


@pytest.mark.parametrize("size", Size)
def test_it_is_a_tagged_document_that_says_its_title_and_every_language(size):
    pdf = drawn(request("nl", "en", "ar", "uk"), size)
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Nr 3: Stroomuitval in Noord"
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.Root.Lang) == "nl"
    assert languages_in(pdf.Root.StructTreeRoot.K, set()) >= {"en", "ar", "uk"}
    width, height = (float(side) / 72 * 25.4 for side in pdf.pages[0].mediabox[2:])
    assert (round(width), round(height)) == ((210, 297) if size is Size.A4 else (297, 420))


def test_the_same_alert_gives_the_same_bytes():
    line = poster_of(request("nl", "ar"), Size.A4, LINK).as_line()
    assert draw(line) == draw(line)


def test_a_text_is_never_read_as_a_template():
    hostile = '#panic("run") #read("/etc/passwd") $x$ *y* \\ <a> @b `c` = d'
    assert len(drawn(request("nl", instruction=hostile, headline=hostile)).pages) == 1


def test_every_moment_has_its_date_also_today():
    section = poster_of(request("nl"), Size.A4, LINK).sections[0]
    assert section["until"] == "Geldig tot 23 november 21:00"
    assert "Volgend bericht 23 november 16:00" in section["facts"][0]
    assert "Situatie van 23 november 14:05" in section["facts"][1]


def test_what_it_replaces_is_to_be_taken_down_in_every_language():
    sections = poster_of(request("nl", "tr", "ar"), Size.A4, LINK).sections
    assert [(item["name"], item["take_down"]) for item in sections] == [
        ("Nederlands", "Haal nummer 2 weg"),
        ("العربية", "أزل الإعلان رقم 2"),
        ("Türkçe", "No 2 duyurusunu indirin"),
    ]
    assert poster_of(replace(request("nl"), replaces=None), Size.A4, LINK).sections[0]["take_down"] is None


def ink(asked: RenderRequest, link: str | None = LINK) -> list[tuple[int, int, int, int]]:
    """The box around all that is printed, per page, in pixels of a page of 298 by 421."""
    pages = [Image.open(io.BytesIO(page)) for page in draw(poster_of(asked, Size.A4, link).as_line(), 36)]
    boxes = [ImageOps.invert(page.convert("L")).getbbox() for page in pages]
    assert None not in boxes
    return [box for box in boxes if box]


@pytest.mark.parametrize("words", [1, 30, 300, 3000])
def test_a_longer_text_gets_more_pages_and_nothing_passes_the_margin(words):
    boxes = ink(request("nl", "en", description="woord " * words, instruction=f"{'x' * min(words, 900)}\n" * 3))
    assert all(left >= 19 and top >= 20 and right <= 279 and bottom <= 390 for left, top, right, bottom in boxes)
    assert len(boxes) == {1: 1, 30: 1, 300: 2, 3000: 9}[words]


def test_every_page_of_an_exercise_has_its_frame_and_a_real_one_has_none():
    for asked, link in ((request("nl", "en", "uk", status="Exercise"), LINK), (request("nl", "en", "uk"), None)):
        assert all(box[0] < 15 and box[1] < 15 and box[2] > 283 and box[3] > 406 for box in ink(asked, link))


def test_an_exercise_and_a_draft_say_so_and_a_draft_has_no_code():
    exercise = poster_of(request("nl", "ar", status="Exercise"), Size.A4, LINK)
    assert [item["word"] for item in exercise.sections] == ["OEFENING", "تمرين"]
    assert (exercise.word, exercise.draft) == ("OEFENING", None)
    draft = poster_of(request("nl"), Size.A4, None)
    assert (draft.word, draft.draft, draft.code) == (None, DRAFT, None)


def test_the_code_is_coarse_enough_to_read_from_paper():
    assert int(segno.make_qr(LINK, error="m", boost_error=False).version) <= 25


async def test_a_letter_without_a_font_is_seen_to_be_one_and_a_text_of_them_is_refused():
    assert (await printed(poster_of(request("nl", headline="Brand 🔥"), Size.A4, LINK))).startswith(b"%PDF-")
    foreign = "".join(chr(0x4E00 + n) for n in range(60))
    with pytest.raises(NotPrinted, match="lettertype"):
        await printed(poster_of(request("nl", instruction=foreign), Size.A4, LINK))
