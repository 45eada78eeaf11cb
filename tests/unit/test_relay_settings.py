"""The configuration of a relay: what is wrong with it is said at once, and its example is whole."""

import re
from pathlib import Path

import pytest

from broadcaster import data
from broadcaster.settings import ConfigurationError
from broadcaster.settings.relay import Relay, load_relay

EXAMPLE = data.find("config") / "relay.toml"


def test_the_example_can_be_used_as_it_is_and_with_everything_in_it(tmp_path: Path) -> None:
    assert load_relay(EXAMPLE).relay.sources == ("https://crisis.voorbeeldstad.example",)
    file = tmp_path / "relay.toml"
    file.write_text(re.sub(r"^#(?! )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE).removeprefix("\n"))
    relay = load_relay(file).relay
    assert relay.listen_tls == "0.0.0.0:8443"
    assert (relay.folder, relay.trust, relay.usb) == (tmp_path / "relay", tmp_path / "regional.pem", Path("/media"))


def test_every_key_is_explained_in_the_example() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for key in Relay.model_fields:
        assert any(re.match(rf"#?{key} = ", line) for line in lines), key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "relay is missing: add a table [relay] with a name"),
        ("[relay]\n", "relay.name is missing"),
        ('[relay]\nname = "x"\nlisen = "127.0.0.1:1"\n', "did you mean 'listen'"),
        ('[relay]\nname = "x"\nlisten = "here"\n', "relay.listen is not an address and a port"),
        ('[relay]\nname = "x"\nsources = ["hub"]\n', "relay.sources is not an http or https address"),
        ('[relay]\nname = "x"\n[hub]\n', "hub is not a known table of a relay"),
        ("[relay", "is not TOML"),
    ],
)
def test_what_is_wrong_names_the_key_and_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "relay.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_relay(file)
    assert said in str(caught.value)
