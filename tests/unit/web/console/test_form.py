"""From what an officer typed to a patch of the draft, and back."""

from zoneinfo import ZoneInfo

import pytest

from broadcaster.render import scenarios
from broadcaster.web.console import form
from broadcaster.workflow.drafting import merged, parse

ZONE = ZoneInfo("Europe/Amsterdam")
OUTAGE = scenarios.load("power-outage")


def _read(**posted: str):
    named = {name.replace("__", "."): [text] for name, text in posted.items()}
    return form.read(named, None, ["nl"], ZONE)


@pytest.mark.parametrize("typed", ["6:00", "06:00", "0600", "600", "6.00", "06h00"])
def test_a_time_may_be_typed_in_every_way_that_people_do(typed):
    found = _read(expires__day="2026-11-24", expires__time=typed)
    assert found.faults == []
    assert found.patch["expires"] == "2026-11-24T06:00:00+01:00"


@pytest.mark.parametrize("typed", ["24:00", "36:00", "6", "zes uur", "6:60", "-1:00", "6:00 PM"])
def test_what_is_no_time_is_said_beside_its_field(typed):
    found = _read(expires__day="2026-11-24", expires__time=typed)
    assert [fault.field for fault in found.faults] == ["expires"]
    assert "expires" not in found.patch


def test_a_time_that_the_clock_skips_does_not_exist():
    for name in ("expires", "release_at"):
        found = _read(**{f"{name}__day": "2027-03-28", f"{name}__time": "02:30"})
        assert [(fault.field, fault.rule) for fault in found.faults] == [(name, "no-such-time")]
        assert "bestaat niet" in found.faults[0].message


def test_an_empty_field_takes_away_what_stood_there():
    before = {"status": "Actual", "event": "Brand", "areas": ["noord"], "infos": {"nl": {"headline": "Brand"}}}
    found = _read(event="", infos__nl__headline="")
    assert parse(merged(before, found.patch)).as_json() == {"status": "Actual"}


def test_a_release_keeps_the_zone_in_which_it_was_typed():
    found = _read(release_at__day="2026-11-24", release_at__time="06:00")
    assert (found.patch["release_at"], found.patch["timezone"]) == ("2026-11-24T06:00", "Europe/Amsterdam")


@pytest.mark.parametrize(("typed", "number"), [("12418", 12418), ("12.418", 12418), ("12 418", 12418), ("0", 0)])
def test_an_expected_number_may_have_its_thousands_apart(typed, number):
    assert _read(audience__expected=typed).patch["audience"]["expected"] == number


@pytest.mark.parametrize("typed", ["veel", "12,5", "-3", "1.2.3"])
def test_an_expected_number_that_is_none_is_refused(typed):
    assert [fault.field for fault in _read(audience__expected=typed).faults] == ["audience.expected"]


def test_numbers_of_a_scenario_are_numbers_and_what_is_none_is_left_to_the_scenario():
    posted = {"fields.households": ["1200"], "fields.place": ["Noord"]}
    assert form.read(posted, OUTAGE, ["nl"], ZONE).patch["fields"]["households"] == 1200
    posted["fields.households"] = ["veel"]
    assert form.read(posted, OUTAGE, ["nl"], ZONE).patch["fields"]["households"] == "veel"


def test_what_is_shown_and_sent_back_unchanged_changes_nothing():
    content = parse(
        {
            "status": "Exercise",
            "organisation": "voorbeeldstad",
            "event": "Brand",
            "severity": "Severe",
            "expires": "2026-11-24T06:00:00+01:00",
            "release_at": "2026-11-24T05:00",
            "timezone": "Europe/Amsterdam",
            "areas": ["noord", "zuid"],
            "audience": {"groups": ["bewoners"], "expected": 12},
            "channels": ["sms"],
            "infos": {"nl": {"headline": "Brand", "description": "Er is brand.\nBlijf binnen."}},
        }
    ).as_json()
    found = form.read(form.values(content, ZONE), None, ["nl", "en"], ZONE)
    assert found.faults == []
    assert parse(merged(content, found.patch)).as_json() == content


def test_a_finding_leads_to_its_field_or_the_nearest_around_it():
    known = frozenset({"audience.expected", "areas", "infos.nl.headline"})
    assert form.anchor("audience.expected", known) == "field-audience-expected"
    assert form.anchor("areas.0", known) == "field-areas"
    assert form.anchor("fields.place", known) == ""
