"""Drafts and the municipality's own scenarios: a new one can be chosen, a broken one cannot."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from broadcaster.store.drafts import DraftRow
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives

OURS = Path(lives.__file__).parents[1] / "templates" / "scenarios"
FIELDS = {"place": "Noord", "since": "13:40", "measured": "not-yet", "phone": "14 030"}


def house_with(folder: Path, name: str, broken: str = "") -> House:
    """A house whose own folder has a copy of our scenario about smoke under a name."""
    own = folder / "scenarios" / name
    own.mkdir(parents=True)
    for path in (OURS / "smoke").glob("*.toml"):
        text = path.read_text("utf-8")
        (own / path.name).write_text("headline =" if path.stem == broken else text, "utf-8")
    return lives.house_in(folder, lives.CONFIGURATION.replace("[hub]", '[hub]\nscenarios = "scenarios"'))


def drafted(conn: Connection, house: House, name: str) -> DraftRow:
    return lives.drafted(conn, house, scenario=name, fields=dict(FIELDS), infos=None)


def test_a_new_one_can_be_chosen_where_it_is(conn: Connection, house: House, tmp_path: Path) -> None:
    assert drafted(conn, house_with(tmp_path, "peat-smoke"), "peat-smoke").content["scenario"] == "peat-smoke"
    with pytest.raises(Refused) as refused:
        drafted(conn, house, "peat-smoke")
    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("scenario", "unknown")]


def test_a_broken_one_cannot_be_chosen_and_neither_can_ours_of_its_name(conn: Connection, tmp_path: Path) -> None:
    house = house_with(tmp_path, "smoke", broken="tr")
    with pytest.raises(Refused) as refused:
        drafted(conn, house, "smoke")
    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("scenario", "unknown")]
