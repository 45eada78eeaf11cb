"""Hawaii, 13 January 2018: a drill sent as a real missile alert by one person.

The same screen and the same confirmation served test and live, the text of the drill said that it was none,
and there was no text ready to take it back: that took 38 minutes.
The screen itself: `tests/browser/test_failures.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from broadcaster.model.alert import Stage
from broadcaster.model.cap import Lane, MsgType, Status
from broadcaster.model.finding import to_accept
from broadcaster.store import alerts, approvals, deliveries
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, correcting, drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON

MISSILE = {
    "headline": "Raketaanval op komst",
    "description": "Er is een raket onderweg.",
    "impact": "Buiten zijn is levensgevaarlijk.",
    "instruction": "Ga direct naar binnen en schuil.",
}
DENIALS = {
    "nl": "Dit is geen oefening.",
    "en": "This is not a drill.",
    "de": "Dies ist keine Übung.",
    "fr": "Ceci n'est pas un exercice.",
    "pl": "To nie ćwiczenia.",
    "tr": "Bu bir tatbikat değildir.",
    "ar": "هذا ليس تمرين.",
    "uk": "Це не навчання.",
}


def texts(language: str = "nl", denial: str = "") -> Mapping[str, Any]:
    told = MISSILE | {"instruction": f"{MISSILE['instruction']} {denial}".strip()}
    return {"event": "Raket", "severity": "Extreme", "infos": {language: told}}


def test_whether_it_is_real_is_fixed_when_the_draft_is_made(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, status="Exercise", **texts())
    for status in ("Actual", "Test"):
        with pytest.raises(Refused) as refused:
            drafting.revise(conn, house, lives.ANNA, draft.id, 1, {"status": status}, NOON)
        assert [(fault.field, fault.rule) for fault in refused.value.faults] == [("status", "fixed")]
    assert drafting.read(conn, draft.id).content["status"] == "Exercise"


@pytest.mark.parametrize("table", ["draft", "alert"])
def test_not_even_a_statement_of_the_runtime_role_makes_a_drill_real(
    conn: Connection, house: House, table: str
) -> None:
    lives.submitted(conn, house, status="Exercise", **texts())
    with pytest.raises(IntegrityError):
        conn.execute(text(f"UPDATE {table} SET status = 'Actual'"))


def test_whether_it_is_real_is_part_of_what_is_approved(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, status="Exercise", **texts())
    items = alerts.renditions(conn, alert.id)
    assert alerts.digest_now(alert, items) == alert.digest
    assert alerts.digest_now(replace(alert, status=Status.ACTUAL), items) != alert.digest


@pytest.mark.parametrize("status", ["Exercise", "Test"])
@pytest.mark.parametrize("language", DENIALS)
def test_an_exercise_that_says_it_is_none_is_refused(
    conn: Connection, house: House, language: str, status: str
) -> None:
    draft = lives.drafted(conn, house, status=status, **texts(language, DENIALS[language]))
    with pytest.raises(Refused) as refused:
        lives.offered(conn, house, draft.id)
    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [
        (f"infos.{language}.instruction", "not-a-drill")
    ]


@pytest.mark.parametrize("field", ["event", "source"])
def test_what_stands_around_the_text_may_not_say_it_either(conn: Connection, house: House, field: str) -> None:
    draft = lives.drafted(conn, house, status="Exercise", **{**texts(), field: "Raket. This is not a drill."})
    with pytest.raises(Refused) as refused:
        lives.offered(conn, house, draft.id)
    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [(field, "not-a-drill")]


@pytest.mark.parametrize("language", DENIALS)
def test_a_real_alert_may_say_so(conn: Connection, house: House, language: str) -> None:
    assert lives.submitted(conn, house, **texts(language, DENIALS[language])).stage is Stage.SUBMITTED


def test_one_person_cannot_release(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **texts())
    with pytest.raises(Refused) as refused:
        lives.agreed(conn, house, alert, lives.ANNA, accepts=["language-missing:en"])
    assert refused.value.why is Why.FORBIDDEN
    assert not lives.is_released(conn, alert)
    lives.agreed(conn, house, alert, lives.BERT, accepts=["language-missing:en"])
    assert lives.is_released(conn, alert)


def test_the_database_refuses_the_approval_of_the_one_who_wrote(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **texts())
    with pytest.raises(IntegrityError):
        approvals.give(conn, alert, "anna", ["language-missing:en"], None, NOON)


def test_a_drill_goes_nowhere_and_every_text_of_it_says_what_it_is(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, status="Exercise", infos={"nl": MISSILE, "en": MISSILE})
    assert alert.lane is Lane.DRILL
    assert set(conn.scalars(text("SELECT DISTINCT lane FROM delivery"))) == {"drill"}
    words = {"nl": "OEFENING", "en": "EXERCISE"}
    for item in alerts.renditions(conn, alert.id):
        said = item.text.split()
        assert said[0] == said[-1] == words[item.language]


@pytest.mark.parametrize("languages", [("nl", "en"), ("nl", "en", "ar", "tr", "pl", "de", "fr", "uk")])
def test_a_correction_to_everyone_reached_is_ready_within_one_action(
    conn: Connection, house: House, languages: tuple[str, ...]
) -> None:
    alert = lives.expanded(conn, house, infos=dict.fromkeys(languages, MISSILE), channels=["sms", "email", "display"])
    conn.execute(text("UPDATE delivery SET state = 'accepted', transmissions = 1, due_at = NULL WHERE n <> 2"))
    draft = correcting.start(conn, house, lives.BERT, alert.id, MsgType.CANCEL, NOON)  # the one action
    offered = lives.offered(conn, house, draft.id, lives.BERT)
    assert to_accept(offered.findings) == [], "there is nothing to fill in, and nothing to think about"
    lives.expand_all(conn, lives.agreed(conn, house, offered.alert, lives.CARA))

    assert told(conn, offered.alert, "due") == told(conn, alert, "accepted")
    assert told(conn, offered.alert, "superseded") == told(conn, alert, "superseded")
    for item in alerts.renditions(conn, offered.alert.id):
        assert MISSILE["headline"] not in item.text
        assert str(alert.number) in item.text
    assert {item.language for item in alerts.renditions(conn, offered.alert.id)} >= set(languages)


def told(conn: Connection, alert: AlertRow, state: str) -> set[int]:
    """Addresses of an alert whose delivery is in a state."""
    query = (
        "SELECT e.address_id FROM delivery d JOIN addressee e ON e.alert_id = d.alert_id AND e.n = d.n"
        " WHERE d.alert_id = :alert AND d.state = :state"
    )
    return set(conn.scalars(text(query), {"alert": alert.id, "state": state}))


def test_whoever_may_write_or_approve_can_stop_it_at_once(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, infos={"nl": MISSILE, "en": MISSILE})
    approving.halt(conn, lives.CARA, alert.id, NOON)
    while deliveries.sweep(conn, alert.id, NOON):
        pass
    assert deliveries.counts(conn, alert.id) == {"sms": {"halted": 4}}
