"""Kerr County, Texas, 4 July 2025: a fire chief asked for an alert at 04:22 and heard that a supervisor had to approve;
the first went out at 05:34, many people heard at 10:04.

Here one officer may let a prepared message go alone, where a municipality wants that: of a scenario that two others
signed beforehand, with nothing of their own but its typed fields, within limits; everybody hears it at once, and
somebody looks at it afterwards. Nothing else goes out with one pair of eyes, whoever asks the database.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from broadcaster.model.people import Caller, Role
from broadcaster.store import alerts, journal, mandates, people, reminders, sessions, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, releasing_alone, reminding, stepping_up
from broadcaster.workflow import mandates as paper
from broadcaster.workflow.refusals import Refused, Why
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA, DIRK
from tests.mandated import LIMITS, Mandated, on

ON = lives.CONFIGURATION.replace('timezone = "Europe/Amsterdam"', 'timezone = "Europe/Amsterdam"\nmandates = true')


class Scene(Mandated):
    """The same, and what is refused."""

    def refused(self, row: AlertRow, caller: Caller = ANNA, at: datetime = NOON) -> set[str]:
        """The fields that keep it from being released alone; with the reason where it is none of them."""
        with pytest.raises(Refused) as found, self.conn.begin_nested():
            self.released(row, caller, at)
        assert not lives.is_released(self.conn, row)
        return {fault.field for fault in found.value.faults} or {found.value.why.value}


@pytest.fixture
def scene(conn: Connection, tmp_path: Path) -> Scene:
    return Scene(conn, on(lives.house_in(tmp_path)))


def test_with_a_mandate_that_two_others_signed_one_officer_lets_it_go_at_once_and_all_approvers_hear(
    scene: Scene,
) -> None:
    for name, number in (("anna", "+31611111111"), ("bert", "+31622222222"), ("cara", "+31633333333")):
        reminding.set_contact(scene.conn, lives.SEAL, name, "sms", number, name, NOON)
    mandate, row = scene.signed(), scene.offered()
    gone = scene.released(row)
    assert gone.stage == "approved"
    assert lives.is_released(scene.conn, row)
    told = reminders.about(scene.conn, [row.id])[row.id]
    assert sorted(one.person_id for one in told) == ["bert", "cara"]
    assert all("vrijgegeven door een persoon alleen" in one.text for one in told)
    loud = [line for line in journal.lines(scene.conn) if line["kind"] == "AlertReleasedByMandate"]
    assert [(line["actor"], line["data"]["mandate"]) for line in loud] == [("anna", mandate.id)]
    assert loud[0]["data"]["signers"] == ["bert", "cara"]


def test_it_stays_an_open_task_until_an_approver_who_did_not_release_it_says_what_they_found(scene: Scene) -> None:
    scene.signed()
    row = scene.offered()
    scene.released(row)
    assert mandates.unreviewed(scene.conn) == [row.id]
    for caller in (ANNA, DIRK):
        with pytest.raises(Refused):
            releasing_alone.review(scene.conn, caller, row.id, "Goed", NOON)
    releasing_alone.review(scene.conn, BERT, row.id, "Terecht, en de tekst klopte.", NOON)
    assert mandates.unreviewed(scene.conn) == []
    with pytest.raises(Refused):
        releasing_alone.review(scene.conn, CARA, row.id, "Nog eens", NOON)


def test_off_by_default_nobody_can_give_or_use_one(scene: Scene, tmp_path: Path) -> None:
    scene.signed()
    row = scene.offered()
    scene.house = lives.house_in(tmp_path)
    assert not scene.house.settings.hub.mandates
    assert scene.refused(row) == {Why.FORBIDDEN.value}
    with pytest.raises(Refused, match="staan uit"):
        scene.proposed()
    with pytest.raises(Refused):
        approving.approve(scene.conn, scene.house, ANNA, row.id, row.digest, [], None, NOON)


OUTSIDE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "another value in a typed field": ({"fields": {"mobile": "out"}}, {"fields.mobile"}),
    "a number beyond its range": ({"fields": {"households": 5001}}, {"fields.households"}),
    "another severity than the scenario's": ({"severity": "Extreme"}, {"severity"}),
    "another event": ({"event": "Iets anders"}, {"event"}),
    "another sender": ({"source": "Iemand anders"}, {"source"}),
    "another area": ({"areas": ["noord", "zuid"]}, {"areas"}),
    "another channel": ({"channels": ["sms", "email"]}, {"channels"}),
    "people of another area": ({"audience": {"areas": ["noord", "zuid"]}}, {"audience.areas"}),
    "valid for longer": ({"expires": (NOON + timedelta(hours=5)).isoformat()}, {"expires"}),
    "planned": ({"release_at": (NOON + timedelta(hours=1)).isoformat()}, {"release_at"}),
    "an audience that was not expected": (
        {"audience": {"areas": ["noord"], "expected": 1000}},
        {"accepts"},
    ),
}


def test_who_finds_the_browser_of_a_holder_open_releases_nothing(scene: Scene) -> None:
    scene.signed()
    row, session = scene.offered(), replace(ANNA, by_session=True)
    assert scene.refused(row, session) == {"password"}
    sessions.add(scene.conn, session.token_id, "secret", "anna", NOON)
    stepping_up.note(scene.conn, session, row.id, row.digest, "password", {}, NOON)
    assert scene.released(row, session).stage == "approved"


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_outside_of_the_mandate_asks_for_a_second_person_and_says_what(scene: Scene, name: str) -> None:
    changes, fields = OUTSIDE[name]
    scene.signed()
    row = scene.offered(**changes)
    assert scene.refused(row) == fields
    codes = [finding.code for finding in alerts.findings(scene.conn, row.id) if finding.kind.value == "to-accept"]
    assert (
        lives.agreed(scene.conn, scene.house, row, BERT, accepts=codes, expected=row.addressees.count).stage
        == "approved"
    )


def test_more_addresses_than_were_signed_for_or_a_free_text_asks_for_a_second_person(scene: Scene) -> None:
    scene.signed(limits={"most": 3})
    assert scene.refused(scene.offered()) == {"audience"}
    assert scene.refused(lives.submitted(scene.conn, scene.house)) == {Why.FORBIDDEN.value}


def test_a_mandate_is_its_holders_alone_and_ends_by_its_date_or_at_once(scene: Scene) -> None:
    mandate, row = scene.signed(valid_until=NOON + timedelta(hours=1)), scene.offered()
    for other in (BERT, CARA, DIRK, lives.EVA, lives.MACHINE):
        assert scene.refused(row, other) == {Why.FORBIDDEN.value}
    assert scene.refused(row, at=NOON + timedelta(hours=1)) == {Why.FORBIDDEN.value}
    assert scene.refused(scene.offered(caller=BERT)) == {Why.FORBIDDEN.value}
    paper.revoke(scene.conn, "eva", mandate.id, NOON)
    assert scene.refused(row) == {Why.FORBIDDEN.value}


def test_it_takes_two_approvers_neither_of_whom_gets_it(scene: Scene) -> None:
    row = scene.proposed()
    for caller in (BERT, ANNA, DIRK, lives.EVA):
        with pytest.raises(Refused), scene.conn.begin_nested():
            paper.sign(scene.conn, scene.house, caller, row.id, row.digest, NOON)
    with pytest.raises(Refused, match="iets anders"):
        paper.sign(scene.conn, scene.house, CARA, row.id, "0" * 64, NOON)
    assert scene.refused(scene.offered()) == {Why.FORBIDDEN.value}  # proposed is not signed
    with pytest.raises(Refused) as own:
        scene.proposed(holder="bert")
    assert [fault.rule for fault in own.value.faults] == ["own"]


def test_a_scenario_that_reads_otherwise_since_asks_for_a_new_mandate(scene: Scene, tmp_path: Path) -> None:
    scene.signed()
    proposed = scene.proposed()
    own = tmp_path / "scenarios" / "power-outage"
    own.mkdir(parents=True)
    shipped = (
        Path(scene.house.templates.__class__.__module__ and __file__).parents[2] / "templates/scenarios/power-outage"
    )
    for file in shipped.iterdir():
        (own / file.name).write_text(
            file.read_text("utf-8").replace("Gebruik een zaklamp", "Neem een zaklamp"), "utf-8"
        )
    scene.house = lives.house_in(tmp_path, ON.replace("mandates = true", 'mandates = true\nscenarios = "scenarios"'))
    assert scene.refused(scene.offered()) == {"scenario"}
    with pytest.raises(Refused, match="zijn veranderd"):
        paper.sign(scene.conn, scene.house, CARA, proposed.id, proposed.digest, NOON)


def test_a_limit_is_written_down_for_every_field_that_must_be_filled_in(scene: Scene) -> None:
    fields = {name: limit for name, limit in LIMITS["fields"].items() if name not in ("place", "households")}
    with pytest.raises(Refused) as refused:
        scene.proposed(limits={"fields": fields | {"households": {"values": [1]}, "phone": {"values": []}}})
    found = {(fault.field, fault.rule) for fault in refused.value.faults}
    assert found >= {("limits.fields.place", "missing"), ("limits.fields.households", "range")}
    assert ("limits.fields.phone", "values") in found


# --- whoever asks the database ---------------------------------------------------------------------

APPROVAL = (
    "INSERT INTO approval (alert_id, digest, lane, kind, approver_id, mandate_id, accepts, at)"
    " SELECT id, digest, lane, 'mandate', '{who}', '{mandate}', '[]', {at} FROM alert WHERE id = '{alert}'"
)


def by_sql(scene: Scene, row: AlertRow, mandate: str, who: str = "anna", at: datetime = NOON) -> str:
    """What the database says of an approval with a mandate; empty when it takes it."""
    statement = APPROVAL.format(who=who, mandate=mandate, alert=row.id, at=int(at.timestamp() * 1000))
    undone = scene.conn.begin_nested()
    try:
        scene.conn.exec_driver_sql(statement)
    except IntegrityError as error:
        return str(error.orig)
    finally:
        undone.rollback()
    return ""


def words_of_others(scene: Scene, mandate: str) -> str:
    """A mandate for the same scenario when it read otherwise."""
    proposal = "organisation_id, scenario, '0', limits, most, holder_id"
    scene.conn.exec_driver_sql(
        f"INSERT INTO mandate_proposal SELECT 'old', {proposal}, proposer_id, proposed_at, valid_until, NULL"
        f" FROM mandate_proposal WHERE id = '{mandate}'"
    )
    scene.conn.exec_driver_sql(
        "INSERT INTO mandate (id, organisation_id, scenario, scenario_sha256, limits, most, holder_id, first_signer_id,"
        f" second_signer_id, signed_at, valid_until) SELECT 'old', {proposal}, first_signer_id, second_signer_id,"
        f" signed_at, valid_until FROM mandate WHERE id = '{mandate}'"
    )
    return "old"


def test_no_sql_of_the_runtime_releases_with_a_mandate_what_it_is_not_for(scene: Scene) -> None:
    tasks.sync(scene.conn, [], NOON)  # a missing task would refuse what the mandate has to
    mandate, other = scene.signed().id, scene.signed(limits={"most": 3}).id
    short = scene.signed(valid_until=NOON + timedelta(hours=1)).id
    row = scene.offered()
    assert by_sql(scene, row, mandate) == ""
    people.add(scene.conn, "gerda", "gerda", frozenset({Role.AUTHOR}), None, NOON)
    gerda = Caller("t", frozenset({Role.AUTHOR}), "gerda", "gerda")
    attacks: dict[str, Callable[[], str]] = {
        "somebody else": lambda: by_sql(scene, row, mandate, "bert"),
        "who may only look": lambda: by_sql(scene, row, mandate, "dirk"),
        "too late": lambda: by_sql(scene, row, short, at=NOON + timedelta(hours=1)),
        "other words": lambda: by_sql(scene, row, words_of_others(scene, mandate)),
        "too early": lambda: by_sql(scene, row, mandate, at=NOON - timedelta(days=1)),
        "too many": lambda: by_sql(scene, row, other),
        "free text": lambda: by_sql(scene, lives.submitted(scene.conn, scene.house), mandate),
        "who does not hold it": lambda: by_sql(scene, scene.offered(gerda), mandate, "gerda"),
        "another's": lambda: by_sql(scene, scene.offered(CARA), mandate),
        "a finding": lambda: by_sql(scene, scene.offered(audience={"areas": ["noord"], "expected": 1000}), mandate),
    }
    for name, attack in attacks.items():
        assert "needs a valid mandate" in attack(), name
    scene.conn.exec_driver_sql(f"UPDATE mandate SET revoked_at = 1 WHERE id = '{mandate}'")
    assert "needs a valid mandate" in by_sql(scene, row, mandate)


def test_no_sql_of_the_runtime_makes_changes_or_mends_a_mandate(scene: Scene) -> None:
    proposed, signed = scene.proposed(), scene.signed()
    row = scene.offered()
    scene.released(row)
    copied = (
        "INSERT INTO mandate (id, organisation_id, scenario, scenario_sha256, limits, most, holder_id, first_signer_id,"
        " second_signer_id, signed_at, valid_until) SELECT id, organisation_id, scenario, scenario_sha256, limits,"
        " {most}, holder_id, {first}, {second}, proposed_at, valid_until FROM mandate_proposal WHERE id = '"
        + proposed.id
        + "'"
    )
    proposal = (
        "INSERT INTO mandate_proposal SELECT 'x', organisation_id, scenario, scenario_sha256, limits, most, 'anna',"
        " '{who}', proposed_at, valid_until, {dropped} FROM mandate_proposal WHERE id = '" + proposed.id + "'"
    )
    for attack in (
        copied.format(most="most", first="proposer_id", second="'anna'"),
        copied.format(most="most", first="proposer_id", second="proposer_id"),
        copied.format(most="most", first="proposer_id", second="'dirk'"),
        copied.format(most="most", first="proposer_id", second="'eva'"),
        copied.format(most="most", first="proposer_id", second="'fred'"),
        copied.format(most="most", first="'cara'", second="'bert'"),
        copied.format(most="most + 1", first="proposer_id", second="'cara'"),
        proposal.format(who="anna", dropped="NULL"),
        proposal.format(who="dirk", dropped="NULL"),
        proposal.format(who="eva", dropped="NULL"),
        proposal.format(who="bert", dropped="1"),
        "UPDATE mandate SET holder_id = 'cara'",
        "UPDATE mandate SET most = 1000000",
        "UPDATE mandate SET valid_until = valid_until + 1",
        "UPDATE mandate SET limits = '{}'",
        "UPDATE mandate_proposal SET limits = '{}'",
        "DELETE FROM mandate",
        "DELETE FROM mandate_proposal",
        "UPDATE alert SET scenario_sha256 = NULL",
        f"INSERT INTO review VALUES ('{row.id}', 'anna', 'x', 1)",
        f"INSERT INTO review VALUES ('{row.id}', 'dirk', 'x', 1)",
    ):
        with pytest.raises(DBAPIError), scene.conn.begin_nested():
            scene.conn.exec_driver_sql(attack)
    scene.conn.exec_driver_sql(f"UPDATE mandate SET revoked_at = 1 WHERE id = '{signed.id}'")
    with pytest.raises(DBAPIError), scene.conn.begin_nested():
        scene.conn.exec_driver_sql("UPDATE mandate SET revoked_at = NULL")
    assert scene.conn.exec_driver_sql(copied.format(most="most", first="proposer_id", second="'cara'")).rowcount == 1
    assert scene.conn.execute(text(f"INSERT INTO review VALUES ('{row.id}', 'cara', 'x', 1)")).rowcount == 1
