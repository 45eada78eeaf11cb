"""Valencia, 29 October 2024: the text was ready at 17:45 and went out at 20:11, without "go upstairs".

Here a message that does not say what people can do is refused, whoever wrote it and however ready the rest is.
"""

from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.render import scenarios
from broadcaster.store import alerts
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives


@pytest.mark.parametrize("status", ["Actual", "Exercise"])
def test_a_message_without_a_protective_action_is_refused_and_says_so(
    conn: Connection, house: House, status: str
) -> None:
    texts = {slot: text for slot, text in lives.TEXTS.items() if slot != "instruction"}
    exercise: dict[str, Any] = {"exercise": "Oefening"} if status == "Exercise" else {}
    draft = lives.drafted(conn, house, status=status, infos={"nl": texts}, **exercise)
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.offered(conn, house, draft.id)
    faults = {(fault.field, fault.rule) for fault in refused.value.faults}
    assert ("infos.nl.instruction", "slot-missing") in faults
    assert "wat mensen moeten doen" in " ".join(fault.message for fault in refused.value.faults)
    assert alerts.listed(conn, None, 1) == []


def test_one_language_without_it_refuses_the_whole(conn: Connection, house: House) -> None:
    bare = {slot: text for slot, text in lives.TEXTS.items() if slot != "instruction"}
    draft = lives.drafted(conn, house, infos={"nl": lives.TEXTS, "en": bare})
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.offered(conn, house, draft.id)
    assert "infos.en.instruction" in {fault.field for fault in refused.value.faults}


def test_the_prepared_words_say_go_up_and_help_the_neighbours() -> None:
    """The sentence that was missing that day stands in every language of the scenario for water."""
    flood = scenarios.load("flood")
    assert "hogere verdieping" in flood.texts["nl"].instruction
    assert "Ga naar boven" in flood.texts["nl-easy"].instruction
    assert all(len(own.instruction.splitlines()) >= 6 for own in flood.texts.values())
