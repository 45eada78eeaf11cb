"""Zeeland, 2018: boards along the road that hold ninety characters stayed blank, for the text had a hundred.

Here each channel says while a draft is written whether the text fits, and by how much it does not; what is
accepted goes out whole.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model import gsm
from broadcaster.model.finding import Finding, FindingKind
from broadcaster.render.limited import InlineRenderer
from broadcaster.store import alerts
from broadcaster.workflow.composing import compose, gather
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Fault, Refused
from tests import lives
from tests.clocks import NOON

LETTERS = "Sluit ramen en deuren en blijf binnen tot u iets anders hoort. "


@pytest.fixture
def house(tmp_path: Path) -> House:
    """As every other, but a text message here is one segment: 160 septets and no more."""
    one = 'from = "Voorbeeld"\nmost_segments = 1'
    return lives.house_in(tmp_path, lives.CONFIGURATION.replace('from = "Voorbeeld"', one))


def short(length: int) -> dict[str, Any]:
    """Words of which the short text has so many letters."""
    text = (LETTERS * 40)[:length].rstrip()
    text += "x" * (length - len(text))
    return {"infos": {"nl": {**lives.TEXTS, "short": text}}, "channels": ["sms", "display"]}


def drafting_says(conn: Connection, house: House, changes: dict[str, Any]) -> list[Finding]:
    """What an officer sees of a text while it is written, long before it is offered."""
    draft = lives.drafted(conn, house, **changes)
    return lives.done(compose(house, InlineRenderer(), gather(conn, draft.id), NOON)).every_finding


def refusal(conn: Connection, house: House, changes: dict[str, Any]) -> Fault:
    draft = lives.drafted(conn, house, **changes)
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.offered(conn, house, draft.id)
    [fault] = refused.value.faults
    assert alerts.listed(conn, None, 1) == []
    return fault


def longest(conn: Connection, house: House) -> int:
    """The most letters that fit in one message beside what the layout puts there."""
    probe = lives.submitted(conn, house, **short(10))
    [item] = alerts.renditions(conn, probe.id, "sms")
    return gsm.SINGLE[gsm.GSM_7] - gsm.units(item.text, gsm.GSM_7) + 10


def test_a_text_is_measured_while_it_is_written(conn: Connection, house: House) -> None:
    findings = drafting_says(conn, house, short(170))
    [too_long] = [finding for finding in findings if finding.code == "sms-too-long"]
    assert too_long.kind is FindingKind.BLOCKING
    assert too_long.field == "infos.nl"


def test_a_text_that_is_too_long_is_refused_with_its_excess(conn: Connection, house: House) -> None:
    fault = refusal(conn, house, short(170))
    assert (fault.field, fault.rule) == ("infos.nl", "sms-too-long")
    assert re.search(r"De sms is [1-9][0-9]* tekens te lang", fault.message)


def test_a_text_that_just_fits_goes_out_whole_and_one_letter_more_is_one_too_many(
    conn: Connection, house: House
) -> None:
    room = longest(conn, house)
    alert = lives.submitted(conn, house, **short(room))
    [item] = alerts.renditions(conn, alert.id, "sms")
    assert (len(item.text), item.segments) == (160, 1)
    assert short(room)["infos"]["nl"]["short"] in item.text
    draft = lives.drafted(conn, house, **short(room + 1))
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.offered(conn, house, draft.id)
    [fault] = refused.value.faults
    assert "1 teken te lang" in fault.message


@pytest.mark.parametrize("more", [2, 9, 10, 100])
def test_the_excess_that_is_named_is_what_must_go(conn: Connection, house: House, more: int) -> None:
    draft = lives.drafted(conn, house, **short(longest(conn, house) + more))
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.offered(conn, house, draft.id)
    assert f"{more} tekens te lang" in refused.value.faults[0].message


def test_letters_that_cost_more_are_counted_as_they_cost(conn: Connection, house: House) -> None:
    changes = short(100)
    changes["infos"]["nl"]["short"] = changes["infos"]["nl"]["short"][:-1] + "ł"
    assert refusal(conn, house, changes).rule == "sms-too-long"


def test_a_text_too_long_for_a_screen_is_refused_with_its_excess(conn: Connection, house: House) -> None:
    long = {slot: " ".join(["binnen"] * 250) for slot in ("description", "impact", "instruction")}
    changes = {"infos": {"nl": {**lives.TEXTS, **long}}, "channels": ["display"], "audience": None}
    fault = refusal(conn, house, changes)
    assert fault.rule == "display-too-long:nl"
    assert re.search(r"[0-9]+ woorden te lang", fault.message)


def test_one_channel_where_it_does_not_fit_refuses_the_whole_and_none_stays_blank(
    conn: Connection, house: House
) -> None:
    """The text fits a screen and a mail: that does not make the text message one that may be left out."""
    assert refusal(conn, house, short(170) | {"channels": ["display", "email", "sms"]}).rule == "sms-too-long"
