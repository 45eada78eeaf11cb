"""Devices on the command line: a code is made, and who was let in is listed and revoked."""

import json
from pathlib import Path

import pytest

from broadcaster import cli
from broadcaster.model.device import DeviceKind, read_code
from broadcaster.seal import load_seal
from broadcaster.settings import load
from broadcaster.store.opening import open_database
from broadcaster.workflow import enrolling
from tests.clocks import NOON


def test_a_code_lets_in_a_device_that_is_listed_and_revoked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        capsys.readouterr()
        assert cli.run(["device", *arguments]) == 0
        return capsys.readouterr().out

    made = json.loads(said("invite", "--point", "wijkhuis-noord", "--kind", "display", "--json"))
    assert said("list") == ""
    settings, letters = load(home / "omroeper.toml", {}), read_code(made["code"])
    assert letters is not None
    store = open_database(settings.store.url, home=home)
    with store.engine.begin() as conn:
        seal = load_seal(settings.keys_folder)
        enrolling.enrol(conn, settings, seal, letters, DeviceKind.DISPLAY, "Scherm hal", None, NOON)
    store.close()
    (listed,) = json.loads(said("list", "--json"))
    assert (listed["point"], listed["name"], listed["revoked_at"]) == ("wijkhuis-noord", "Scherm hal", None)
    assert said("revoke", listed["id"]) == "The device is let in no more.\n"
    assert said("list").endswith("Scherm hal (revoked)\n")
    assert cli.run(["device", "revoke", listed["id"]]) == 1


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--point", "nergens"], "There is no support point 'nergens'"),
        (["--point", "wijkhuis-noord", "--kind", "fridge"], "A device is a display or a relay"),
    ],
)
def test_a_code_is_for_a_point_and_a_kind_that_exist(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], advice: str
) -> None:
    assert cli.run(["device", "invite", *arguments]) != 0
    assert advice in capsys.readouterr().err
