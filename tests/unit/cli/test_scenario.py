"""`omroeper scenario`: the library listed, shown, rendered and linted, with and without a configuration."""

import json
from pathlib import Path
from typing import Any

import pytest

from broadcaster import cli
from broadcaster.data import find
from broadcaster.render.lint import LANGUAGES

SMOKE = ["place=Noord", "since=13:40", "measured=not-yet", "phone=14 030"]
Said = pytest.CaptureFixture[str]


@pytest.fixture
def own(home: Path) -> Path:
    """The same, with a copy of one of our scenarios as a folder of its own."""
    file = home / "omroeper.toml"
    file.write_text(file.read_text("utf-8").replace('#scenarios = "scenarios"', 'scenarios = "scenarios"'), "utf-8")
    folder = home / "scenarios" / "smoke"
    folder.mkdir(parents=True)
    for path in (find("templates") / "scenarios" / "smoke").glob("*.toml"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def answered(capsys: Said, *arguments: str, status: int = 0) -> Any:
    capsys.readouterr()
    assert cli.run(["scenario", *arguments, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def break_it(folder: Path) -> None:
    file = folder / "tr.toml"
    file.write_text(file.read_text("utf-8").replace("112", "bizi"), "utf-8")


def test_the_list_goes_by_phase_and_says_what_nobody_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.chdir(tmp_path)  # where there is no configuration: the library itself
    rows = answered(capsys, "list")["scenarios"]
    phases = [row["phase"] for row in rows]
    assert phases == sorted(phases, key=["first-72-hours", "cold", "aftermath"].index)
    assert all(row["unread"] == row["languages"] == sorted(LANGUAGES) for row in rows)
    assert cli.run(["scenario", "list"]) == 0
    assert "niet nagelezen" in capsys.readouterr().out


def test_one_is_shown_with_its_fields_texts_and_reader(own: Path, capsys: Said) -> None:
    file = own / "tr.toml"
    file.write_text('read_by = "A. Yılmaz"\nread_on = 2026-11-24\n' + file.read_text("utf-8"), "utf-8")
    shown = answered(capsys, "show", "smoke")
    assert shown["fields"]["place"]["longest"] == 30
    assert "tr" not in shown["unread"]
    assert cli.run(["scenario", "show", "smoke"]) == 0
    said = capsys.readouterr().out
    assert "tr, read by A. Yılmaz on 2026-11-24" in said
    assert "nl-easy, niet nagelezen" in said


def test_every_channel_and_language_is_rendered_as_it_would_be_read(home: Path, capsys: Said) -> None:
    found = answered(capsys, "render", "smoke", *(f"--field={field}" for field in SMOKE))
    assert {item["language"] for item in found["items"]} == set(LANGUAGES)
    [easy] = [item for item in found["items"] if (item["channel"], item["language"]) == ("display", "nl-easy")]
    assert "Er is een brand in Noord. Er is veel rook. Dat is zo sinds 13:40." in easy["text"]
    assert easy["readability"]["score"] > 80
    assert {f["code"] for f in found["findings"] if f["kind"] == "to-accept"} == {
        f"text-unread:{language}" for language in LANGUAGES
    }
    assert "field-missing" not in {finding["code"] for finding in found["findings"]}


def test_what_is_asked_for_is_rendered_and_what_is_missing_is_said(home: Path, capsys: Said) -> None:
    assert cli.run(["scenario", "render", "smoke", "--language", "nl", "--status", "Exercise"]) == 0
    said = capsys.readouterr().out
    assert "OEFENING" in said
    assert "=== display · nl\n" in said
    assert "· en" not in said
    assert "refused: fields.place: Vul in: Waar is de rook. [field-missing]" in said


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["show", "zeppelin"], "There is no scenario 'zeppelin': see 'omroeper scenario list'."),
        (["render", "smoke", "--field", "Noord"], "Write a field as NAME=VALUE"),
        (["render", "smoke", "--status", "echt"], "--status is one of Actual, Exercise, Test"),
        (["lint", "nowhere"], "nowhere is no folder"),
    ],
)
def test_what_cannot_be_says_what_to_do(home: Path, arguments: list[str], advice: str, capsys: Said) -> None:
    assert cli.run(["scenario", *arguments]) == 1
    assert advice in capsys.readouterr().err


def test_the_linter_ends_with_one_as_long_as_there_is_anything_to_say(own: Path, capsys: Said) -> None:
    clean = answered(capsys, "lint")
    assert (clean["ok"], [row["name"] for row in clean["scenarios"]]) == (True, ["smoke"])
    assert clean["scenarios"][0]["readability"].keys() == {"nl", "nl-easy"}
    break_it(own)
    [row] = answered(capsys, "lint", "scenarios", status=1)["scenarios"]
    [complaint] = row["complaints"]
    assert (complaint["file"], complaint["key"], complaint["grave"], row["usable"]) == (
        "smoke/tr.toml", "instruction", True, False,
    )  # fmt: skip
    assert cli.run(["scenario", "lint"]) == 1
    assert "error: smoke/tr.toml: instruction does not have the digits of nl.toml" in capsys.readouterr().out


def test_check_names_what_is_broken_and_the_list_goes_on_without_it(own: Path, capsys: Said) -> None:
    assert cli.run(["check"]) == 0
    break_it(own)
    assert cli.run(["check"]) == 1
    assert "smoke/tr.toml: instruction does not have the digits" in capsys.readouterr().err
    capsys.readouterr()
    assert cli.run(["check", "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(each["file"], each["key"]) for each in problems] == [("smoke/tr.toml", "instruction")]


def test_a_folder_that_is_not_there_is_an_error_of_the_configuration(own: Path, capsys: Said) -> None:
    own.parent.rename(own.parent.with_name("elsewhere"))
    assert cli.run(["check"]) == 2
    assert "hub.scenarios is not a folder" in capsys.readouterr().err
