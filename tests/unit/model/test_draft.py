"""What a draft takes, field by field, and what it still lacks."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from broadcaster.model.cap import Category, Severity, Status
from broadcaster.model.draft import (
    ALERT_SLOTS,
    INFO_SLOTS,
    Audience,
    DraftContent,
    exercise_findings,
    language_findings,
    missing_slots,
    time_findings,
)
from broadcaster.model.finding import FindingKind, blocking, to_accept
from tests.clocks import NOON
from tests.lives import TEXTS, words

SEEDED = settings(derandomize=True, deadline=None)


def content(**changes: Any) -> DraftContent:
    return DraftContent.model_validate(words(**changes))


def refused_fields(**changes: Any) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        content(**changes)
    return [".".join(str(part) for part in item["loc"]) for item in refused.value.errors()]


# --- what a field may hold -------------------------------------------------------------------------


def test_a_status_is_asked_for_and_never_guessed() -> None:
    with pytest.raises(ValidationError, match="status"):
        DraftContent.model_validate({})


@pytest.mark.parametrize("status", ["actual", "ACTUAL", "System", "Draft", "", None, 1, True, ["Actual"]])
def test_a_status_is_one_of_three_words(status: object) -> None:
    with pytest.raises(ValidationError):
        DraftContent.model_validate({"status": status})


def test_a_draft_may_be_as_empty_as_a_status() -> None:
    empty = DraftContent.model_validate({"status": "Test"})
    assert empty.as_json() == {"status": "Test"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "Fire!"),
        ("severity", "severe"),
        ("urgency", "now"),
        ("certainty", 1),
        ("as_of", "2026-11-23"),
        ("as_of", "2026-11-23T14:30:00"),
        ("expires", "tomorrow"),
        ("expires", 1_800_000_000),
        ("next_update", "0001-01-01T00:00:00Z"),
        ("next_update", "9999-12-31T23:59:59-12:00"),
        ("areas", "noord"),
        ("areas", ["Noord!"]),
        ("areas", ["noord"] * 501),
        ("channels", ["SMS"]),
        ("channels", ["sms"] * 21),
        ("incident", "i" * 65),
        ("scenario", "../../etc/passwd"),
        ("event", "e" * 201),
        ("event", ""),
        ("event", "   "),
        ("event", "twee\nregels"),
        ("source", 3),
        ("nonsense", "x"),
    ],
)
def test_a_field_that_is_given_must_be_valid(field: str, value: object) -> None:
    assert {name.partition(".")[0] for name in refused_fields(**{field: value})} == {field}


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = {
        "severity": "bad",
        "expires": "later",
        "areas": ["Noord!"],
        "x": 1,
        "infos": {"nl": {"kop": "x"}, "Dutch": {}},
    }
    named = refused_fields(**wrong)
    assert [name for name in ("severity", "expires", "areas.0", "x", "infos.nl.kop") if name not in named] == []
    assert any("Dutch" in name for name in named)


FORBIDDEN = [*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), 0x2028, 0x2029, 0xFEFF]


@pytest.mark.parametrize("code", FORBIDDEN)
def test_no_text_holds_a_character_that_is_not_seen_or_turns_the_others_around(code: int) -> None:
    for slot in INFO_SLOTS:
        with pytest.raises(ValidationError):
            content(infos={"nl": TEXTS | {slot: f"Blijf{chr(code)}thuis"}})
    for field in ("event", "source", "exercise"):
        with pytest.raises(ValidationError):
            content(**{field: f"a{chr(code)}b"})
    with pytest.raises(ValidationError):
        Audience(groups=[f"a{chr(code)}b"])


@pytest.mark.parametrize(
    "text", ["Zin één.\nZin twee.", "İstanbul’da", "تمرين", "Zażółć", "👩‍👩‍👧", "a\u200cb", "\u2067نص\u2069"]
)
def test_the_letters_of_every_language_pass_unchanged(text: str) -> None:
    info = content(infos={"nl": TEXTS | {"description": text}}).infos["nl"]
    assert info.description == text


def test_half_a_surrogate_pair_is_no_text() -> None:
    for field in ("event", "incident", "timezone", "release_at"):
        with pytest.raises(ValidationError):
            content(**{field: "a\ud800"})
    with pytest.raises(ValidationError):
        content(fields={"place": "\udfff"})


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**30, 1.5, True, None, [], {}])
def test_a_typed_field_holds_a_text_or_a_whole_number_that_the_digest_can_hold(value: object) -> None:
    assert refused_fields(fields={"households": value})


@pytest.mark.parametrize("expected", [-1, 1.5, "12", True, 10**10])
def test_an_expected_audience_is_a_whole_number_of_people(expected: object) -> None:
    assert refused_fields(audience={"expected": expected}) == ["audience.expected"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@SEEDED
@given(st.dictionaries(st.sampled_from([*DraftContent.model_fields, "other"]), json_values, max_size=5))
def test_whatever_is_taken_can_be_stored_digested_and_read_back(changes: dict[str, Any]) -> None:
    try:
        taken = DraftContent.model_validate({"status": "Exercise", **changes})
    except ValidationError:
        return
    assert DraftContent.model_validate(taken.as_json()) == taken
    assert rfc8785.dumps(taken.as_json()).decode()


# --- what it still lacks ---------------------------------------------------------------------------


def test_a_complete_draft_lacks_nothing() -> None:
    assert [*missing_slots(content())] == []


@pytest.mark.parametrize("slot", [*ALERT_SLOTS, "areas", "channels", "infos"])
def test_an_empty_slot_of_the_alert_blocks_and_is_named(slot: str) -> None:
    [finding] = missing_slots(content(**{slot: None}))
    assert (finding.code, finding.kind, finding.field) == ("slot-missing", FindingKind.BLOCKING, slot)


@pytest.mark.parametrize("slot", INFO_SLOTS)
def test_an_empty_slot_of_a_text_blocks_and_is_named_with_its_language(slot: str) -> None:
    short = {name: text for name, text in TEXTS.items() if name != slot}
    [finding] = missing_slots(content(infos={"nl": TEXTS, "en": short}))
    assert finding.field == f"infos.en.{slot}"
    assert "(en)" in finding.message


def test_every_empty_slot_is_named_at_once() -> None:
    empty = DraftContent.model_validate({"status": "Actual", "infos": {"nl": {}}})
    assert {finding.field for finding in missing_slots(empty)} == {
        *ALERT_SLOTS, "areas", "channels", *(f"infos.nl.{slot}" for slot in INFO_SLOTS)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"expires": NOON}, ["expired"]),
        ({"expires": NOON + timedelta(seconds=1)}, []),
        ({"next_update": NOON}, ["next-update-past"]),
        ({"as_of": NOON + timedelta(seconds=60)}, []),
        ({"as_of": NOON + timedelta(seconds=61)}, ["as-of-future"]),
        (
            {"as_of": NOON + timedelta(days=1), "next_update": NOON - timedelta(days=1)},
            ["next-update-past", "as-of-future"],
        ),
    ],
)
def test_times_that_cannot_be_true_block(changes: dict[str, datetime], codes: list[str]) -> None:
    changed = {name: at.isoformat() for name, at in changes.items()}
    found = [*time_findings(content(**changed), NOON)]
    assert [finding.code for finding in found] == codes
    assert blocking(found) == found


def test_a_time_in_another_zone_is_the_same_instant() -> None:
    amsterdam = content(expires="2026-11-23T15:00:00+01:00").expires
    assert amsterdam == datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def test_each_required_language_without_a_text_is_accepted_by_its_own_name() -> None:
    found = [*language_findings(content(infos={"nl": TEXTS}), ["nl", "en", "ar"])]
    assert to_accept(found) == ["language-missing:ar", "language-missing:en"]


# --- an exercise that says it is none --------------------------------------------------------------

DENIALS = [
    "Dit is geen oefening.",
    "DIT IS GEEN OEFENING",
    "Dit is geen   oefening",
    "dit is geen\noefening",
    "Dit is niet een test",
    "This is not a drill",
    "THIS IS NOT A DRILL.",
    "not an exercise",
    "This is no drill!",
    "Dies ist keine Übung",
    "Ceci n'est pas un exercice",
    "Bu bir tatbikat değil",
    "To nie są ćwiczenia",
    "هذا ليس تمرين",
    "Це не навчання",
]


@pytest.mark.parametrize("text", DENIALS)
@pytest.mark.parametrize("status", [Status.EXERCISE, Status.TEST])
def test_an_exercise_may_not_say_that_it_is_none(text: str, status: Status) -> None:
    for slot in ("headline", "instruction", "short"):
        if slot == "headline" and "\n" in text:
            continue
        drill = content(status=status, infos={"nl": TEXTS | {slot: f"Let op! {text}"}})
        assert [f.code for f in exercise_findings(drill)] == ["not-a-drill"], slot
        assert [f.kind for f in exercise_findings(drill)] == [FindingKind.BLOCKING]


@pytest.mark.parametrize("text", DENIALS)
def test_what_is_real_may_say_so(text: str) -> None:
    real = content(infos={"nl": TEXTS | {"description": text}})
    assert [*exercise_findings(real)] == []


@pytest.mark.parametrize(
    "text", ["Dit is een oefening.", "This is a drill.", "Er is geen stroom.", "Doe mee aan de test."]
)
def test_an_exercise_may_say_what_it_is(text: str) -> None:
    assert [*exercise_findings(content(status="Exercise", infos={"nl": TEXTS | {"description": text}}))] == []


# --- the words of CAP ------------------------------------------------------------------------------


def test_the_words_are_spelt_as_cap_spells_them() -> None:
    assert [*Category] == [
        "Geo",
        "Met",
        "Safety",
        "Security",
        "Rescue",
        "Fire",
        "Health",
        "Env",
        "Transport",
        "Infra",
        "CBRNE",
        "Other",
    ]
    assert [*Severity] == ["Extreme", "Severe", "Moderate", "Minor", "Unknown"]


def test_findings_speak_to_officers_in_sentences() -> None:
    empty = DraftContent.model_validate({"status": "Exercise", "infos": {"nl": {"headline": "geen oefening"}}})
    found = [*missing_slots(empty), *exercise_findings(empty), *language_findings(empty, ["nl", "en"])]
    assert all(re.fullmatch(r"[A-Z].*\.", finding.message, re.DOTALL) for finding in found)
