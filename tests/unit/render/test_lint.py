"""The linter of scenarios: each thing that may be wrong with a folder is named with its file, key and remedy."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from broadcaster.data import find
from broadcaster.render.lint import broken, lint
from broadcaster.render.templates import Templates

Edit = Callable[[str], str]
OWN = "smoke"


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text, "the file says something else by now"
        return text.replace(old, new)

    return edit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An own folder with a whole copy of one of our scenarios."""
    (tmp_path / OWN).mkdir()
    for path in (find("templates") / "scenarios" / OWN).glob("*.toml"):
        (tmp_path / OWN / path.name).write_bytes(path.read_bytes())
    return tmp_path


def told(folder: Path, name: str = OWN) -> list[str]:
    return [f"{'!' if each.grave else '-'} {each}" for each in lint(name, Templates(find("templates"), folder))]


def edited(folder: Path, file: str, edit: Edit) -> list[str]:
    path = folder / OWN / file
    path.write_text(edit(path.read_text("utf-8")), "utf-8")
    return told(folder)


def test_a_copy_of_ours_is_right(folder: Path) -> None:
    assert told(folder) == []


def as_in_dutch(text: str) -> str:
    impact = (find("templates") / "scenarios" / OWN / "nl.toml").read_text("utf-8").partition("impact = ")[2]
    return re.sub("impact = .*", lambda _: f"impact = {impact.splitlines()[0]}", text)


# What keeps a scenario out of use stands behind "!"; the rest is advice.
WRONG = {
    "a lost digit": ("tr.toml", swap("112'yi", "Bizi"), "! smoke/tr.toml: instruction does not have the digits"),
    "a digit of another script": (
        "ar.toml",
        swap("112", "١١٢"),
        "! smoke/ar.toml: instruction holds digits of another script",
    ),
    "a lost field": ("de.toml", swap("in {{ place }}", "hier"), "! smoke/de.toml: description lost the field 'place'"),
    "a field too many": (
        "en.toml",
        swap('headline = "', 'headline = "{{ since }} '),
        "! smoke/en.toml: headline has the field 'since'",
    ),
    "an unknown field": (
        "en.toml",
        swap("{{ place }}", "{{ town }}"),
        "! smoke/en.toml: headline has {{ town }}, which is no field",
    ),
    "a field of nobody": (
        "scenario.toml",
        lambda text: text + '[fields.wind]\nkind = "place"\nlabel = "Wind"\n',
        "! smoke/nl.toml uses the field 'wind' nowhere",
    ),
    "a missing text": ("fr.toml", swap("impact = ", "impackt = "), "! smoke/fr.toml: impact is missing"),
    "a missing option": (
        "pl.toml",
        swap("harmful = ", "harmfull = "),
        "! smoke/pl.toml: choices.measured.harmful is missing",
    ),
    "an option too many": (
        "pl.toml",
        lambda text: text + 'extra = "X"\n',
        "! smoke/pl.toml: choices.measured.extra is no option",
    ),
    "a word of nobody's CAP": (
        "scenario.toml",
        swap('"Severe"', '"Awful"'),
        "! smoke/scenario.toml: severity is no word of CAP 1.2",
    ),
    "a response of nobody's CAP": (
        "scenario.toml",
        swap('["Shelter", "Avoid"]', '["Run"]'),
        "! smoke/scenario.toml: response_types.0 is no word of CAP 1.2",
    ),
    "an event code of no list": (
        "scenario.toml",
        swap("OET-059", "SMOKE"),
        "! smoke/scenario.toml: event_code does not have the right form",
    ),
    "a misspelt key": (
        "scenario.toml",
        swap("longest", "longst"),
        "! smoke/scenario.toml: fields.place.longst is not a known key: did you mean 'longest'",
    ),
    "half a file": ("uk.toml", lambda text: text[: len(text) // 2], "! smoke/uk.toml is not TOML"),
    "half a template": ("nl.toml", swap("{{ place }}", "{{ place"), "! smoke/nl.toml: headline is no template"),
    "the wrong script": (
        "ar.toml",
        swap('headline = "', 'headline = "Brand met heel veel rook in onze gemeente '),
        "! smoke/ar.toml: headline is not in the script of 'ar'",
    ),
    "an invisible mark": (
        "ar.toml",
        swap('headline = "', 'headline = "\u200f'),
        "! smoke/ar.toml: headline holds an invisible mark",
    ),
    "a text that begins in the other direction": (
        "ar.toml",
        swap('impact = "', 'impact = "PIN '),
        "! smoke/ar.toml: impact begins with a letter of the other",
    ),
    "a number of its own": (
        "nl.toml",
        swap("Bel 112.", "Bel 0900-1234."),
        "! smoke/nl.toml: instruction holds the number 0900-1234",
    ),
    "an address of its own": (
        "nl.toml",
        swap("Blijf uit de rook.", "Kijk op www.rook.nl."),
        "! smoke/nl.toml: instruction holds a web or mail address",
    ),
    "nothing to do": (
        "nl.toml",
        lambda text: text[: text.index("instruction")] + 'instruction = " "\n' + text[text.index("short") :],
        "! smoke/nl.toml: instruction is empty",
    ),
    "no age limit": (
        "scenario.toml",
        swap("facts_minutes = 30 ", "# "),
        "- smoke/scenario.toml: fields.since.as_of has no age limit",
    ),
    "a text left in Dutch": ("en.toml", as_in_dutch, "- smoke/en.toml: impact was left untranslated"),
    "a letter of elsewhere": (
        "en.toml",
        swap("smoke", "smøke"),
        "- smoke/en.toml: description has letters that 'en' does not have (ø)",
    ),
    "a letter against a field": (
        "en.toml",
        swap("{{ place }}", "{{ place }}'s"),
        "- smoke/en.toml: description has a letter against a field",
    ),
    "a long text message": (
        "nl.toml",
        swap('Blijf uit de rook."""', "Blijf uit de rook." + " Blijf echt uit de rook van deze brand." * 5 + '"""'),
        "- smoke/nl.toml: short makes a text message of",
    ),
    "a dear letter": (
        "nl.toml",
        swap('Blijf uit de rook."""', 'Blijf uit de rook, patiënt."""'),
        "- smoke/nl.toml: short has letters that make a text message twice as long (ë)",
    ),
    "a long sentence": (
        "nl.toml",
        swap("Rook is altijd ongezond.", "Rook is altijd ongezond" + " en dat geldt ook voor u" * 4 + "."),
        "- smoke/nl.toml: impact has a sentence of",
    ),
    "a clause in the easy form": (
        "nl-easy.toml",
        swap("Ga naar binnen. Blijf binnen.\nDoe", "Ga naar binnen zodra het kan.\nDoe"),
        "- smoke/nl-easy.toml: instruction has a clause with 'zodra'",
    ),
    "a word of officials": (
        "nl.toml",
        swap("Rook is altijd", "Bij een calamiteit is rook"),
        "- smoke/nl.toml: impact has the difficult word 'calamiteit': say 'ramp of ongeluk'",
    ),
    "a familiar tone": (
        "nl.toml",
        swap("U kunt er last", "Jij kunt er last"),
        "- smoke/nl.toml: impact says 'Jij': say 'u'",
    ),
    "a line less": (
        "tr.toml",
        swap("Havalandırmayı durdurun.\nDumandan", "Dumandan"),
        "- smoke/tr.toml: instruction has 5 lines, and nl.toml has 6",
    ),
    "no full stop": (
        "nl.toml",
        swap("bij het ademen.", "bij het ademen"),
        "- smoke/nl.toml: impact does not end its last sentence",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_its_file_and_key(folder: Path, what: str) -> None:
    file, edit, expected = WRONG[what]
    found = edited(folder, file, edit)
    assert any(each.startswith(expected) for each in found), found
    assert all(": " in each and each.endswith(".") for each in found)


def test_a_language_that_is_missing_is_named_and_keeps_nobody_from_the_others(folder: Path) -> None:
    (folder / OWN / "tr.toml").unlink()
    assert told(folder) == ["- smoke/tr.toml is missing: have it translated by someone whose own language it is."]


def test_a_file_that_is_no_text_costs_its_scenario_alone(folder: Path) -> None:
    (folder / OWN / "tr.toml").write_bytes(b"\xff\xfe")
    templates = Templates(find("templates"), folder)
    assert [str(each) for each in broken(templates)[OWN]] == [
        "smoke/tr.toml cannot be read: save it as UTF-8, readable by the user of omroeper."
    ]
    assert lint("flood", templates) == []


def test_a_folder_without_a_scenario_file_must_be_named_as_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "smok").mkdir()
    (tmp_path / "smok" / "fy.toml").write_text("", "utf-8")
    assert any(each.startswith("! smok/scenario.toml is missing") for each in told(tmp_path, "smok"))


def test_the_withdrawal_keeps_the_fields_that_a_cancel_fills_in(tmp_path: Path) -> None:
    (tmp_path / "withdrawal").mkdir()
    for path in (find("templates") / "scenarios" / "withdrawal").glob("*.toml"):
        (tmp_path / "withdrawal" / path.name).write_text(
            path.read_text("utf-8").replace("withdraws = true", ""), "utf-8"
        )
    assert any("withdraws is missing" in each for each in told(tmp_path, "withdrawal"))


def test_a_template_that_tries_to_get_out_is_only_read(folder: Path) -> None:
    """What says that a scenario is broken runs none of it: a hub starts whatever stands in the folder."""
    path = folder / OWN / "nl.toml"
    loop = "{% for a in place %}" * 12 + "x" + "{% endfor %}" * 12
    path.write_text(path.read_text("utf-8").replace('impact = "', f'impact = "{loop}'), "utf-8")
    found = broken(Templates(find("templates"), folder))[OWN]
    assert [(each.file, each.key) for each in found][:1] == [("smoke/ar.toml", "impact")]
