"""What is sent is what was approved, whatever the owner of the file did meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from broadcaster.dispatch.approved import Approvals, NotApproved, load
from broadcaster.model.cap import Lane
from broadcaster.store import alerts, deliveries, journal
from broadcaster.store.database import Database
from broadcaster.store.dialect import is_sqlite
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON

CHANGES = [
    ("rendition", "UPDATE rendition SET payload = :bytes WHERE alert_id = :a AND position = 0"),
    ("rendition", "UPDATE rendition SET text = 'Ren!' WHERE alert_id = :a AND position = 1"),
    ("rendition", "UPDATE rendition SET language = 'de' WHERE alert_id = :a AND position = 0"),
    ("rendition", "UPDATE rendition SET segments = 9 WHERE alert_id = :a AND kind = 'sms'"),
    ("rendition", "UPDATE rendition SET holes = '[\"recipient\"]' WHERE alert_id = :a AND position = 0"),
    ("rendition", "INSERT INTO rendition (alert_id, position, kind, language, text, payload, holes)"
                  " VALUES (:a, 9, 'sms', 'de', 'x', :bytes, '[]')"),
    ("alert", "UPDATE alert SET expires_at = expires_at + 3600000 WHERE id = :a"),
    ("alert", "UPDATE alert SET content = '{}' WHERE id = :a"),
    ("alert", "UPDATE alert SET number = 99 WHERE id = :a"),
    ("alert", "UPDATE alert SET release_at = 1 WHERE id = :a"),
    ("alert", "UPDATE alert SET addressee_count = 9 WHERE id = :a"),
    ("alert", "UPDATE alert SET addressee_sha256 = 'ab' WHERE id = :a"),
    ("addressee", "INSERT INTO addressee (alert_id, n, address_id, rendition) SELECT :a, 99, min(id), 0 FROM address"),
]  # fmt: skip


def _tamper(owner: Engine, table: str, statement: str, alert_id: str) -> None:
    """Change what may not change, as only the database's owner can."""
    with owner.begin() as conn:
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"
        if is_sqlite(conn):
            for name in conn.scalars(text(guards), {"t": table}).all():
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        given: dict[str, Any] = {"a": alert_id, "bytes": b"Ren!"}
        conn.execute(text(statement), {name: value for name, value in given.items() if f":{name}" in statement})


def _alert(engine: Engine, house: House) -> str:
    with engine.begin() as conn:
        return lives.expanded(conn, house, channels=["sms", "email", "display"]).id


def test_what_was_approved_is_given_whole(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house, channels=["sms", "email", "display"]).id
    approved = load(conn, alert)
    assert list(approved.renditions) == alerts.renditions(conn, alert)
    assert approved.expires_at == NOON + timedelta(hours=4)


def test_bytes_that_somebody_changed_after_the_approval_are_never_given(
    engine: Engine, owner: Engine, house: House
) -> None:
    for table, statement in CHANGES:
        alert = _alert(engine, house)
        with engine.begin() as conn:
            load(conn, alert)
        _tamper(owner, table, statement, alert)
        with engine.begin() as conn, pytest.raises(NotApproved):
            load(conn, alert)


def test_nothing_is_sent_of_a_slice_that_somebody_took_an_addressee_from_and_the_journal_says_so(
    engine: Engine, owner: Engine, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "SLICE", 3)
    with engine.begin() as conn:
        lives.listed(conn, [f"X{i},nl,tien,noord,+317{i:08d},," for i in range(10)])
        alert = lives.approved(conn, house, audience={"groups": ["tien"]}).id
    _tamper(owner, "addressee", "DELETE FROM addressee WHERE alert_id = :a AND n = 5", alert)
    with engine.begin() as conn:
        while deliveries.expanding(conn, Lane.LIVE):
            deliveries.expand(conn, alert, lives.ACCOUNTS, NOON)
        rows = conn.execute(text("SELECT n, state, reason, due_at IS NULL AS rests FROM delivery ORDER BY n"))
        failed = [tuple(row) for row in rows if row.state != "due"]
        assert failed == [(4, "failed", "not-approved", True), (6, "failed", "not-approved", True)]
        [refused] = [line for line in journal.lines(conn) if line["kind"] == "DeliveriesRefused"]
        assert (refused["object"], refused["data"]) == (alert, {"reason": "not-approved", "count": 2})


def test_nothing_is_given_of_an_alert_that_nobody_approved(conn: Connection, house: House) -> None:
    with pytest.raises(NotApproved):
        load(conn, lives.submitted(conn, house).id)


def test_nothing_is_given_of_an_alert_that_is_not_there(conn: Connection) -> None:
    with pytest.raises(NotApproved):
        load(conn, "0" * 26)


async def test_a_few_alerts_are_kept_at_hand_and_never_another_ones_bytes(
    database: Database, engine: Engine, house: House
) -> None:
    several = [_alert(engine, house) for _ in range(5)]
    approvals = Approvals(database, most=2)
    for _ in range(2):
        for alert in several:
            found = await approvals.of(alert)
            assert {rendition.id.partition(".")[0] for rendition in found.renditions} == {alert}
