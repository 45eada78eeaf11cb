"""The public page as files: whole at every moment, and with all it needs."""

import json
import re
from pathlib import Path

import pytest

from broadcaster import cli
from broadcaster.web.site import write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `site export` wrote for a hub that has nothing to say yet."""
    monkeypatch.chdir(tmp_path)
    assert cli.run(["init", "home"]) == 0
    monkeypatch.chdir(tmp_path / "home")
    assert cli.run(["site", "export", "public"]) == 0
    return tmp_path / "home" / "public"


def test_every_link_of_a_page_leads_to_a_file(folder: Path) -> None:
    for page in ("index.html", "controle/index.html"):
        html = (folder / page).read_text("utf-8")
        for link in re.findall(r'(?:href|src)="/([^"?#]*)', html):
            assert (folder / link).is_file() or (folder / link / "index.html").is_file(), link
    needed = re.findall(r'"/((?:assets|v1)/[^"]+)"', (folder / "controle/worker.js").read_text("utf-8"))
    assert [name for name in needed if not (folder / name).is_file()] == []
    assert json.loads((folder / "controle/stand.json").read_text("utf-8")) == {"notices": []}
    assert {"keys", "roots"} <= json.loads((folder / "v1/keys").read_text("utf-8")).keys()
    assert "Er is nu geen bericht." in (folder / "index.html").read_text("utf-8")
    assert (folder / "index.html").stat().st_mode & 0o777 == 0o644


def test_who_reads_a_page_while_it_changes_reads_the_whole_of_the_former_one(tmp_path: Path) -> None:
    assert write(tmp_path, "deep/index.html", b"former")
    with (tmp_path / "deep/index.html").open("rb") as opened:
        assert write(tmp_path, "deep/index.html", b"a longer page")
        assert opened.read() == b"former"
    assert not write(tmp_path, "deep/index.html", b"a longer page")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["index.html"]
