"""`omroeper move`: everything arrives as it was, and at every instant at most one of the two databases can send."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, text

from broadcaster import cli
from broadcaster.dispatch.leases import AlreadyRunning, hold_instance
from broadcaster.model.board import Mode
from broadcaster.model.cap import Lane, MsgType
from broadcaster.model.delivery import State
from broadcaster.seal import create_keys
from broadcaster.settings import Settings, load
from broadcaster.store import (
    answers,
    boards,
    cap_documents,
    facts,
    holding,
    incidents,
    journal,
    moving,
    queue,
    sessions,
    workers,
)
from broadcaster.store.database import StoreError, store_url
from broadcaster.store.holding import HeldKind
from broadcaster.store.migrating import differences, owner_engine
from broadcaster.store.queue import Result
from broadcaster.store.tables import metadata
from broadcaster.wiring import moving as removal
from broadcaster.wiring import stores
from broadcaster.wiring.hub import Hub
from broadcaster.workflow import releasing_alone
from broadcaster.workflow.house import House
from tests import lives
from tests.clocks import NOON
from tests.databases import OWNER, RUNTIME, Postgres, Store
from tests.mandated import Mandated, on


def _filled(conn: Connection, house: House) -> None:
    """Something in every table, with rows that refer to later ones of their own table."""
    lives.furnish(conn, house, 12)
    first = lives.expanded(conn, house, channels=["sms", "email", "display"])
    claimed = queue.claim(conn, Lane.LIVE, "sms.primary", "w", 5, NOON)
    queue.start(conn, [(claim.id, claim.epoch) for claim in claimed[:3]], NOON)
    results = [
        Result(claim.id, claim.epoch, claim.alert_id, State.ACCEPTED, "sms.primary", "accepted", provider_ref="ë“ß\t1")
        for claim in claimed[:2]
    ]
    queue.record(conn, results, NOON)
    lives.corrected(conn, house, first, MsgType.UPDATE, NOON + timedelta(minutes=5))
    planned = NOON + timedelta(hours=1)
    lives.approved(conn, house, release_at=planned.isoformat())
    lives.expanded(conn, house, status="Exercise")
    lives.submitted(conn, house, infos={"nl": lives.TEXTS})
    lives.drafted(conn, house)
    sessions.add(conn, "s1", "a secret", "anna", NOON)
    answers.once(conn, answers.Key("t1", "k", "0" * 64), NOON, lambda _: answers.Answer(200, "{}", {}))
    facts.keep(conn, "sms.primary", b"\x00\xff sealed", NOON)
    incidents.add(conn, "i1", lives.ORGANISATION, "Hoogwater", 2, NOON)
    boards.keep_key(conn, "kid", Mode.LIVE, 1, "certificate", NOON)
    cap_documents.keep(conn, first.id, "voorbeeldstad.example", b"<alert/>", NOON)
    values: dict[str, dict[str, Any]] = {
        "second_factor": {"person_id": "anna", "sealed": b"\x01", "added_at": NOON, "last_step": 2**60},
        "passkey": {
            "id": "p", "person_id": "anna", "credential_id": b"\x00\xff", "public_key": b"\x02",
            "sign_count": 2**32 - 1, "name": "De telefoon", "added_at": NOON,
        },
        "identity": {"issuer": "https://aanmelden.example", "subject": "s", "person_id": "anna", "linked_at": NOON},
        "step_up": {"session_id": "s1", "digest": "0" * 64, "at": NOON},
        "spent_ticket": {"mark": b"\x03" * 32, "until": NOON},
        "recording": {"sha256": "a" * 64, "media_type": "audio/ogg", "raw": b"\x00Ogg", "added_at": NOON},
        "contact": {
            "id": "c", "kind": "phone", "value": "14 030", "key": "14030", "label": "x", "replaces_id": None,
            "proposer_id": "anna", "proposed_at": NOON,
        },
        "token": {"id": "t", "hash": b"h", "point_id": "wijkhuis-noord", "created_at": NOON},
        "device_code": {"mark": b"m", "point_id": "p", "kind": "relay", "created_at": NOON, "expires_at": NOON},
        "device": {
            "id": "d", "token_id": "t", "point_id": "p", "kind": "relay", "name": "x", "kid": "k", "x": "x",
            "enrolled_at": NOON,
        },
        "report": {
            "id": "r", "device_id": "d", "given_id": "g", "sha256": "0", "point_id": "p", "mode": "live",
            "kind": "urgent", "at": NOON, "clock_known": True, "received_at": NOON, "sealed": b"\x00",
            "content": {"urgent": {"subject": "water"}},
        },
        "sighting": {
            "token_id": "t", "point_id": "p", "mode": "live", "seen_at": NOON, "seq": 2**50, "screen": {"screen": [1]},
        },
        "takedown": {"point_id": "p", "number": 2, "person_id": "anna", "at": NOON},
        "person_contact": {"person_id": "anna", "kind": "sms", "sealed": b"\x00", "changed_at": NOON},
        "reminder": {
            "id": "r", "alert_id": first.id, "lane": "live", "about": "approval", "turn": 0, "person_id": "bert",
            "kind": "sms", "text": "x", "due_at": NOON, "state": "sent", "state_at": NOON,
        },
        "listening": {"alert_id": first.id, "sha256": "a" * 64, "person_id": "bert", "at": NOON},
    }  # fmt: skip
    for name, row in values.items():
        conn.execute(metadata.tables[name].insert().values(**row))
    alone = Mandated(conn, on(house))
    alone.signed()
    releasing_alone.review(conn, lives.BERT, alone.released(alone.offered()).id, "Terecht", NOON)
    conn.execute(text("UPDATE address SET moved_to_id = (SELECT max(id) FROM address) WHERE id = 1"))


class Removal:
    """A full database, and an empty one on the other engine."""

    def __init__(self, settings: Settings, to: str, owner: str | None, engine: Engine) -> None:
        self.settings, self.to, self.owner, self.engine = settings, to, owner, engine
        self.target = owner_engine(owner or to, settings.home)

    def go(self) -> Any:
        return removal.move(self.settings, self.to, self.owner, NOON, beat_in=0.05)

    def migrated(self) -> None:
        """Give the target its tables."""
        owner = {"OMROEPER_STORE__OWNER_URL": self.owner} if self.owner else {}
        stores.bring_up_to_date(load(self.settings.path, {"OMROEPER_STORE__URL": self.to} | owner))


@pytest.fixture
def full(store: Store, tmp_path: Path, postgres: Postgres) -> Iterator[Removal]:
    house = lives.house_in(tmp_path)
    settings = load(tmp_path / "omroeper.toml", {"OMROEPER_STORE__URL": store.url})
    opened = stores.database(settings)
    with opened.engine.begin() as conn:
        _filled(conn, house)
        journal.write_head_file(stores.head_file(settings), journal.head(conn))
    name = postgres.create() if store.engine == "sqlite" else ""
    to = postgres.url(name, RUNTIME) if name else "sqlite:///moved.db"
    made = Removal(settings, to, postgres.url(name, OWNER) if name else None, opened.engine)
    yield made
    made.target.dispose()
    opened.close()
    if name:
        postgres.drop(name)


def _sums(engine: Engine) -> dict[str, moving.Sum]:
    with engine.begin() as conn:
        return {table.name: moving.sum_of(conn, table) for table in moving.TABLES}


def test_every_row_of_every_table_arrives_as_it_was_and_the_source_sends_nothing_any_more(full: Removal) -> None:
    before = _sums(full.engine)
    assert [name for name, found in before.items() if not found.rows] == [], "put a row of each new table in _filled"
    moved = full.go()
    assert {name: found for name, found in moved.items() if name != "journal"} == {
        name: found for name, found in before.items() if name != "journal"
    }
    with full.target.begin() as conn:
        # The guards watch again, and counters go on after the last key.
        assert differences(conn) == []
        with pytest.raises(sa.exc.IntegrityError), conn.begin_nested():
            conn.execute(text("DELETE FROM delivery"))
        assert facts.keep(conn, "sms.primary", b"next", NOON) == 2
        kinds = [line["kind"] for line in journal.lines(conn)]
        assert kinds[-2:] == ["SendingHeld", "DatabaseMovedHere"]
        assert holding.held(conn) is None
    with full.engine.begin() as conn:
        found = holding.held(conn)
        assert found is not None
        assert found.kind is HeldKind.MOVED
        with pytest.raises(StoreError, match="was moved to"):
            stores.require_here(conn)
    with pytest.raises(StoreError, match="not empty"):
        full.go()


def test_a_move_that_fails_leaves_the_source_as_it_was_and_the_target_empty(full: Removal) -> None:
    with full.engine.begin() as conn:
        seq = conn.scalar(text("SELECT max(seq) FROM journal"))
    full.migrated()
    with full.target.begin() as conn:
        conn.execute(text("DROP TABLE attempt"))  # what the last table needs is gone
    with pytest.raises(sa.exc.DBAPIError):
        full.go()
    with full.engine.begin() as conn:
        assert holding.held(conn) is None
        kinds = conn.scalars(text("SELECT kind FROM journal WHERE seq > :seq ORDER BY seq"), {"seq": seq}).all()
        assert kinds in ([], ["SendingHeld", "SendingResumed"])
    with full.target.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM organisation")) == 0


def test_a_move_that_was_cut_off_is_done_again(full: Removal) -> None:
    with full.engine.begin() as conn:
        holding.hold(conn, HeldKind.MOVED, "elsewhere", NOON)
    assert full.go()["delivery"].rows > 0


def test_nothing_is_moved_from_under_a_process_that_runs(full: Removal, tmp_path: Path) -> None:
    if store_url(full.settings.store.url, tmp_path).get_backend_name() == "sqlite":
        with hold_instance(tmp_path / "omroeper.db", Lane.LIVE), pytest.raises(AlreadyRunning, match="stop it first"):
            full.go()
        return
    with full.engine.begin() as conn:
        workers.enter(conn, "alive", Lane.LIVE, NOON)
    ended = threading.Event()

    def live() -> None:
        while not ended.wait(0.01):
            with full.engine.begin() as conn:
                workers.beat(conn, "alive", Lane.LIVE)

    process = threading.Thread(target=live)
    process.start()
    try:
        with pytest.raises(StoreError, match="stop every"):
            removal.move(full.settings, full.to, full.owner, NOON, beat_in=0.5)
    finally:
        ended.set()
        process.join()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_command_line_moves_holds_and_lifts_in_sentences(
    full: Removal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(full.settings.path)]
    assert cli.run(["move", "--to", "nowhere", *config]) == 1
    assert "postgresql://USER@HOST/NAME" in capsys.readouterr().err
    assert cli.run(["move", "--to", full.to, "--owner", str(full.owner), *config]) == 0
    assert "read back and compared" in capsys.readouterr().out
    create_keys(tmp_path / "keys", NOON)
    with pytest.raises(StoreError, match="was moved to"):
        asyncio.run(Hub(full.settings).run(asyncio.Event(), lambda _port: None))
    assert cli.run(["hold", "lift", *config]) == 1
    assert "--although-moved" in capsys.readouterr().err
    assert cli.run(["hold", "lift", "--although-moved", *config]) == 0
    assert cli.run(["hold", "place", "--why", "only to look at", *config]) == 0
    capsys.readouterr()
    assert cli.run(["hold", "show", *config]) == 0
    assert "only to look at" in capsys.readouterr().out
