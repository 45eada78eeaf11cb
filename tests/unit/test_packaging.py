"""What is shipped: wheel, editable install and checkout all find their files."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import broadcaster
from broadcaster import data

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FIND = "from broadcaster import data; print(data.find('templates'), data.find('config'), sep='\\n')"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (file,) = folder.glob("*.whl")
    return file


def test_a_checkout_finds_its_files() -> None:
    for name in ("templates", "config"):
        assert data.find(name) == ROOT / name


def test_a_wheel_finds_its_files_in_itself(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    # -P and an empty folder: what is found is what was unpacked, not the checkout.
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {FIND}"]
    found = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60).stdout.split()
    assert found == [str(tmp_path / "broadcaster" / "_data" / name) for name in ("templates", "config")]


@pytest.mark.parametrize("folder", ["templates", "config"])
def test_a_wheel_carries_every_file_that_the_program_reads(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    wanted = {f"broadcaster/_data/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert wanted
    assert wanted <= shipped


def test_a_wheel_carries_the_migrations_the_licence_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = archive.namelist()
        meta = next(name for name in shipped if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(meta).decode()
        commands = archive.read(meta.replace("METADATA", "entry_points.txt")).decode()
    assert "broadcaster/store/migrations/versions/0001_the_first_schema.py" in shipped
    assert "broadcaster/py.typed" in shipped
    assert "License-Expression: EUPL-1.2" in metadata
    assert any(name.endswith("licenses/LICENSE") for name in shipped)
    assert "omroeper = broadcaster.__main__:main" in commands
    assert not [name for name in shipped if name.startswith(("tests/", "bench/"))]


def test_the_locks_have_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "index" not in text
        pinned = re.findall(r"^[a-z0-9].*", text, re.MULTILINE)
        assert pinned
        assert all("==" in line for line in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)


def test_the_locks_agree_and_hold_every_dependency() -> None:
    pins = [dict(re.findall(r"^([a-z0-9.-]+)(?:\[.*?\])?==([^ \\;]+)", (ROOT / name).read_text(), re.MULTILINE))
            for name in ("requirements.lock", "requirements-dev.lock")]  # fmt: skip
    assert pins[0].items() <= pins[1].items()
    named = {re.split(r"[\[<>=; ]", requirement)[0] for requirement in PROJECT["project"]["dependencies"]}
    assert named <= pins[0].keys()
    extra = {
        re.split(r"[\[<>=; ]", requirement)[0] for requirement in PROJECT["project"]["optional-dependencies"]["dev"]
    }
    assert extra <= pins[1].keys()


def test_the_six_libraries_that_were_asked_for_are_dependencies() -> None:
    named = {re.split(r"[\[<>=; ]", requirement)[0] for requirement in PROJECT["project"]["dependencies"]}
    assert named >= {"aiohttp", "apscheduler", "jinja2", "aiosmtplib", "python-telegram-bot", "tenacity"}


def test_every_rule_that_is_switched_off_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    block = text[text.index("\nignore = [") : text.index("[tool.ruff.lint.mccabe]")]
    silent = [line for line in block.splitlines() if re.search(r'"[A-Z]+\d+"', line) and "#" not in line]
    assert [
        line for line in silent if not line.lstrip().startswith('"tests') and not line.lstrip().startswith('"bench')
    ] == []


def test_an_adapter_is_kept_from_every_part_of_the_core_that_is_not_its_own() -> None:
    contracts = {one["name"]: one for one in PROJECT["tool"]["importlinter"]["contracts"]}
    forbidden = set(contracts["An adapter knows the port, the nouns, ids and the clock"]["forbidden_modules"])
    parts = {
        path.stem
        for path in (ROOT / "broadcaster").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    allowed = {"__init__", "channel", "model", "ids", "clock"}
    assert forbidden == {f"broadcaster.{part}" for part in parts - allowed}


# --- publiccode.yml, which catalogues of public software read --------------------------------------


def _publiccode() -> str:
    return (ROOT / "publiccode.yml").read_text()


@pytest.mark.parametrize(
    "key",
    [
        "publiccodeYmlVersion",
        "name",
        "url",
        "platforms",
        "developmentStatus",
        "softwareType",
        "description",
        "legal",
        "maintenance",
        "localisation",
        "softwareVersion",
        "releaseDate",
    ],
)
def test_publiccode_has_every_key_that_catalogues_ask_for(key: str) -> None:
    assert re.search(rf"^{key}:", _publiccode(), re.MULTILINE)


def test_publiccode_agrees_with_the_project() -> None:
    text = _publiccode()
    assert re.search(rf"^softwareVersion: {re.escape(broadcaster.__version__)}$", text, re.MULTILINE)
    assert "license: EUPL-1.2" in text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_publiccode_describes_itself_within_the_limits(language: str) -> None:
    block = re.search(rf"^  {language}:\n((?:    .*\n|\n)+)", _publiccode(), re.MULTILINE)
    assert block is not None
    short = re.search(r"shortDescription: (.+)", block[1])
    long = re.search(r"longDescription: >-?\n((?:      .*\n)+)", block[1])
    assert short is not None
    assert long is not None
    assert len(short[1]) <= 150
    assert 150 <= len(" ".join(long[1].split())) <= 10_000
    assert "features:" in block[1]


def test_the_changelog_has_this_version_or_what_comes_next() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text or f"## [{broadcaster.__version__}]" in text
