"""The documentation says what is there."""

import re
from pathlib import Path

import pytest

from broadcaster import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    for page in PAGES:
        name = str(page.relative_to(ROOT / "docs")) if page.is_relative_to(ROOT / "docs") else ""
        assert name in index or name == "index.md"


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "decisions"], ids=_name)
def test_a_decision_has_its_three_parts_on_a_page(page: Path) -> None:
    text = page.read_text()
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in text
    assert len(text.splitlines()) <= 60
    assert text.startswith(f"# {int(page.name[:4])}. ")


def test_every_file_that_the_proofs_name_is_there() -> None:
    named = re.findall(r"`((?:tests|broadcaster)/[\w/]+\.py)`", (ROOT / "docs" / "proofs.md").read_text())
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_that_is_named_exists(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verbs in sorted(
        set(re.findall(r"(?:^|`)omroeper ([a-z]+(?: [a-z]+)?)(?=[ `\n])", page.read_text(), re.MULTILINE))
    ):
        words = verbs.split()
        status = cli.run([*words, "--help"])
        assert status == 0 or cli.run([words[0], "--help"]) == 0, verbs
    capsys.readouterr()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"`make ([a-z]+)|^make ([a-z]+)(?=  |$| ARGS)", page.read_text(), re.MULTILINE)
    assert {inline or line for inline, line in named} <= set(targets)
