"""What every verb does alike: exit statuses, and one sentence for what went wrong."""

import json
import stat
from pathlib import Path

import pytest

from broadcaster import __version__, cli
from broadcaster.cli.ending import Failure, ending
from broadcaster.seal import load_signer
from broadcaster.settings import load
from broadcaster.store.database import StoreError
from tests.mint import Mint, make_signer

ACCOUNT = """
[channel."sms.primary"]
module = "channels.sms_cm"
base_url = "http://127.0.0.1:1"
from = "Voorbeeld"
"""


# --- the frame -------------------------------------------------------------------------------------


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"omroeper {__version__}\n"


@pytest.mark.parametrize("arguments", [["check", "--bogus"], ["bogus"], ["init"], ["check", "extra"]])
def test_wrong_use_is_status_2_and_a_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert cli.run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") >= 2
    assert "Usage: omroeper" in said.err
    assert "Traceback" not in said.err


def test_a_configuration_that_is_not_there_is_status_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OMROEPER_CONFIG", raising=False)
    assert cli.run(["check"]) == 2
    assert "omroeper init DIR" in capsys.readouterr().err


def test_what_failed_is_status_1_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(Failure("It failed: do that.")) == 1
    assert ending(StoreError("The database is empty: run that.")) == 1
    assert capsys.readouterr().err == "It failed: do that.\nThe database is empty: run that.\n"


def test_an_unexpected_error_shows_its_place_and_not_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AttributeError) as caught:
        load(3, {})  # type: ignore[arg-type]
    assert ending(caught.value) == 1
    said = capsys.readouterr().err
    assert "broadcaster/settings/loading.py, line" in said
    assert "absolute" not in said
    assert said.count("\n") == 1


def test_the_file_here_goes_before_the_one_in_the_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMROEPER_CONFIG", str(tmp_path / "gone.toml"))
    assert cli.run(["check"]) == 0
    monkeypatch.chdir(tmp_path)
    assert cli.run(["check"]) == 2
    assert "gone.toml" in capsys.readouterr().err


# --- init ------------------------------------------------------------------------------------------


def test_init_makes_a_folder_that_can_be_used_at_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {path.name for path in home.iterdir()} >= {"omroeper.toml", "omroeper.db", "keys", "secrets", "areas"}
    for private in (home, home / "secrets", home / "keys"):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert cli.run(["check"]) == 0
    assert cli.run(["journal", "verify"]) == 0
    assert capsys.readouterr().err == ""


def test_the_journal_is_held_against_boards_that_somebody_kept(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mint = Mint(make_signer("live"), make_signer("exercise"))
    signer, board = load_signer(home / "keys", "live"), home / "board"
    for token, status, says in (
        (mint.token(signer=signer), 0, "The journal is whole"),
        (mint.token(signer=signer, journal_head="a" * 64), 1, "stands in a board"),
        (mint.token(journal_head="a" * 64), 1, "no board of this hub"),
        ("é", 1, "cannot be read"),
    ):
        board.write_text(token, encoding="utf-8")
        assert cli.run(["journal", "verify", "--board", str(board)]) == status
        said = capsys.readouterr()
        assert says in said.out + said.err


def test_init_overwrites_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (home / "keys" / "seal.key").read_text()
    assert cli.run(["init", "."]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (home / "keys" / "seal.key").read_text() == before


# --- check -----------------------------------------------------------------------------------------


def test_check_names_an_account_without_its_secret_as_off(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (home / "omroeper.toml").open("a") as file:
        file.write(ACCOUNT)
    assert cli.run(["check"]) == 0
    assert f"sms.primary: off, put its secret in {home}/secrets/sms.primary.token" in capsys.readouterr().out
    (home / "secrets" / "sms.primary.token").write_text("t")
    assert cli.run(["check", "--json"]) == 0
    (account,) = json.loads(capsys.readouterr().out)["accounts"]
    assert account == {"name": "sms.primary", "kind": "sms", "module": "channels.sms_cm", "on": True, "missing": []}


def test_check_names_the_key_of_every_problem(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (home / "omroeper.toml").open("a") as file:
        file.write(ACCOUNT.replace("from", "form") + ACCOUNT.replace("primary", "other").replace("sms_cm", "gone"))
    assert cli.run(["check", "--json"]) == 2
    said = capsys.readouterr()
    problems = json.loads(said.out)["problems"]
    assert [problem["key"] for problem in problems] == [
        'channel."sms.primary".from',
        'channel."sms.primary".form',
        'channel."sms.other".module',
    ]
    assert all(problem["file"] == "omroeper.toml" and problem["remedy"] for problem in problems)
    assert said.err.count("\n") == 3


def test_check_shows_where_receipts_go_only_when_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (home / "omroeper.toml").open("a") as file:
        file.write(ACCOUNT)
    assert cli.run(["check"]) == 0
    assert "/hooks/" not in capsys.readouterr().out
    assert cli.run(["check", "--hooks"]) == 0
    assert "http://127.0.0.1:8080/hooks/sms.primary/" in capsys.readouterr().out
