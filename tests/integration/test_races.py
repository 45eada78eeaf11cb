"""Ten thousand races of edit against approve, on each engine (R10): whatever the order, nothing goes out that
somebody else than its writers did not approve, byte for byte.

On SQLite there is one writer, so a race is an order of transactions: every race has its own, by seed. On
PostgreSQL two connections run against each other: ten thousand races inside the server, where both sides
start at the same moment, and some through the functions themselves; in a soak all of them.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from broadcaster import ids
from broadcaster.dispatch.approved import load
from broadcaster.model.alert import Stage
from broadcaster.model.cap import MsgType
from broadcaster.model.people import Caller
from broadcaster.store import alerts, audience, deliveries, dialect, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import approving, correcting, drafting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from broadcaster.workflow.submitting import Outrun
from tests import lives
from tests.clocks import NOON
from tests.lives import ANNA, BERT, CARA

SEED = 20181301
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("store", ["postgresql"], indirect=True)


# --- many submitted alerts at once -----------------------------------------------------------------

COPIES = """
INSERT INTO draft (id, organisation_id, status, msg_type, stage, revision, created_at)
SELECT r.draft, d.organisation_id, d.status, d.msg_type, 'draft', 1, d.created_at FROM draft d, {rows} r
WHERE d.id = :draft;

INSERT INTO draft_revision (draft_id, revision, content, author_id, at)
SELECT r.draft, 1, v.content, v.author_id, v.at FROM draft_revision v, {rows} r WHERE v.draft_id = :draft;

INSERT INTO alert (id, draft_id, revision, organisation_id, number, status, msg_type, content, severity_rank, sent_at,
    expires_at, zone, submitter_id, stage)
SELECT r.alert, r.draft, 1, a.organisation_id, r.number, a.status, a.msg_type, a.content, a.severity_rank, a.sent_at,
    a.expires_at, a.zone, a.submitter_id, 'submitted' FROM alert a, {rows} r WHERE a.id = :alert;

INSERT INTO rendition (alert_id, position, kind, language, subject, text, html, payload, holes, encoding, segments)
SELECT r.alert, i.position, i.kind, i.language, i.subject, i.text, i.html, i.payload, i.holes, i.encoding, i.segments
FROM rendition i, {rows} r WHERE i.alert_id = :alert;

INSERT INTO addressee (alert_id, n, address_id, rendition)
SELECT r.alert, e.n, e.address_id, e.rendition FROM addressee e, {rows} r WHERE e.alert_id = :alert;

UPDATE alert SET digest = r.digest, frozen_at = 1, addressee_count = :count, addressee_sha256 = :sha256
FROM {rows} r WHERE alert.id = r.alert;

UPDATE draft SET stage = 'submitted' FROM {rows} r WHERE draft.id = r.draft
"""


def submitted_copies(conn: Connection, house: House, count: int) -> list[AlertRow]:
    """Alerts as `lives.submitted` makes them, by plain SQL: how they came there is not what is tested."""
    template = lives.submitted(conn, house, channels=["sms"], audience={"areas": ["noord"], "groups": ["weinig"]})
    items, sealed = alerts.renditions(conn, template.id), audience.sealed(conn, template.id)
    copies = []
    for i in range(count):
        row = replace(template, id=ids.new_id(NOON), draft_id=ids.new_id(NOON), number=template.number + 1 + i)
        copies.append(replace(row, digest=alerts.digest_now(row, items)))
    rows = dialect.rows(conn, "rows", [("draft", "text"), ("alert", "text"), ("number", "integer"), ("digest", "text")])
    given = {
        "rows": dialect.as_rows([(row.draft_id, row.id, row.number, row.digest) for row in copies]),
        "draft": template.draft_id,
        "alert": template.id,
        "count": sealed.count,
        "sha256": sealed.sha256,
    }
    for statement in COPIES.split(";"):
        used = {name: value for name, value in given.items() if f":{name}" in statement or name == "rows"}
        conn.execute(text(statement.format(rows=rows)), used)
    conn.execute(text("UPDATE organisation SET last_number = last_number + :count"), {"count": count})
    return copies


@pytest.fixture
def few(engine: Engine, house: House) -> Engine:
    """An audience of two, so that ten thousand alerts are quickly made."""
    with engine.begin() as conn:
        lives.listed(conn, ["W1,nl,weinig,noord,+31690000001,,", "W2,en,weinig,noord,+31690000002,,"])
    return engine


# --- what must hold afterwards ---------------------------------------------------------------------


BROKEN = {
    "approved by somebody who contributed": """SELECT count(*) FROM approval p JOIN alert a ON a.id = p.alert_id
        WHERE a.submitter_id = p.approver_id OR a.stage = 'approved' AND EXISTS (SELECT 1 FROM draft_revision r
        WHERE r.draft_id = a.draft_id AND r.author_id = p.approver_id)""",
    "approved without an approval of the same digest": """SELECT count(*) FROM alert a WHERE a.stage = 'approved'
        AND NOT EXISTS (SELECT 1 FROM approval p WHERE p.alert_id = a.id AND p.digest = a.digest)""",
    "released without being approved": """SELECT count(*) FROM expansion x JOIN alert a ON a.id = x.alert_id
        WHERE a.stage <> 'approved'""",
    "delivered without an approval": """SELECT count(*) FROM delivery d WHERE NOT EXISTS
        (SELECT 1 FROM approval p WHERE p.alert_id = d.alert_id)""",
    "edited after the approval": """SELECT count(*) FROM alert a JOIN draft_revision r ON r.draft_id = a.draft_id
        AND r.revision > a.revision WHERE a.stage = 'approved'""",
}


def check(conn: Connection) -> Counter[str]:
    """How the races ended; every rule broken is a failure."""
    assert {name: conn.scalar(text(query)) for name, query in BROKEN.items()} == dict.fromkeys(BROKEN, 0)
    return Counter(conn.scalars(text("SELECT stage FROM alert")))


def check_bytes(conn: Connection, most: int) -> int:
    """Of the approved alerts: what would be sent is what the approved digest covers, and the words in it are those
    of the revision that was submitted."""
    query = """SELECT a.id, r.content FROM alert a JOIN draft_revision r ON r.draft_id = a.draft_id
        AND r.revision = a.revision WHERE a.stage = 'approved' ORDER BY a.id LIMIT :most"""
    found = conn.execute(text(query), {"most": most}).all()
    for alert_id, content in found:
        approved = load(conn, alert_id)  # raises NotApproved where one byte differs
        infos = json.loads(content)["infos"]
        for item in approved.renditions:
            assert infos[item.language]["headline"].encode() in item.payload
    return len(found)


# --- SQLite: every order ---------------------------------------------------------------------------


@dataclass
class Race:
    """One alert under approval, and somebody who would rather change it. Each step is a transaction of its own."""

    house: House
    alert: AlertRow
    rng: random.Random
    log: Counter[str]

    def steps(self) -> list[Callable[[Connection], object]]:
        """Both sides' steps in one of their orders."""
        editor = [self.take_back, self.edit] if self.rng.random() < 0.8 else [self.edit, self.take_back, self.edit]
        approver = [self.agree] if self.rng.random() < 0.8 else [self.agree, self.agree]
        order = self.rng.sample([*["e"] * len(editor), *["a"] * len(approver)], len(editor) + len(approver))
        sides = {"e": iter(editor), "a": iter(approver)}
        return [next(sides[side]) for side in order]

    def take_back(self, conn: Connection) -> None:
        approving.send_back(conn, self.rng.choice((ANNA, BERT, CARA)), self.alert.id, "anders", NOON)

    def edit(self, conn: Connection) -> None:
        changed = {"infos": {"nl": {"headline": f"Anders {self.rng.random()}"}}}
        drafting.revise(conn, self.house, self.rng.choice((ANNA, BERT)), self.alert.draft_id, 1, changed, NOON)

    def agree(self, conn: Connection) -> None:
        lives.agreed(conn, self.house, self.alert, self.rng.choice((BERT, BERT, BERT, ANNA)))

    def run(self, conn: Connection) -> None:
        for step in self.steps():
            attempt = conn.begin_nested()
            try:
                step(conn)
                attempt.commit()
                self.log[step.__name__] += 1
            except Refused as refused:
                attempt.rollback()
                self.log[f"{step.__name__} refused: {refused.why}"] += 1


def raced(engine: Engine, house: House, count: int, seed: int) -> Counter[str]:
    """Races one after the other, a hundred in a commit as the writer's thread makes them."""
    rng, log = random.Random(seed), Counter[str]()
    with engine.begin() as conn:
        copies = submitted_copies(conn, house, count)
    for start in range(0, count, 100):
        with engine.begin() as conn:
            for alert in copies[start : start + 100]:
                Race(house, alert, rng, log).run(conn)
    return log


@on_sqlite
@pytest.mark.parametrize("shard", [0, *(pytest.param(more, marks=pytest.mark.soak) for more in (1, 2, 3))])
def test_in_whatever_order_an_edit_and_an_approval_come_only_what_was_approved_goes(
    few: Engine, house: House, shard: int
) -> None:
    """The seed is SEED plus the shard."""
    log = raced(few, house, 2_500, SEED + shard)
    with few.begin() as conn:
        ended = check(conn)
        for alert_id in [*conn.scalars(text("SELECT alert_id FROM expansion LIMIT 50"))]:
            deliveries.expand(conn, alert_id, lives.ACCOUNTS, NOON)
        check(conn)
        assert check_bytes(conn, 300) == 300
    assert min(ended["approved"], ended["returned"]) > 500, f"both must have won many times; {ended}"
    assert log["agree refused: forbidden"] > 50, f"the author must have tried; {log}"


# --- both engines: whole lives ---------------------------------------------------------------------


class Life:
    """A draft that is written, offered, sent back, edited, offered again and approved, by people who do not wait
    for each other: each step acts on what its side saw last."""

    def __init__(self, house: House, rng: random.Random) -> None:
        self.house, self.rng = house, rng
        self.draft_id = ""
        self.revision = 1
        self.seen: AlertRow | None = None

    def begin(self, conn: Connection) -> None:
        given: dict[str, Any] = {"channels": ["sms"], "audience": {"areas": ["noord"], "groups": ["weinig"]}}
        self.draft_id = lives.drafted(conn, self.house, ANNA, **given).id

    def offer(self, conn: Connection) -> None:
        lives.offered(conn, self.house, self.draft_id, self.rng.choice((ANNA, CARA)))

    def edit(self, conn: Connection) -> None:
        changed = {"infos": {"nl": {"headline": f"Stand {self.rng.randrange(10**9)}"}}}
        drafting.revise(conn, self.house, self.rng.choice((ANNA, BERT)), self.draft_id, self.revision, changed, NOON)
        self.revision += 1

    def look(self, conn: Connection) -> None:
        query = text("SELECT id FROM alert WHERE draft_id = :d ORDER BY number DESC LIMIT 1")
        found = conn.scalar(query, {"d": self.draft_id})
        self.seen = alerts.get(conn, found) if found else None

    def agree(self, conn: Connection) -> None:
        if self.seen is not None:
            lives.agreed(conn, self.house, self.seen, self.rng.choice((BERT, CARA, ANNA)))

    def take_back(self, conn: Connection) -> None:
        if self.seen is not None:
            approving.send_back(conn, self.rng.choice((ANNA, BERT)), self.seen.id, "anders", NOON)

    def writers(self) -> list[Callable[[Connection], object]]:
        return [self.rng.choice((self.edit, self.offer, self.offer)) for _ in range(6)]

    def deciders(self) -> list[Callable[[Connection], object]]:
        return [self.rng.choice((self.look, self.agree, self.agree, self.take_back)) for _ in range(7)]


def attempt(engine: Engine, step: Callable[[Connection], object], log: Counter[str]) -> None:
    try:
        with engine.begin() as conn:
            step(conn)
        log[step.__name__] += 1
    except (Refused, Outrun) as refused:
        log[f"{step.__name__}: {getattr(refused, 'why', 'outrun')}"] += 1


def lived(engine: Engine, house: House, count: int, seed: int) -> Counter[str]:
    """Two sides at once where the engine has that; in an order by seed where it has one writer."""
    log, rng = Counter[str](), random.Random(seed)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(count):
            life = Life(house, random.Random(rng.random()))
            attempt(engine, life.begin, log)
            attempt(engine, life.offer, log)
            attempt(engine, life.look, log)
            if engine.dialect.name == "sqlite":
                both = [*life.writers(), *life.deciders()]
                for step in rng.sample(both, len(both)):
                    attempt(engine, step, log)
            else:
                together(pool, engine, life, log)
    return log


def together(pool: ThreadPoolExecutor, engine: Engine, life: Life, log: Counter[str]) -> None:
    """Each step of one side against a step of the other, both let go at the same moment."""
    gate = threading.Barrier(2)

    def side(steps: list[Callable[[Connection], object]]) -> None:
        for step in steps:
            gate.wait(30)
            attempt(engine, step, log)

    for future in [pool.submit(side, life.writers()), pool.submit(side, life.deciders()[:6])]:
        future.result(60)


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_people_who_do_not_wait_for_each_other_release_only_what_another_approved(
    few: Engine, house: House, count: int
) -> None:
    log = lived(few, house, count, SEED)
    with few.begin() as conn:
        ended = check(conn)
        assert check_bytes(conn, 10_000) == ended["approved"]
    assert ended["approved"] > count // 5, (ended, log)
    assert ended["returned"] > 0
    assert log["edit"] > count // 5


@on_postgresql
@pytest.mark.parametrize("first", ["an edit", "an approval"])
def test_whoever_comes_second_while_the_first_is_still_writing_waits_and_is_refused(
    few: Engine, house: House, first: str
) -> None:
    life = Life(house, random.Random(SEED))
    for step in (life.begin, life.offer, life.look):
        attempt(few, step, Counter())
    assert life.seen is not None
    alert = life.seen

    def edit(conn: Connection) -> None:
        approving.send_back(conn, ANNA, alert.id, "anders", NOON)
        drafting.revise(conn, house, ANNA, alert.draft_id, 1, {"event": "Gaslek"}, NOON)

    def approve(conn: Connection) -> None:
        lives.agreed(conn, house, alert, BERT)

    leading, waiting = (edit, approve) if first == "an edit" else (approve, edit)
    log = Counter[str]()
    with ThreadPoolExecutor(1) as pool:
        with few.begin() as conn:
            leading(conn)
            second = pool.submit(attempt, few, waiting, log)
            while not second.done() and not conn.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                pass
        second.result(30)
    assert log == {f"{waiting.__name__}: conflict": 1}
    with few.begin() as conn:
        ended = check(conn)
    assert ended == ({"returned": 1} if first == "an edit" else {"approved": 1})


@on_postgresql
def test_two_who_press_to_correct_at_the_same_moment_work_in_one_draft(engine: Engine, house: House) -> None:
    with engine.begin() as conn:
        alert = lives.approved(conn, house)

    def press(conn: Connection, who: Caller) -> str:
        return correcting.open_or_start(conn, house, who, alert.id, MsgType.CANCEL, NOON).id

    def second() -> str:
        with engine.begin() as conn:
            return press(conn, CARA)

    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as conn:
            own = press(conn, ANNA)
            other = pool.submit(second)
            while not other.done() and not conn.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                pass
        assert other.result(30) == own


# --- PostgreSQL: ten thousand inside the server ----------------------------------------------------

TURN = """
CREATE SEQUENCE turn_{side} MINVALUE 0 START 0;
GRANT USAGE, SELECT ON SEQUENCE turn_{side} TO omroeper;
"""
SIDE = """
DO $$
DECLARE
    race record;
    at bigint := 0;
BEGIN
    PERFORM setseed({seed});
    FOR race IN SELECT a.id, a.draft_id, a.digest, a.lane FROM alert a ORDER BY a.id LOOP
        at := nextval('turn_{side}');
        WHILE (SELECT last_value FROM turn_{other}) < at LOOP PERFORM pg_sleep(0.00002); END LOOP;
        IF random() < 0.4 THEN PERFORM pg_sleep(random() * 0.0004); END IF;
        BEGIN
            {step}
        EXCEPTION WHEN integrity_constraint_violation THEN NULL;
        END;
        COMMIT;
    END LOOP;
END $$
"""
# Like the functions do it: look at the alert under a lock, then write.
CAREFULLY = "PERFORM 1 FROM alert WHERE id = race.id AND stage = 'submitted' FOR UPDATE; IF FOUND THEN {write} END IF;"
APPROVE = """
    INSERT INTO approval (alert_id, digest, lane, kind, approver_id, accepts, at)
        VALUES (race.id, race.digest, race.lane, 'second-person', 'bert', '[]', 1);
    UPDATE alert SET stage = 'approved' WHERE id = race.id AND stage = 'submitted';
    IF FOUND THEN
        UPDATE draft SET stage = 'approved' WHERE id = race.draft_id AND stage = 'submitted';
        INSERT INTO expansion (alert_id, lane, next_n) VALUES (race.id, race.lane, 1);
    END IF;
"""
# The one who edits is the one who approves, on another connection: the rule that must not be outrun.
EDIT = """
    UPDATE alert SET stage = 'returned' WHERE id = race.id AND stage = 'submitted';
    IF FOUND THEN
        UPDATE draft SET stage = 'draft' WHERE id = race.draft_id;
        INSERT INTO draft_revision (draft_id, revision, content, author_id, at)
            VALUES (race.draft_id, 2, '{}', 'bert', 1);
        UPDATE draft SET revision = 2 WHERE id = race.draft_id;
    END IF;
"""


@pytest.fixture
def turns(owner: Engine) -> None:
    """Two counters outside any transaction, by which both sides meet at the same race."""
    with owner.begin() as conn:
        for side in ("approve", "edit"):
            conn.exec_driver_sql(TURN.format(side=side))


@on_postgresql
@pytest.mark.parametrize("carefully", [True, False])
@pytest.mark.parametrize("count", [1_500, pytest.param(5_000, marks=pytest.mark.soak)])
def test_two_connections_that_meet_at_the_same_alert_release_only_what_was_approved(
    few: Engine, house: House, turns: None, carefully: bool, count: int
) -> None:
    with few.begin() as conn:
        submitted_copies(conn, house, count)
        tasks.sync(conn, [], NOON)  # nothing is placed by hand: else the guard of that refuses first

    def side(name: str, other: str, write: str, seed: float) -> None:
        step = CAREFULLY.replace("{write}", write) if carefully else write
        with few.connect() as conn:
            raw: Any = conn.connection.driver_connection
            raw.autocommit = True
            raw.execute("SET statement_timeout = '120s'")
            raw.execute(SIDE.format(side=name, other=other, step=step, seed=seed))
            raw.autocommit = False

    with ThreadPoolExecutor(2) as pool:
        running = [
            pool.submit(side, "approve", "edit", APPROVE, 0.17),
            pool.submit(side, "edit", "approve", EDIT, 0.71),
        ]
        for future in running:
            future.result(120)
    with few.begin() as conn:
        ended = check(conn)
        assert check_bytes(conn, 500) == 500
    assert min(ended["approved"], ended["returned"]) > count // 17, f"both must have won many times; {ended}"
    assert ended[Stage.SUBMITTED] == 0
