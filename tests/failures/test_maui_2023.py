"""Maui, August 2023: the sirens stayed silent, and the warnings were posts on the internet while power and mobile
telephony were out.

Here a message that saves lives and goes by the internet alone is called incomplete: an approver accepts that by name.
In the same step lie the texts that need no internet: for the radio, and for the control room, which can send NL-Alert.
"""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render.desk import texts_of
from broadcaster.render.limited import InlineRenderer
from broadcaster.workflow import bulletins
from broadcaster.workflow.composing import bulletin_of, compose, gather
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.clocks import NOON

TELEGRAM = """
[channel."telegram.main"]
module = "channels.telegram_bot"
base_url = "http://127.0.0.1:1"
"""
INTERNET: dict[str, Any] = {"channels": ["email"], "severity": "Extreme", "urgency": "Immediate"}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return lives.house_in(tmp_path, lives.CONFIGURATION + TELEGRAM)


def drafting_says(conn: Connection, house: House, **changes: Any) -> list[Finding]:
    draft = lives.drafted(conn, house, **{**INTERNET, "status": "Exercise", **changes})
    found = lives.done(compose(house, InlineRenderer(), gather(conn, draft.id), NOON)).every_finding
    return [finding for finding in found if finding.code == "offline-missing"]


@pytest.mark.parametrize(
    ("channels", "severity"), [(["email"], "Extreme"), (["telegram"], "Severe"), (["email", "telegram"], "Severe")]
)
def test_what_saves_lives_and_needs_the_internet_is_incomplete(
    conn: Connection, house: House, channels: list[str], severity: str
) -> None:
    [finding] = drafting_says(conn, house, channels=channels, severity=severity)
    assert finding.kind is FindingKind.TO_ACCEPT
    assert "radiotekst" in finding.message
    assert "NL-Alert" in finding.message


@pytest.mark.parametrize("changes", [
    {"channels": ["email", "sms"]},
    {"channels": ["telegram", "display"]},
    {"severity": "Moderate"},
    {"urgency": "Expected"},
])  # fmt: skip
def test_what_comes_through_without_it_or_can_wait_is_not(
    conn: Connection, house: House, changes: dict[str, Any]
) -> None:
    assert drafting_says(conn, house, **changes) == []


def test_nobody_approves_it_without_accepting_that_by_name(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **INTERNET)
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.agreed(conn, house, alert, accepts=[])
    assert "offline-missing" in {fault.rule for fault in refused.value.faults}
    lives.agreed(conn, house, alert, accepts=["offline-missing"])


def test_what_needs_no_internet_lies_ready_in_the_same_step(conn: Connection, house: House) -> None:
    draft = lives.drafted(conn, house, **INTERNET)
    material = gather(conn, draft.id)
    composed = lives.done(compose(house, InlineRenderer(), material, NOON))
    while_drafting = texts_of(bulletin_of(house, material, composed.content, NOON))
    at_approval = texts_of(bulletins.of_alert(conn, house, lives.offered(conn, house, draft.id).alert))
    for texts in (while_drafting, at_approval):
        for name in ("radio", "nl-alert"):
            assert lives.TEXTS["instruction"].removesuffix(".") in texts[name]
