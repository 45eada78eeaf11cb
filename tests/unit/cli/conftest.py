"""Where the command line is tried."""

from pathlib import Path

import pytest

from broadcaster import cli


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that `init` made, where the command is run from."""
    monkeypatch.chdir(tmp_path)
    assert cli.run(["init", "home"]) == 0
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"
