"""A municipality's own folder of scenarios: it replaces, extends and adds, without touching code."""

import re
from datetime import date
from pathlib import Path

import pytest

from broadcaster.data import find
from broadcaster.render import library, scenarios
from broadcaster.render.lint import lint
from broadcaster.render.request import RenderRequest
from broadcaster.render.scenarios import WITHDRAWAL
from tests.unit.render.conftest import Ask

DOCUMENT = Path(__file__).parents[3] / "docs" / "scenarios.md"
OURS = find("templates")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder that docs/scenarios.md tells to make: every block of it that begins with the name of a file."""
    for path, text in re.findall(r"```toml\n# scenarios/(\S+)\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL):
        put(tmp_path, path, text)
    return tmp_path


def put(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text(text, "utf-8")


def copied(folder: Path, name: str) -> Path:
    for path in (OURS / "scenarios" / name).glob("*.toml"):
        put(folder, f"{name}/{path.name}", path.read_text("utf-8"))
    return folder / name


def test_the_examples_of_the_documentation_are_right_and_do_what_it_says(own: Path) -> None:
    templates = library.read(OURS, own)
    assert templates.own == {"false-alarm", "ferry-stopped"}
    assert templates.left_out == frozenset()
    extended, added = (scenarios.load(name, templates) for name in ("false-alarm", "ferry-stopped"))
    assert set(extended.texts) == {*scenarios.load("false-alarm").texts, "fy"}
    assert (added.texts["nl"].was_read, added.unread) == (True, [])
    assert [each for each in lint("false-alarm", templates) if "fy" in each.file] == []
    assert lint("ferry-stopped", templates, ["nl"]) == []
    fields: dict[str, str | int] = {"place": "Noord", "back": "18:00"}
    info = scenarios.texts(added, fields, "Europe/Amsterdam", date(2026, 11, 24), templates=templates)["nl"]
    assert info.headline == "De pont Noord vaart niet"


def test_a_whole_scenario_replaces_ours_with_all_its_languages(tmp_path: Path) -> None:
    folder = copied(tmp_path, "smoke")
    for language in ("de", "fr", "pl", "tr", "ar", "uk", "nl-easy"):
        (folder / f"{language}.toml").unlink()
    put(tmp_path, "smoke/scenario.toml", (folder / "scenario.toml").read_text("utf-8").replace("Brand met", "Vuur met"))
    found = scenarios.load("smoke", library.read(OURS, tmp_path))
    assert (found.title, set(found.texts)) == ("Vuur met veel rook", {"nl", "en"})


def test_a_language_alone_takes_the_place_of_ours_and_leaves_the_rest(tmp_path: Path) -> None:
    turkish = (OURS / "scenarios" / "smoke" / "tr.toml").read_text("utf-8")
    read = 'read_by = "A. Yılmaz"\nread_on = 2026-11-24\n'
    put(tmp_path, "smoke/tr.toml", read + turkish.replace("Havalandırmayı durdurun.\n", "Klimayı kapatın.\n"))
    found, ours = scenarios.load("smoke", library.read(OURS, tmp_path)), scenarios.load("smoke")
    assert "Klimayı kapatın." in found.texts["tr"].instruction
    assert found.unread == [language for language in ours.texts if language != "tr"]
    assert {language: own for language, own in found.texts.items() if language != "tr"} == {
        language: own for language, own in ours.texts.items() if language != "tr"
    }


def test_a_broken_one_is_left_out_and_ours_never_takes_its_place_unseen(tmp_path: Path) -> None:
    copied(tmp_path, "smoke")
    put(tmp_path, "smoke/tr.toml", "headline =")
    templates = library.read(OURS, tmp_path)
    assert templates.left_out == {"smoke"}
    assert "smoke" not in scenarios.names(templates)
    assert len(scenarios.names(templates)) == len(scenarios.names()) - 1
    with pytest.raises(ValueError, match="omroeper scenario lint"):
        scenarios.load("smoke", templates)
    assert [str(each) for each in library.troubles(tmp_path)] == [
        "smoke/tr.toml is not TOML at end of document: mend that place."
    ]


def test_a_broken_withdrawal_leaves_ours_for_taking_back_must_always_be_possible(tmp_path: Path) -> None:
    copied(tmp_path, "smoke")
    put(tmp_path, f"{WITHDRAWAL}/nl.toml", "headline =")
    templates = library.read(OURS, tmp_path)
    assert scenarios.load(WITHDRAWAL, templates) == scenarios.load(WITHDRAWAL)
    assert [each.file for each in library.troubles(tmp_path)] == [f"{WITHDRAWAL}/nl.toml"]
    assert templates.own == {"smoke"}


def test_a_draft_of_a_scenario_that_broke_meanwhile_makes_no_text_and_says_so(
    tmp_path: Path, ask_scenario: Ask
) -> None:
    from broadcaster.render.engine import render

    request: RenderRequest = ask_scenario()
    put(tmp_path, "power-outage/nl.toml", "headline =")
    rendered = render(request, library.read(OURS, tmp_path))
    assert rendered.texts == {}
    assert "template-failed" in {finding.code for finding in rendered.findings}
