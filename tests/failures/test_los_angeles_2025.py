"""Los Angeles, 9 January 2025: the area of a warning was not uploaded and the software did not say so. Ten
million people instead of one district were told to be ready to leave, and echoes came for a day.

The size that is typed over, on the screen itself: `tests/browser/test_failures.py`.
"""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model.finding import to_accept
from broadcaster.settings import ConfigurationError
from broadcaster.store import alerts
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON

NOBODY: list[Any] = [None, {}, {"areas": [], "groups": []}, {"expected": 4}]


def refused_at_submit(conn: Connection, house: House, **changes: Any) -> list[tuple[str, str]]:
    draft = lives.drafted(conn, house, **changes)
    with pytest.raises(Refused) as refused, conn.begin_nested():  # refused is undone, as every request that is
        lives.offered(conn, house, draft.id)
    assert refused.value.why is Why.INVALID
    assert alerts.listed(conn, None, 1) == []
    return [(fault.field, fault.rule) for fault in refused.value.faults]


@pytest.mark.parametrize("areas", [None, []])
def test_a_warning_without_an_area_is_refused(conn: Connection, house: House, areas: Any) -> None:
    assert refused_at_submit(conn, house, areas=areas) == [("areas", "slot-missing")]


@pytest.mark.parametrize("audience", NOBODY)
def test_an_audience_that_names_nobody_is_nobody_and_never_everybody(
    conn: Connection, house: House, audience: Any
) -> None:
    assert refused_at_submit(conn, house, audience=audience) == [("audience", "audience-empty")]


def test_an_audience_in_an_area_where_nobody_is_listed_is_refused(conn: Connection, house: House) -> None:
    assert refused_at_submit(conn, house, audience={"areas": ["zuid"]}) == [("audience", "audience-empty")]


@pytest.mark.parametrize("field", ["areas", "audience.areas"])
def test_an_area_that_was_never_loaded_is_refused_by_name_when_it_is_typed(
    conn: Connection, house: House, field: str
) -> None:
    changes: dict[str, Any] = {"areas": ["kenneth"]} if field == "areas" else {"audience": {"areas": ["kenneth"]}}
    with pytest.raises(Refused) as refused:
        drafting.create(conn, house, lives.ANNA, drafting.parse(lives.words(**changes)), NOON)
    [fault] = refused.value.faults
    assert (fault.field, fault.rule) == (field, "unknown")
    assert "'kenneth'" in fault.message


@pytest.mark.parametrize("polygon", [None, "", "{}", '{"type": "FeatureCollection", "features": []}'])
def test_an_area_whose_shape_is_missing_or_empty_stops_the_start(tmp_path: Path, polygon: str | None) -> None:
    if polygon is not None:
        (tmp_path / "noord.geojson").write_text(polygon)
    shaped = lives.CONFIGURATION.replace('circle = "52.09,5.12 3.0"', 'geometry = "noord.geojson"')
    with pytest.raises(ConfigurationError) as wrong:
        lives.house_in(tmp_path, shaped)
    assert [problem.key for problem in wrong.value.problems] == ['area."noord".geometry']


def test_an_area_that_is_named_reaches_those_in_it_and_nobody_else(conn: Connection, house: House) -> None:
    lives.listed(conn, ["Ver Weg,nl,bewoners,zuid,+31699999999,,"])
    assert lives.submitted(conn, house).addressees.count == 4


# --- more people than the author meant -------------------------------------------------------------


def submitted(conn: Connection, house: House, expected: int) -> AlertRow:
    return lives.submitted(conn, house, audience={"areas": ["noord"], "expected": expected})


@pytest.mark.parametrize("expected", [0, 1, 2, 3, 6, 10_000_000])
def test_an_audience_beyond_what_was_expected_needs_its_number_typed(
    conn: Connection, house: House, expected: int
) -> None:
    alert = submitted(conn, house, expected)
    assert to_accept(alerts.findings(conn, alert.id)) == ["audience-unexpected"]
    for typed in (None, expected, alert.addressees.count + 1):
        with pytest.raises(Refused) as refused:
            lives.agreed(conn, house, alert, accepts=["audience-unexpected"], expected=typed)
        assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("expected", "audience-size")]
    assert not lives.is_released(conn, alert)
    lives.agreed(conn, house, alert, accepts=["audience-unexpected"], expected=4)
    assert lives.is_released(conn, alert)


def test_typing_the_number_is_not_enough_without_accepting_by_name(conn: Connection, house: House) -> None:
    alert = submitted(conn, house, 1)
    with pytest.raises(Refused) as refused:
        lives.agreed(conn, house, alert, expected=4)
    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("accepts", "audience-unexpected")]


def test_an_audience_as_expected_asks_nothing_more(conn: Connection, house: House) -> None:
    alert = submitted(conn, house, 4)
    assert to_accept(alerts.findings(conn, alert.id)) == []
    assert lives.is_released(conn, lives.agreed(conn, house, alert))
