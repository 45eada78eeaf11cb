"""The United Kingdom, 23 April 2023: autocorrect changed a word of the Welsh alert after it was checked, and nobody
looked again.

Here a change of the text that others translate marks those as stale, for an approver to accept by name, until each
changes too or somebody says that it still holds; and a checked text that changes is no checked text any more.
"""

from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model import translations
from broadcaster.model.alert import Stage
from broadcaster.model.finding import Finding
from broadcaster.render.limited import InlineRenderer
from broadcaster.store.drafts import DraftRow
from broadcaster.workflow import drafting
from broadcaster.workflow.composing import compose, gather
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA

INFOS = dict.fromkeys(("nl", "en", "tr"), lives.TEXTS)


@pytest.fixture(autouse=True)
def _standing(standing: None) -> None:
    """People and an audience."""


def stale(conn: Connection, house: House, draft: DraftRow) -> list[str]:
    composed = lives.done(compose(house, InlineRenderer(), gather(conn, draft.id), NOON))
    return [finding.code for finding in composed.every_finding if _is_stale(finding)]


def _is_stale(finding: Finding) -> bool:
    return finding.code.startswith("translation-stale:")


def change(conn: Connection, house: House, draft: DraftRow, who: Any = ANNA, **texts: str) -> DraftRow:
    """The headlines of these languages, changed in one go."""
    row = drafting.read(conn, draft.id)
    patch = {"infos": {language: {"headline": text} for language, text in texts.items()}}
    return drafting.revise(conn, house, who, draft.id, row.revision, patch, NOON)


def test_a_change_of_the_first_text_marks_every_other_language(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, infos=INFOS)
    assert stale(conn, house, draft) == []
    change(conn, house, draft, nl="Stroomuitval in heel Noord")
    assert stale(conn, house, draft) == ["translation-stale:en", "translation-stale:tr"]


def test_it_is_cleared_by_a_change_of_that_language_or_by_somebody_who_looked(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, infos=INFOS)
    change(conn, house, draft, nl="Stroomuitval in heel Noord")
    change(conn, house, draft, en="Power cut in all of Noord")
    assert stale(conn, house, draft) == ["translation-stale:tr"]
    checked = drafting.check_language(conn, CARA, draft.id, "tr", None, NOON)
    assert stale(conn, house, draft) == []
    assert checked.translations["tr"].checked_by == "cara"


def test_a_text_that_changes_with_the_first_one_is_as_new_as_it(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, infos=INFOS)
    change(conn, house, draft, nl="a", en="b", tr="c")
    assert stale(conn, house, draft) == []


def test_a_checked_text_that_changes_is_nobodys_checked_text(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, infos=INFOS)
    drafting.check_language(conn, BERT, draft.id, "tr", None, NOON)
    after = change(conn, house, draft, tr="autocorrected")
    assert after.translations["tr"].checked_by is None
    assert after.translations["tr"].by == "anna"
    assert after.translations["en"].revision == 1


def test_a_stale_text_goes_only_when_the_approver_accepts_it_by_name(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, infos=INFOS)
    change(conn, house, draft, nl="Stroomuitval in heel Noord")
    change(conn, house, draft, en="Power cut in all of Noord")
    alert = lives.offered(conn, house, draft.id).alert
    with pytest.raises(Refused) as refused:
        lives.agreed(conn, house, alert)
    assert [fault.rule for fault in refused.value.faults] == ["translation-stale:tr"]
    assert lives.agreed(conn, house, alert, accepts=["translation-stale:tr"]).stage is Stage.APPROVED


def test_who_checks_what_another_changed_meanwhile_is_told(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, infos=INFOS)
    change(conn, house, draft, tr="x")
    with pytest.raises(Refused, check=lambda error: error.why is Why.STALE):
        drafting.check_language(conn, BERT, draft.id, "tr", 1, NOON)
    with pytest.raises(Refused, check=lambda error: error.why is Why.NOT_FOUND):
        drafting.check_language(conn, BERT, draft.id, "pl", None, NOON)


def test_who_checked_a_text_did_not_write_it_and_may_approve(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, infos=INFOS)
    drafting.check_language(conn, BERT, draft.id, "tr", 1, NOON)
    assert lives.agreed(conn, house, lives.offered(conn, house, draft.id).alert, BERT).stage is Stage.APPROVED


def test_without_the_hubs_languages_the_first_by_name_is_the_one_that_is_translated() -> None:
    made = translations.revised({}, {}, {"tr": 1, "de": 1}, 1, "anna", "2026-11-24T12:00:00+01:00")
    assert translations.source_of(made, ["nl"]) == "de"
    assert translations.source_of({}, ["nl"]) is None
    assert translations.stale({}, ["nl"]) == []
