"""Incidents on the command line: opened, raised, closed; what cannot be says what to do."""

import json
from pathlib import Path

import pytest

from broadcaster import cli


def test_an_incident_is_opened_raised_and_closed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        capsys.readouterr()
        assert cli.run(["incident", *arguments]) == 0
        return capsys.readouterr().out

    opened = json.loads(said("open", "Stroomuitval Noord", "--grip", "1", "--json"))
    assert said("grip", "Stroomuitval Noord", "3") == "Stroomuitval Noord is at GRIP 3.\n"
    assert json.loads(said("list", "--json")) == [{"id": opened["id"], "name": "Stroomuitval Noord", "grip": 3}]
    assert said("list") == "Stroomuitval Noord: GRIP 3\n"
    assert said("close", "Stroomuitval Noord") == "Stroomuitval Noord is closed.\n"
    assert said("list") == ""
    said("open", "Stroomuitval Noord")  # the name is free again


@pytest.mark.parametrize(("arguments", "advice"), [
    (["open", "Brand", "--grip", "6"], "GRIP is a number from 0 (none) to 5"),
    (["open", "Brand", "--grip", "-1"], "GRIP is a number from 0 (none) to 5"),
    (["open", "x" * 61], "at most 60 characters"),
    (["open", "een\nregel"], "at most 60 characters"),
    (["open", ""], "at most 60 characters"),
    (["open", "Brand", "--organisation", "elders"], "--organisation, one of"),
    (["open", "Er is al een"], "close it, or give this one another name"),
    (["grip", "Onbekend", "2"], "omroeper incident list"),
    (["close", "Onbekend"], "omroeper incident list"),
])  # fmt: skip
def test_what_cannot_be_changes_nothing_and_says_what_to_do(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], advice: str
) -> None:
    assert cli.run(["incident", "open", "Er is al een"]) == 0
    capsys.readouterr()
    assert cli.run(["incident", *arguments]) == 1
    said = capsys.readouterr()
    assert advice in said.err
    assert said.err.count("\n") == 1
    assert cli.run(["incident", "list"]) == 0
    assert capsys.readouterr().out == "Er is al een: GRIP 0\n"
