"""Writing drafts: whole or refused, every fault at once, nothing lost."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from broadcaster.model.alert import Stage
from broadcaster.model.people import Caller
from broadcaster.store import drafts, journal
from broadcaster.workflow import drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, DIRK, EVA, FRED, MACHINE

SEEDED = settings(derandomize=True, deadline=None)


def revised(
    conn: Connection, house: House, draft_id: str, revision: int, patch: dict[str, Any], caller: Caller = ANNA
) -> Any:
    return drafting.revise(conn, house, caller, draft_id, revision, patch, NOON)


# --- merge patch (RFC 7396, appendix A) ------------------------------------------------------------


@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "text"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_a_patch_merges_as_the_rfc_shows(
    original: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]
) -> None:
    before = repr(original)
    assert drafting.merged(original, patch) == result
    assert repr(original) == before


json_objects = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3),
    lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: isinstance(value, dict))


@SEEDED
@given(json_objects, json_objects)
def test_the_same_patch_twice_is_the_same_as_once(original: Any, patch: Any) -> None:
    once = drafting.merged(original, patch)
    assert drafting.merged(once, patch) == once


# --- the form --------------------------------------------------------------------------------------


def test_a_draft_without_the_right_form_names_every_field() -> None:
    with pytest.raises(Refused) as refused:
        drafting.parse(
            {"status": "real", "severity": 1, "expires": "soon", "infos": {"nl": {"headline": "a\tb"}}, "x": 1}
        )
    assert refused.value.why is Why.MALFORMED
    assert {fault.field for fault in refused.value.faults} == {
        "status",
        "severity",
        "expires",
        "infos.nl.headline",
        "x",
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8) | st.just("{a} {0}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


@SEEDED
@given(st.dictionaries(st.sampled_from([*lives.words(), "fields", "x{y}"]), json_values, max_size=6))
def test_any_json_is_taken_or_refused_and_nothing_else(content: dict[str, Any]) -> None:
    found: Refused | None = None
    try:
        drafting.parse(content)
    except Refused as refused:
        found = refused
    assert found is None or found.why is Why.MALFORMED
    assert found is None or found.faults
    assert found is None or all(fault.message and "{" not in fault.rule for fault in found.faults)


# --- what the installation knows -------------------------------------------------------------------


def test_everything_that_is_unknown_here_is_named_at_once(conn: Connection, house: House) -> None:
    with pytest.raises(Refused) as refused:
        lives.drafted(
            conn, house, areas=["oost"], channels=["sms", "fax"], audience={"areas": ["west"], "groups": ["nobody"]},
            release_at="2027-03-28T02:30", timezone="Europe/Amsterdam", incident="nope", scenario="nope",
        )  # fmt: skip
    assert refused.value.why is Why.INVALID
    assert {fault.field for fault in refused.value.faults} == {
        "areas", "channels", "audience.areas", "audience.groups", "release_at", "incident", "scenario"
    }  # fmt: skip
    assert conn.scalar(text("SELECT count(*) FROM draft")) == 0


def test_an_unknown_organisation_is_refused_with_the_known_ones(conn: Connection, house: House) -> None:
    with pytest.raises(Refused) as refused:
        lives.drafted(conn, house, organisation="elders")
    assert refused.value.faults[0].field == "organisation"
    assert "voorbeeldstad" in refused.value.faults[0].message


@pytest.mark.parametrize("caller", [DIRK, EVA, FRED, Caller("display", point_id="p")])
def test_only_authors_write(conn: Connection, house: House, caller: Caller) -> None:
    own = lives.drafted(conn, house)
    for attempt in (
        lambda: lives.drafted(conn, house, caller),
        lambda: revised(conn, house, own.id, 1, {"event": "x"}, caller),
        lambda: drafting.delete(conn, caller, own.id, NOON),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.why is Why.FORBIDDEN


def test_a_machine_may_draft_and_leaves_its_token_as_the_author(conn: Connection, house: House) -> None:
    row = lives.drafted(conn, house, MACHINE)
    who = conn.execute(text("SELECT author_id, token_id FROM draft_revision WHERE draft_id = :d"), {"d": row.id}).one()
    assert tuple(who) == (None, MACHINE.token_id)


# --- revising --------------------------------------------------------------------------------------


def test_every_revision_is_kept_with_its_author(conn: Connection, house: House) -> None:
    row = lives.drafted(conn, house)
    second = revised(conn, house, row.id, 1, {"event": "Gaslek"}, BERT)
    third = revised(conn, house, row.id, 2, {"infos": {"nl": {"headline": "Gaslek in Noord"}, "en": None}})
    assert (second.revision, third.revision) == (2, 3)
    kept = conn.execute(
        text("SELECT revision, author_id FROM draft_revision WHERE draft_id = :d ORDER BY 1"), {"d": row.id}
    )
    assert [tuple(revision) for revision in kept] == [(1, "anna"), (2, "bert"), (3, "anna")]
    now = drafting.read(conn, row.id).content
    assert now["event"] == "Gaslek"
    assert now["infos"] == {"nl": lives.TEXTS | {"headline": "Gaslek in Noord"}}


@pytest.mark.parametrize("stale", [0, 2, 99, -1])
def test_a_revision_that_is_not_the_latest_is_stale(conn: Connection, house: House, stale: int) -> None:
    row = lives.drafted(conn, house)
    with pytest.raises(Refused) as refused:
        revised(conn, house, row.id, stale, {"event": "Gaslek"})
    assert refused.value.why is Why.STALE
    assert drafting.read(conn, row.id).content["event"] == "Stroomuitval"


@pytest.mark.parametrize("status", ["Actual", "Test", None])
def test_the_kind_of_alert_is_fixed_when_the_draft_is_made(conn: Connection, house: House, status: str | None) -> None:
    row = lives.drafted(conn, house, status="Exercise")
    with pytest.raises(Refused) as refused:
        revised(conn, house, row.id, 1, {"status": status})
    assert "status" in {fault.field for fault in refused.value.faults}
    assert drafting.read(conn, row.id).content["status"] == "Exercise"


def test_a_draft_stays_with_its_organisation(conn: Connection, house: House) -> None:
    row = lives.drafted(conn, house)
    with pytest.raises(Refused):
        revised(conn, house, row.id, 1, {"organisation": "elders"})
    assert revised(conn, house, row.id, 1, {"organisation": "voorbeeldstad"}).revision == 2


def test_a_revision_is_checked_like_a_new_draft(conn: Connection, house: House) -> None:
    row = lives.drafted(conn, house)
    for patch, why in (
        ({"areas": ["oost"]}, Why.INVALID),
        ({"event": "a\x00b"}, Why.MALFORMED),
        ({"x": 1}, Why.MALFORMED),
    ):
        with pytest.raises(Refused) as refused:
            revised(conn, house, row.id, 1, patch)
        assert refused.value.why is why
    assert drafting.read(conn, row.id).revision == 1


def test_what_is_submitted_is_not_edited_or_deleted(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house)
    for attempt in (
        lambda: revised(conn, house, alert.draft_id, 1, {"event": "x"}),
        lambda: drafting.delete(conn, ANNA, alert.draft_id, NOON),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.why is Why.CONFLICT


@pytest.mark.parametrize("draft_id", ["", "x", "0" * 26, "'; DROP TABLE draft; --", "é" * 26])
def test_a_draft_that_is_not_there_is_not_found(conn: Connection, house: House, draft_id: str) -> None:
    with pytest.raises(Refused) as refused:
        drafting.read(conn, draft_id)
    assert refused.value.why is Why.NOT_FOUND


def test_a_deleted_draft_is_out_of_sight_and_kept_for_the_evaluation(conn: Connection, house: House) -> None:
    row = lives.drafted(conn, house)
    drafting.delete(conn, ANNA, row.id, NOON)
    with pytest.raises(Refused):
        drafting.read(conn, row.id)
    assert drafts.listed(conn, None, 10) == []
    assert conn.scalar(text("SELECT count(*) FROM draft_revision WHERE draft_id = :d"), {"d": row.id}) == 1


def test_each_step_is_in_the_journal_with_ids_and_no_texts(conn: Connection, house: House) -> None:
    since = journal.head(conn).seq
    row = lives.drafted(conn, house)
    revised(conn, house, row.id, 1, {"event": "Gaslek"})
    drafting.delete(conn, ANNA, row.id, NOON + timedelta(minutes=1))
    lines = [*journal.lines(conn, since)]
    assert [(line["kind"], line["actor"], line["object"]) for line in lines] == [
        (kind, "anna", row.id) for kind in ("DraftCreated", "DraftRevised", "DraftDeleted")
    ]
    assert "Gaslek" not in str(lines)


def test_drafts_are_listed_newest_first_until_they_are_approved(conn: Connection, house: House) -> None:
    rows = [lives.drafted(conn, house, now=NOON + timedelta(seconds=i)) for i in range(4)]
    lives.agreed(conn, house, lives.offered(conn, house, rows[1].id).alert)
    assert [row.id for row in drafts.listed(conn, None, 10)] == [rows[i].id for i in (3, 2, 0)]
    assert [row.id for row in drafts.listed(conn, rows[2].id, 10)] == [rows[0].id]
    assert {row.stage for row in drafts.listed(conn, None, 10)} == {Stage.DRAFT}
