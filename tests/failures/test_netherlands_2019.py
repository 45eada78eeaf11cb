"""Schiphol to Zeeland, 24 June 2019: 112 was down, and the national alert named a newspaper's tip line as the number to
call. Five to eight people had read it; it was corrected after an hour. It was in Dutch only, and nobody had prepared
words for an outage of phones.

Here a number that no second person verified blocks the release and is named, wherever it stands and however it is
written; the words are ready; and one language alone is for an approver to accept by name.
"""

from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.contacts import ContactKind
from broadcaster.render import scenarios
from broadcaster.store import alerts
from broadcaster.workflow import contacts
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Fault, Refused
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT

TIP_LINE = "088-8245800"
KEY = "+31888245800"


@pytest.fixture(autouse=True)
def _standing(standing: None) -> None:
    """People and an audience."""


def refusal(conn: Connection, house: House, **changes: Any) -> list[Fault]:
    draft = lives.drafted(conn, house, **changes)
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.offered(conn, house, draft.id)
    assert alerts.listed(conn, None, 1) == []
    return refused.value.faults


def calling(number: str) -> dict[str, Any]:
    return {"infos": {language: {**lives.TEXTS, "instruction": f"112: {number}"} for language in ("nl", "en")}}


@pytest.mark.parametrize(
    "written", [TIP_LINE, "088 824 58 00", "+31 (0)88 8245800", "0 8 8.8\u200b245800", "٠٨٨٨٢٤٥٨٠٠"]
)
def test_a_number_that_nobody_verified_blocks_the_release_and_is_named(
    conn: Connection, house: House, written: str
) -> None:
    faults = refusal(conn, house, **calling(written))
    assert [(fault.field, fault.rule) for fault in faults] == [
        ("infos.en.instruction", f"contact-unknown:{KEY}"),
        ("infos.nl.instruction", f"contact-unknown:{KEY}"),
    ]
    assert all("telefoonnummer" in fault.message for fault in faults)


def test_the_author_alone_does_not_make_a_number_known(conn: Connection, house: House) -> None:
    line = contacts.propose(conn, house, ANNA, ContactKind.PHONE, TIP_LINE, "Meldkamer", None, NOON)
    assert refusal(conn, house, **calling(TIP_LINE))
    with pytest.raises(Refused):
        contacts.verify(conn, ANNA, line.id or "", None, NOON)
    contacts.verify(conn, BERT, line.id or "", None, NOON)
    assert lives.approved(conn, house, **calling(TIP_LINE)).stage is Stage.APPROVED


def test_there_are_words_for_an_outage_of_phones_and_a_wrong_number_in_them_blocks_too(
    conn: Connection, house: House
) -> None:
    assert {"telephone-outage", "telecom-outage"} <= set(scenarios.names())
    for name in ("telephone-outage", "telecom-outage"):
        fields = {"phone": TIP_LINE, **_rest(name)}
        faults = refusal(conn, house, scenario=name, infos=None, fields=fields)
        assert [(fault.field, fault.rule) for fault in faults] == [("fields.phone", f"contact-unknown:{KEY}")]


def _rest(name: str) -> dict[str, Any]:
    """Something for every other field that a scenario asks."""
    values = {"place": "Noord", "time": "06:30", "number": 1, "area": "noord", "address": "Wijkhuis Noord"}
    return {
        field: rule.options[0] if rule.kind == "choice" else values[rule.kind]
        for field, rule in scenarios.load(name).fields.items()
        if rule.required and field != "phone"
    }


def test_one_language_alone_is_for_an_approver_to_accept_by_name(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, infos={"nl": lives.TEXTS})
    with pytest.raises(Refused) as refused:
        lives.agreed(conn, house, alert)
    assert [fault.rule for fault in refused.value.faults] == ["language-missing:en"]
    assert lives.agreed(conn, house, alert, accepts=["language-missing:en"]).stage is Stage.APPROVED
