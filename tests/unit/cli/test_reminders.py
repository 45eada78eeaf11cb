"""Where colleagues are reached, and what one may release alone, from the command line."""

import io
from pathlib import Path

import pytest

from broadcaster import cli


@pytest.fixture
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that `init` made, where the command is run from, with an SMS account that is on."""
    account = (
        '[channel."sms.primary"]\nmodule = "channels.sms_cm"\nbase_url = "http://127.0.0.1:1"\nfrom = "Voorbeeld"\n'
    )
    file = home / "omroeper.toml"
    file.write_text(f"{file.read_text('utf-8')}\n{account}", "utf-8")
    (home / "secrets").mkdir(exist_ok=True)
    (home / "secrets" / "sms.primary.token").write_text("token")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return home


def said(capsys: pytest.CaptureFixture[str], *arguments: str, ends: int = 0) -> str:
    capsys.readouterr()
    assert cli.run([*arguments]) == ends
    return "".join(capsys.readouterr())


def test_check_says_when_nobody_can_be_reminded_and_a_number_mends_that(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "user", "add", "Bert", "--role", "approver")
    assert "No approver can be reminded" in said(capsys, "check")
    assert said(capsys, "user", "contact", "Bert", "--sms", "06 12345678") == "Bert is reminded by sms.\n"
    assert "reminded" not in said(capsys, "check")
    file = home / "omroeper.toml"
    file.write_text(file.read_text("utf-8").replace("#deputies = [", "deputies = ["), "utf-8")
    assert "The deputy 'M. Jansen' in [reminders] is no user" in said(capsys, "check")
    assert said(capsys, "user", "contact", "Bert", "--sms", "") == "Bert is not reminded.\n"


def test_what_is_no_address_is_refused_without_repeating_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "user", "add", "Bert", "--role", "approver")
    wrong = said(capsys, "user", "contact", "Bert", "--email", "bert-at-nowhere", ends=1)
    assert "no address for --email" in wrong
    assert "bert-at-nowhere" not in wrong
    assert "give --sms NUMBER" in said(capsys, "user", "contact", "Bert", ends=2)
    assert "There is no user" in said(capsys, "user", "contact", "Zoë", "--sms", "06 12345678", ends=1)


def test_there_are_no_mandates_until_people_make_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "mandate", "list") == ""
    assert said(capsys, "mandate", "list", "--json") == "[]\n"
    assert "no such mandate" in said(capsys, "mandate", "revoke", "0" * 26, ends=1)
