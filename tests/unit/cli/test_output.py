"""`omroeper output`: what the hub would give, without a hub."""

from pathlib import Path

import pytest

from broadcaster.cli import run
from broadcaster.cli.output import _made
from broadcaster.render.desk import DESKS
from broadcaster.seal import create_keys
from broadcaster.store import alerts, cap_documents
from broadcaster.workflow import bulletins
from tests.houses import house


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
async def test_it_gives_what_the_hub_would_give_by_id_or_number(store_url: str) -> None:
    async with house(store_url) as h:
        row = await h.released()
        settings = h.house.settings
        create_keys(settings.keys_folder)
        told = await h.store.read(bulletins.of_alert, h.house, row)
        for name, made in DESKS.items():
            for named in (row.id, "1"):
                assert await h.store.read(_made, settings, named, name) == made(told)
        first = await h.store.run(_made, settings, row.id, "cap")
        assert (await h.store.read(cap_documents.get, row.id) or b"").decode() == first
        assert await h.store.run(_made, settings, row.id, "cap") == first
        assert await h.store.read(alerts.numbered, 2) is None


def test_what_is_not_made_is_named_with_what_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["output", "x", "poem", "--config", str(tmp_path / "omroeper.toml")]) == 2
    assert "nl-alert, radio, lcms, cap" in capsys.readouterr().err
