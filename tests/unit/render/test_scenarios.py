"""Scenarios: fields are typed, and open ones leave out their sentence."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from broadcaster.model import gsm
from broadcaster.model.draft import DraftContent
from broadcaster.model.finding import FindingKind
from broadcaster.render import scenarios
from broadcaster.render.engine import render
from broadcaster.render.fields import FieldRule
from broadcaster.render.request import RenderRequest
from broadcaster.render.scenarios import Scenario

Ask = Callable[..., RenderRequest]
AREAS = {"noord": "Noord"}
GOOD: dict[str, str | int] = {"place": "Noord", "since": "13:40", "mobile": "works", "phone": "14 030"}
FULL: dict[str, str | int] = {
    **GOOD,
    "households": 2400,
    "back": "2026-11-24T06:00:00+01:00",
    "point": "Wijkhuis Noord, Kerkstraat 1",
}


def power_outage() -> Scenario:
    return scenarios.load("power-outage")


def test_a_number_is_written_as_it_was_given() -> None:
    infos = scenarios.texts(power_outage(), FULL, "Europe/Amsterdam", date(2026, 11, 24))
    assert all("2400" in (info.description or "") for info in infos.values())


def test_a_time_is_written_in_the_zone_of_the_hub() -> None:
    infos = scenarios.texts(power_outage(), FULL, "Europe/Amsterdam", date(2026, 11, 23))
    assert "rond 24 november 06:00" in (infos["nl"].description or "")
    assert "sinds 13:40" in (infos["nl"].description or "").lower()


def test_an_open_field_leaves_out_its_sentence() -> None:
    info = scenarios.texts(power_outage(), GOOD, "Europe/Amsterdam", date(2026, 11, 23))["nl"]
    assert info.description == "Sinds 13:40 is er geen stroom in Noord."
    assert (info.instruction or "").endswith("Bel 112 alleen als iemand in gevaar is.")


@pytest.mark.parametrize("status", ["Actual", "Exercise", "Test"])
def test_the_dutch_text_message_fits_two_segments(ask_scenario: Ask, status: str) -> None:
    texts = render(ask_scenario({"status": status})).texts["sms", "nl"]
    fitted = gsm.fit(texts.text, texts.word)
    assert (fitted.encoding, fitted.findings) == (gsm.GSM_7, ())
    assert fitted.segments <= 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("place", "x" * 31),
        ("place", "<b>Noord</b>"),
        ("place", "Noord{{ 7 }}"),
        ("place", 7),
        ("place", ""),
        ("since", "25:00"),
        ("since", "13.40"),
        ("since", "2026-11-23T13:40:00"),
        ("households", 0),
        ("households", 2_000_001),
        ("households", "veel"),
        ("mobile", "perhaps"),
        ("phone", "bel mij"),
        ("phone", "14 030\n112"),
        ("phone", "1" * 21),
    ],
)
def test_a_field_outside_its_limits_is_refused_by_name(field: str, value: str | int) -> None:
    (finding,) = scenarios.check(power_outage(), {**GOOD, field: value}, AREAS)
    assert (finding.code, finding.kind, finding.field) == ("field-invalid", FindingKind.BLOCKING, f"fields.{field}")
    assert power_outage().fields[field].label in finding.message


@pytest.mark.parametrize("phone", ["112", "14 030", "0800-1351", "088 123 45 67", "+31 30 286 00 00"])
def test_a_phone_number_is_taken_as_people_write_it(phone: str) -> None:
    assert scenarios.check(power_outage(), {**GOOD, "phone": phone}, AREAS) == []


def test_all_fields_are_checked_at_once() -> None:
    found = scenarios.check(power_outage(), {"place": "", "since": "x", "colour": "red"}, AREAS)
    assert sorted((finding.code, finding.field) for finding in found) == [
        ("field-invalid", "fields.place"),
        ("field-invalid", "fields.since"),
        ("field-missing", "fields.mobile"),
        ("field-missing", "fields.phone"),
        ("field-unknown", "fields.colour"),
    ]


def test_a_field_still_to_fill_in_shows_in_the_preview(ask_scenario: Ask) -> None:
    rendered = render(ask_scenario({"fields": {"since": "13:40"}}))
    assert rendered.infos["nl"].headline == "Stroomuitval in [...]"
    assert {"field-missing"} == {finding.code for finding in rendered.findings if finding.kind is FindingKind.BLOCKING}


def test_old_facts_need_a_confirmation(ask_scenario: Ask) -> None:
    def found(as_of: str) -> list[tuple[str, Any]]:
        findings = render(ask_scenario({"as_of": as_of})).findings
        return [(finding.code, finding.kind) for finding in findings if not finding.code.startswith("text-unread")]

    assert found("2026-11-23T12:11:00Z") == []
    assert found("2026-11-23T12:09:00Z") == [("facts-old", FindingKind.BLOCKING)]


def test_a_field_may_age_faster_than_its_scenario() -> None:
    rules = {"level": {"kind": "number", "label": "Waterstand", "as_of": True, "stale_after": "PT10M"}}
    quick = power_outage().model_copy(update={"fields": {k: FieldRule.model_validate(v) for k, v in rules.items()}})
    as_of = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    content = DraftContent.model_validate({"status": "Actual", "as_of": as_of.isoformat(), "fields": {"level": 3}})
    assert [*scenarios.age_findings(quick, content, as_of + timedelta(minutes=10))] == []
    (finding,) = scenarios.age_findings(quick, content, as_of + timedelta(minutes=11))
    assert finding.message == "De feiten zijn ouder dan 10 minuten. Controleer: Waterstand."
    left_open = content.model_copy(update={"fields": {}})
    assert [*scenarios.age_findings(quick, left_open, as_of + timedelta(days=1))] == []


def test_a_scenario_never_overrules_what_the_officer_chose(ask: Ask) -> None:
    content = ask({"severity": "Minor", "event": None}).content
    filled = scenarios.with_defaults(power_outage(), content)
    assert (filled.severity, filled.event) == ("Minor", "Stroomuitval")


def test_a_scenario_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        scenarios.load("zeppelin")
