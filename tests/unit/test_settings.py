"""Reading the configuration."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from broadcaster.data import find
from broadcaster.settings import ConfigurationError, Problem, Settings, load, outer_rings
from broadcaster.settings.manual import DEFAULTS, Manual
from broadcaster.settings.sections import (
    Account,
    Area,
    Contact,
    Hub,
    Oidc,
    Organisation,
    Point,
    Reminders,
    Section,
    Store,
)

MINIMAL = """
[[organisation]]
id = "voorbeeldstad"
name = "Gemeente Voorbeeldstad"
sender = "voorbeeldstad.example"
"""
ACCOUNTS = """
[channel."sms.primary"]
module = "channels.sms_cm"
base_url = "http://127.0.0.1:1"
failover = ["sms.secondary"]
[channel."sms.secondary"]
module = "channels.sms_spryng"
"""
SQUARE = [[5.0, 52.0], [5.1, 52.0], [5.1, 52.1], [5.0, 52.0]]

Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def _read(text: str, environ: Mapping[str, str] | None = None) -> Settings:
        file = tmp_path / "omroeper.toml"
        file.write_text(text)
        return load(file, environ or {})

    return _read


def _problems(read: Read, text: str, environ: Mapping[str, str] | None = None) -> list[Problem]:
    with pytest.raises(ConfigurationError) as caught:
        read(text, environ)
    return caught.value.problems


def _keys(problems: list[Problem]) -> list[str]:
    return [problem.key for problem in problems]


# --- what is read ----------------------------------------------------------------------------------


def test_what_is_not_written_has_a_default_for_one_machine(read: Read) -> None:
    settings = read(MINIMAL)
    assert (settings.hub.host, settings.hub.port, settings.hub.url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
    assert settings.hub.zone.key == "Europe/Amsterdam"
    assert settings.hub.languages == ("nl", "en")
    assert settings.store.url == "sqlite:///omroeper.db"


def test_paths_count_from_the_folder_of_the_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "noord.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [SQUARE]}))
    settings = read(MINIMAL + '[[area]]\nid = "noord"\nname = "Noord"\ngeometry = "noord.geojson"\n')
    assert settings.home == tmp_path
    assert settings.areas[0].geometry == tmp_path / "noord.geojson"
    assert settings.secrets_folder == tmp_path / "secrets"


def test_what_is_not_ours_in_an_account_belongs_to_its_module(read: Read) -> None:
    account = read(MINIMAL + ACCOUNTS).account("sms.primary")
    assert (account.kind, account.module, account.failover) == ("sms", "channels.sms_cm", ("sms.secondary",))
    assert account.options == {"base_url": "http://127.0.0.1:1"}


def test_an_outline_is_turned_to_latitude_first(tmp_path: Path) -> None:
    file = tmp_path / "area.geojson"
    feature = {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert outer_rings(file) == (((52.0, 5.0), (52.0, 5.1), (52.1, 5.1), (52.0, 5.0)),) * 2


# --- what is refused -------------------------------------------------------------------------------


def test_all_problems_are_told_at_once(read: Read) -> None:
    text = """
    [hub]
    listen = "127.0.0.1"
    timezone = "Europe/Amsterdm"
    langauges = ["nl"]
    [store]
    url = "mysql://x"
    [[area]]
    id = "noord"
    name = "Noord"
    [[point]]
    id = "wijkhuis"
    name = "Wijkhuis"
    kind = "small"
    areas = ["noord"]
    languages = []
    """
    problems = _problems(read, text)
    assert set(_keys(problems)) == {
        "hub.listen",
        "hub.timezone",
        "hub.langauges",
        "store.url",
        'area."noord"',
        'point."wijkhuis".kind',
        'point."wijkhuis".languages',
        "organisation",
    }
    assert all(problem.file == "omroeper.toml" and problem.message and problem.remedy for problem in problems)


def test_a_misspelt_key_is_refused_with_the_one_it_resembles(read: Read) -> None:
    (problem,) = _problems(read, MINIMAL + '[hub]\ntimezon = "UTC"\n')
    assert str(problem) == "omroeper.toml: hub.timezon is not a known key: did you mean 'timezone'."


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('[hubb]\nlisten = "x"', "hubb"),
        ("channel = 3", "channel"),
        ("[channel.sms.primary]\nmodule = 'x'", 'channel."sms"'),
        ('[channel."sms"]\nmodule = "x"', 'channel."sms".name'),
        ('[channel."sms.primary"]\nper_second = 3', 'channel."sms.primary".module'),
        ('[channel."sms.a-b"]\nmodule = "x"\n[channel."sms.a_b"]\nmodule = "x"', 'channel."sms.a_b"'),
        ("[area]\nid = 'noord'", "area"),
        ("[[area]]\nname = 'Noord'\ncircle = '52.0,5.0 3'", "area[1].id"),
        ("[[area]]\nid = 'n'\nname = 'N'\ncircle = '520,5.0 3'", 'area."n".circle'),
        ("[[area]]\nid = 'n'\nname = 'N'\ncircle = ''", 'area."n".circle'),
        ("[[area]]\nid = 'n'\nname = 'N'\ngeometry = ''", 'area."n".geometry'),
        ("[[area]]\nid = 'n'\nname = 'N'\ncircle = '52,5 3'\ngeometry = 'x'", 'area."n"'),
        ("[[area]]\nid = 'n'\nname = 'N'\ngeometry = 'gone.geojson'", 'area."n".geometry'),
        ("[hub]\nlanguages = ['nl', 'nl']", "hub.languages"),
        ("[hub]\nlanguages = ['Dutch']", "hub.languages"),
        ("[hub]\nlisten = '127.0.0.1:99999'", "hub.listen"),
        ("[hub]\npublic_url = 'ftp://x'", "hub.public_url"),
        ("[hub]\ntimezone = '../../etc/passwd'", "hub.timezone"),
        ("[hub]\ngrace = -1", "hub.grace"),
        ("[store]\nowner_url = 'postgresql://o@h/d'", "store.owner_url"),
        (MINIMAL, 'organisation."voorbeeldstad".id'),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_key(read: Read, more: str, key: str) -> None:
    # Keys before the first table belong to the top of the file.
    text = more + "\n" + MINIMAL if more.startswith("channel =") else MINIMAL + more
    assert _keys(_problems(read, text)) == [key]


@pytest.mark.parametrize("target", ["sms.primary", "sms.gone", "email.main"])
def test_an_account_fails_over_to_another_of_its_kind_only(read: Read, target: str) -> None:
    text = (
        MINIMAL
        + ACCOUNTS.replace("sms.secondary", target, 1)
        + '[channel."email.main"]\nmodule = "channels.email_smtp"\n'
    )
    (problem,) = _problems(read, text)
    assert problem.key == 'channel."sms.primary".failover'


def test_a_point_serves_areas_that_exist(read: Read) -> None:
    text = (
        MINIMAL
        + """
    [[area]]
    id = "noord"
    name = "Noord"
    circle = "52.0,5.0 3"
    [[point]]
    id = "wijkhuis"
    name = "Wijkhuis"
    kind = "local"
    areas = ["noord", "nord"]
    languages = ["nl"]
    """
    )
    (problem,) = _problems(read, text)
    assert (problem.key, problem.remedy) == ('point."wijkhuis".areas', "did you mean 'noord'")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"type": "Point", "coordinates": [5, 52]}',
        '{"type": "Polygon", "coordinates": [[[5, 52], [6, 52]]]}',
        '{"type": "Polygon", "coordinates": [[[155000, 463000], [1, 1], [2, 2], [155000, 463000]]]}',
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "Polygon", "coordinates": [[["a", "b"]]]}',
        "[" * 100_000,
    ],
)
def test_an_area_without_a_closed_polygon_in_degrees_is_refused(read: Read, tmp_path: Path, content: str) -> None:
    (tmp_path / "noord.geojson").write_text(content)
    (problem,) = _problems(read, MINIMAL + '[[area]]\nid = "noord"\nname = "Noord"\ngeometry = "noord.geojson"\n')
    assert problem.key == 'area."noord".geometry'


@pytest.mark.parametrize(
    "content", [b"[hub\n", b"\xff\xfe", b'[hub]\nlisten = "a"\nlisten = "b"'], ids=["syntax", "encoding", "twice"]
)
def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "omroeper.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=re.escape(str(file))) as caught:
        load(file, {})
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("place", ["gone.toml", "."])
def test_a_file_that_is_not_there_is_one_problem(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / place, {})
    assert len(caught.value.problems) == 1


# --- the environment -------------------------------------------------------------------------------


def test_the_environment_goes_over_the_file(read: Read) -> None:
    environ = {
        "OMROEPER_HUB__LISTEN": "0.0.0.0:80",
        "OMROEPER_HUB__LANGUAGES": '["nl", "ar"]',
        "OMROEPER_HUB__GRACE": "60",
        "OMROEPER_STORE__URL": "postgresql://omroeper@db/omroeper",
        "OMROEPER_CHANNEL__SMS_PRIMARY__BASE_URL": "http://127.0.0.1:2",
        "OMROEPER_CHANNEL__SMS_PRIMARY__FAILOVER": "[]",
        "HOME": "/root",
    }
    settings = read('[hub]\nlisten = "127.0.0.1:1"\n' + MINIMAL + ACCOUNTS, environ)
    assert settings.hub.listen == "0.0.0.0:80"
    assert settings.hub.languages == ("nl", "ar")
    assert settings.hub.grace == 60
    assert settings.store.url.startswith("postgresql")
    assert settings.account("sms.primary").options == {"base_url": "http://127.0.0.1:2"}
    assert settings.account("sms.primary").failover == ()


@pytest.mark.parametrize(
    "name",
    [
        "OMROEPER_TYPO",
        "OMROEPER_HUB__LISTN",
        "OMROEPER_HUB",
        "OMROEPER_CHANNEL__SMS_GONE__BASE_URL",
        "OMROEPER_POINT__X__NAME",
        "OMROEPER_SECRET__SMS_GONE__TOKEN",
        "OMROEPER_SECRET__TOKEN",
        "OMROEPER_SECRETS_DIR",
        "OMROEPER_HUB__LISTEN",
    ],
)
def test_an_unknown_or_unusable_variable_is_an_error(read: Read, name: str) -> None:
    (problem,) = _problems(read, MINIMAL + ACCOUNTS, {name: "nowhere"})
    assert (problem.file, problem.key) == ("environment", name)


# --- secrets ---------------------------------------------------------------------------------------


def test_a_secret_is_a_file_named_after_its_account_and_key(read: Read, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sms.primary.token").write_text("t0ken\n")
    (tmp_path / "secrets" / "sms.primary.empty").write_text("\n")
    (tmp_path / "secrets" / "sms.secondary.token").write_text("another")
    assert read(MINIMAL + ACCOUNTS).secrets_of("sms.primary") == {"token": "t0ken"}


def test_a_secret_in_the_environment_goes_over_the_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "sms.primary.token").write_text("from the file")
    environ = {"OMROEPER_SECRETS_DIR": "elsewhere", "OMROEPER_SECRET__SMS_PRIMARY__TOKEN": "from the environment"}
    assert read(MINIMAL + ACCOUNTS, environ).secrets_of("sms.primary") == {"token": "from the environment"}
    environ.popitem()
    assert read(MINIMAL + ACCOUNTS, environ).secrets_of("sms.primary") == {"token": "from the file"}


def test_a_secret_that_cannot_be_read_is_named_by_its_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sms.primary.token").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"sms\.primary\.token"):
        read(MINIMAL + ACCOUNTS).secrets_of("sms.primary")


def test_no_secret_and_no_database_address_is_ever_shown(read: Read) -> None:
    environ = {
        "OMROEPER_SECRET__SMS_PRIMARY__TOKEN": "hush-1",
        "OMROEPER_STORE__URL": "postgresql://omroeper:hush-2@db/omroeper",
        "OMROEPER_CHANNEL__SMS_PRIMARY__TOKEN": "hush-3",
    }
    assert "hush" not in repr(read(MINIMAL + ACCOUNTS, environ))


@pytest.mark.parametrize(
    "name", ["STORE__URL", "HUB__LISTEN", "HUB__PUBLIC_URL", "HUB__TIMEZONE", "HUB__GRACE", "HUB__LANGUAGES"]
)
def test_no_refused_value_is_ever_shown(read: Read, name: str) -> None:
    for problem in _problems(read, MINIMAL, {f"OMROEPER_{name}": "hush:hush@hush"}):
        assert "hush" not in str(problem)


# --- the example -----------------------------------------------------------------------------------


def _example() -> str:
    return (find("config") / "omroeper.toml").read_text()


def test_the_example_configuration_can_be_used_as_it_is() -> None:
    settings = load(find("config") / "omroeper.toml", {})
    assert settings.hub.host == "127.0.0.1"
    assert settings.accounts == ()


def test_every_example_in_it_can_be_used_too(read: Read, tmp_path: Path) -> None:
    # An example is a line that begins with '#' and no space; the store has two, of which one counts.
    text = re.sub(r'^url = "sqlite.*\n', "", _example(), flags=re.MULTILINE)
    text = re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE)
    (tmp_path / "areas").symlink_to(find("config") / "areas")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "oidc.pem").touch()
    settings = read(text)
    names = [account.name for account in settings.accounts]
    assert names == ["sms.primary", "sms.secondary", "email.main", "telegram.main"]


@pytest.mark.parametrize("section", [Hub, Organisation, Area, Store, Account, Point, Contact, Reminders, Oidc, Manual])
def test_every_key_is_explained_in_it(section: type[Section]) -> None:
    lines = _example().splitlines()
    for key in set(section.model_fields) - {"options"} - ({"name"} if section is Account else set()):
        uses = [n for n, line in enumerate(lines) if re.match(rf"#?{key} = ", line)]
        assert uses, f"{key} of {section.__name__} is not in config/omroeper.toml"
    assert section.__doc__


def test_every_field_says_what_to_write_there() -> None:
    for section in (Hub, Organisation, Area, Store, Account, Point, Contact, Reminders, Oidc, Manual):
        for key, field in section.model_fields.items():
            assert field.description or key == "options", key


def test_who_writes_no_channels_by_hand_gets_the_usual_ones_and_who_writes_one_gets_that_alone(read: Read) -> None:
    assert read(MINIMAL).manual == DEFAULTS
    assert {item.id: item.opens.get("Severe") for item in DEFAULTS}["sign-language"]
    own = '[[manual]]\nid = "kabelkrant"\nname = "Kabelkrant"\ntext = "web"\nopens = { Extreme = 10 }\n'
    assert [(item.id, dict(item.opens)) for item in read(MINIMAL + own).manual] == [("kabelkrant", {"Extreme": 10})]
    assert read("manual = []\n" + MINIMAL).manual == ()
    with pytest.raises(ConfigurationError, match="used twice"):
        read(MINIMAL + own + own)
    with pytest.raises(ConfigurationError):
        read(MINIMAL + own.replace("Extreme", "Heel erg"))


def test_the_file_that_ships_is_the_one_that_is_documented() -> None:
    assert tomllib.loads(_example())["hub"]["listen"] == "127.0.0.1:8080"
