"""A scenario's text that nobody read goes out for real only when the approver says so, language by language."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from broadcaster.model.finding import FindingKind
from broadcaster.render.limited import InlineRenderer
from broadcaster.render.lint import LANGUAGES
from broadcaster.store import alerts, audience
from broadcaster.workflow.composing import compose, gather
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.clocks import NOON

OUTAGE: dict[str, Any] = {
    "scenario": "power-outage",
    "fields": {"place": "Noord", "since": "13:40", "mobile": "works", "phone": "14 030"},
    "infos": None,
}
UNREAD = [f"text-unread:{language}" for language in sorted(LANGUAGES)]


def test_each_unread_language_is_accepted_by_name(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, **OUTAGE)
    assert lives.unread(conn, alert) == sorted(UNREAD)
    with pytest.raises(Refused) as refused, conn.begin_nested():
        lives.agreed(conn, house, alert, accepts=[code for code in UNREAD if code != "text-unread:tr"])
    assert "text-unread:tr" in str(refused.value.faults)
    lives.agreed(conn, house, alert, accepts=UNREAD)


def test_an_exercise_is_only_told(conn: Connection, house: House) -> None:
    alert = lives.submitted(conn, house, status="Exercise", exercise="Oefening", **OUTAGE)
    found = [each for each in alerts.findings(conn, alert.id) if each.code in UNREAD]
    assert {each.kind for each in found} == {FindingKind.NOTICE}
    assert len(found) == len(UNREAD)


def test_an_own_text_that_somebody_read_asks_nothing(conn: Connection, tmp_path: Path) -> None:
    ours = Path(lives.__file__).parents[1] / "templates" / "scenarios" / "power-outage" / "tr.toml"
    folder = tmp_path / "scenarios" / "power-outage"
    folder.mkdir(parents=True)
    (folder / "tr.toml").write_text('read_by = "A. Yılmaz"\nread_on = 2026-11-24\n' + ours.read_text("utf-8"), "utf-8")
    house = lives.house_in(tmp_path, lives.CONFIGURATION.replace("[hub]", '[hub]\nscenarios = "scenarios"'))
    assert house.settings.hub.scenarios == tmp_path / "scenarios"
    draft = lives.drafted(conn, house, **OUTAGE)
    renderer = InlineRenderer(own=house.settings.hub.scenarios)
    composed = lives.done(compose(house, renderer, gather(conn, draft.id), NOON))
    assert {finding.code for finding in composed.every_finding} >= {"text-unread:pl"}
    assert "text-unread:tr" not in {finding.code for finding in composed.every_finding}


def test_who_reads_easy_dutch_gets_it_and_else_plain_dutch(conn: Connection, house: House) -> None:
    lives.listed(conn, ["Els,nl-easy,bewoners,noord,+31612345699,,"], now=NOON)
    easy = lives.submitted(conn, house, **{**OUTAGE, "channels": ["sms"]})
    languages = audience.counts(conn, easy.id)[1]
    assert languages["nl-easy"] == 1
    plain = lives.submitted(conn, house, channels=["sms"])
    assert "nl-easy" not in audience.counts(conn, plain.id)[1]
    assert audience.counts(conn, plain.id)[0] == audience.counts(conn, easy.id)[0]
