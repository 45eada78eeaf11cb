"""Passwords from the command line: one that was typed is its owner's, one that was made up is good for choosing."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from broadcaster import cli


def asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, typed: str, *arguments: str) -> Any:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    capsys.readouterr()
    assert cli.run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_who_gets_a_password_that_was_made_up_has_to_choose_one(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def who_must() -> list[str]:
        found = asked(capsys, monkeypatch, "", "user", "list")
        return [one["name"] for one in found if one["must_choose"]]

    typed = "een lang wachtwoord\n"
    assert "password" not in asked(capsys, monkeypatch, typed, "user", "add", "Bert", "--role", "approver")
    assert len(asked(capsys, monkeypatch, "", "user", "add", "Anna", "--role", "author")["password"]) >= 40
    assert who_must() == ["Anna"]
    asked(capsys, monkeypatch, "", "user", "reset", "Bert")
    assert who_must() == ["Anna", "Bert"]
    asked(capsys, monkeypatch, typed, "user", "reset", "Bert")
    assert who_must() == ["Anna"]
