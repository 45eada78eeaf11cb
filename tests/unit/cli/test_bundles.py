"""Boards by stick and by folder, by the command line: from a hub to a relay, and nothing is believed on the way."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadcaster import cli
from broadcaster.boards.publisher import Publisher
from broadcaster.boards.serving import Boards
from broadcaster.clock import SystemClock
from broadcaster.model.board import Mode
from broadcaster.relay import device
from broadcaster.relay.device import Device, Place
from broadcaster.relay.running import alone
from broadcaster.seal import fingerprint, load_signer, new_key
from broadcaster.settings import load
from broadcaster.wiring import stores
from broadcaster.wiring.accounts import accounts, house_of


@pytest.fixture
def home(home: Path, tmp_path: Path) -> Path:
    """A hub whose first boards are signed, and beside it a relay that trusts its roots."""
    _sign()
    signers = {mode: load_signer(tmp_path / "home" / "keys", mode.value) for mode in Mode}
    roots = {mode: fingerprint(signer.root) for mode, signer in signers.items()}
    places = (Place(id="wijkhuis-noord", name="Wijkhuis Noord"),)
    since = datetime.now(UTC)
    device.keep(tmp_path / "relay", Device("kast", new_key(), "http://127.0.0.1:9", "x", places, roots, since))
    (tmp_path / "relay.toml").write_text('[relay]\nname = "Kast"\n')
    return tmp_path


def _sign() -> None:
    settings = load(Path("omroeper.toml"), {})
    house = house_of(settings, accounts(settings))
    signers = {mode: load_signer(settings.keys_folder, mode.value) for mode in Mode}
    store = stores.database(settings)
    asyncio.run(Publisher(store, house, signers, Boards(), SystemClock()).start())
    store.close()


def test_what_a_hub_exports_a_relay_takes_in_and_gives_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    relay = ["--config", str(home / "relay.toml")]
    assert cli.run(["board", "export", str(home / "stick.json")]) == 0
    capsys.readouterr()
    assert cli.run(["board", "import", str(home / "stick.json"), *relay]) == 0
    assert capsys.readouterr().out.startswith("2 new boards")
    assert cli.run(["board", "import", str(home / "stick.json"), *relay]) == 0
    assert capsys.readouterr().out.startswith("0 new boards")
    assert cli.run(["board", "export", str(home / "on.json"), *relay]) == 0
    first, second = (json.loads((home / name).read_text()) for name in ("stick.json", "on.json"))
    assert sorted(first["boards"]) == sorted(second["boards"])
    assert cli.run(["board", "import", str(home / "on.json")]) == 0  # and back at the hub: its reports, none yet


def test_a_bundle_for_a_relay_that_runs_is_put_where_it_looks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["board", "export", str(home / "stick.json")]) == 0
    with alone(home / "relay"):
        assert cli.run(["board", "import", str(home / "stick.json"), "--config", str(home / "relay.toml")]) == 0
    assert len(list((home / "relay" / "inbox").glob("*.json"))) == 1


def test_boards_of_another_hub_are_refused_and_said_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["board", "export", str(home / "stick.json")]) == 0
    text = (home / "stick.json").read_text()
    content = json.loads(text)
    content["keys"]["roots"] = []
    (home / "stick.json").write_text(json.dumps(content))
    assert cli.run(["board", "import", str(home / "stick.json"), "--config", str(home / "relay.toml")]) == 1
    assert "not taken" in capsys.readouterr().err
    (home / "stick.json").write_text(text[:1000])
    assert cli.run(["board", "import", str(home / "stick.json"), "--config", str(home / "relay.toml")]) == 1


@pytest.mark.parametrize("wrong", [[], ["x.json", "--all", "www"], ["--all", "www", "--point", "wijkhuis-noord"]])
def test_one_of_a_file_and_a_folder_is_asked_for(home: Path, wrong: list[str]) -> None:
    assert cli.run(["board", "export", *wrong]) == 2


def test_the_folder_for_a_web_server_has_what_a_display_asks_a_hub_for(home: Path) -> None:
    assert cli.run(["board", "export", "--all", str(home / "www")]) == 0
    www = home / "www"
    for name in (
        "v1/keys",
        "v1/boards/wijkhuis-noord",
        "v1/heartbeats/wijkhuis-noord",
        "exercise/v1/boards/wijkhuis-noord",
    ):
        assert (www / name).is_file(), name
    page = (www / "display/wijkhuis-noord/index.html").read_text("utf-8")
    assert '"open": true' in page
    assert (www / "display/wijkhuis-noord/worker.js").is_file()
    assert (www / "assets/display.js").is_file()
