"""R11: random lives of drafts, ten thousand in a soak. Nothing but a real alert reaches a live account, and every
exercise says in each text and in each segment that it is one.

Both engines run beside the lives, wired as `serve` and `drill` wire them. The providers behind the live
accounts count every byte; that real alerts do arrive there shows that they would have counted.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.clock import SystemClock
from broadcaster.model import gsm
from broadcaster.model.cap import Status
from broadcaster.model.finding import to_accept
from broadcaster.model.rendition import Rendition
from broadcaster.render.bookends import visible
from broadcaster.render.limited import InlineRenderer
from broadcaster.render.templates import house_templates
from broadcaster.render.words import words_of
from broadcaster.signals import Signals
from broadcaster.store import alerts
from broadcaster.store.alerts import AlertRow
from broadcaster.store.database import Database
from broadcaster.wiring.engines import drill_engine, live_engine
from broadcaster.workflow import approving, drafting, publishing, submitting
from broadcaster.workflow.composing import Composed, compose, gather
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.drill.counting import Counted, until_at_rest

GROUP, TEXTS = 50, 40
SEED = 20260611
FAST = lives.CONFIGURATION.replace("per_second = 1000", "per_second = 1000000").replace(
    'tls = "none"', 'tls = "none"\nper_second = 1000000'
)
RENDERER = InlineRenderer()
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


# --- random lives ----------------------------------------------------------------------------------

WORDS = """
    stroom brand water rook gas evacueer blijf thuis Noord OEFENING EXERCISE TEST oefening Actual echt 112
    €5 [x] ~ café naïve Übung ćwiczenie şimdi вода تمرين 🔥 👨‍👩‍👧 https://voorbeeldstad.example/a?b=c
    Donaudampfschifffahrtsgesellschaft ! ... – ’s
""".split()  # noqa: SIM905 - read as a sentence
WORDS += ["\u200b", "\u00a0"]
DENIALS = ("Dit is geen oefening.", "This is not a drill.")
LANGUAGES = ("nl", "en", "de", "fr", "pl", "tr", "ar", "uk", "nl-easy", "so")


def sentence(chance: random.Random, most: int) -> str:
    made = chance.choice((" ", "  ", "\n")).join(chance.choices(WORDS, k=chance.randint(1, most))).strip() or "rook"
    return f"{made[:600]} {chance.choice(DENIALS)}" if chance.random() < 0.01 else made[:600]


def infos(chance: random.Random) -> dict[str, dict[str, str]]:
    made = {}
    for language in chance.sample(LANGUAGES, chance.choice((1, 1, 2))):
        texts = {slot: sentence(chance, 12) for slot in ("description", "impact", "instruction")}
        made[language] = texts | {"headline": " ".join(sentence(chance, 5).split())[:150] or "rook"}
        if chance.random() < 0.4:
            made[language]["short"] = sentence(chance, 60)
    return made


@dataclass
class Office:
    """Lives by chance. Each text is composed once for a status and channels: the lives that share it differ in
    what becomes of it, and the number in it is that of the first."""

    house: House
    chance: random.Random
    began_at: datetime
    did: Counter[str] = field(default_factory=Counter)
    composed: dict[str, Composed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.infos = [infos(self.chance) for _ in range(TEXTS)]

    def content(self, now: datetime) -> dict[str, Any]:
        chance = self.chance
        given = {
            "status": chance.choices(("Actual", "Exercise", "Test"), (2, 4, 2))[0],
            "severity": chance.choice(("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
            "channels": chance.choice((["sms"], ["sms", "email"], ["sms", "email", "display"])),
            "infos": chance.choice(self.infos),
        }
        if chance.random() < 0.1:
            given["release_at"] = (now + timedelta(seconds=chance.randint(1, 5))).isoformat()
        return lives.words(self.began_at, **given)

    def offered(self, conn: Connection, draft_id: str, now: datetime) -> AlertRow:
        """Submit a draft."""
        material = gather(conn, draft_id)
        content = material.content
        key = json.dumps([content.status, content.channels, content.as_json()["infos"]])
        if key not in self.composed:
            self.composed[key] = lives.done(compose(self.house, RENDERER, material, self.began_at))
        full = content.model_copy(update={"infos": self.composed[key].content.infos})
        composed = replace(self.composed[key], at=now, content=full)
        submitting.refuse_blocking(composed.every_finding)
        return submitting.freeze(conn, self.house, lives.ANNA, material, composed, now).alert

    def life(self, conn: Connection, now: datetime) -> None:
        """Draft, edit, try to turn it real, submit, send back, approve, halt: as chance has it."""
        chance, did = self.chance, self.did
        draft = drafting.create(conn, self.house, lives.ANNA, drafting.parse(self.content(now)), now)
        while chance.random() < 0.3:
            wanted: dict[str, Any] = {"infos": chance.choice(self.infos)}
            if chance.random() < 0.3:
                wanted = {"status": chance.choice([status.value for status in Status])}
            draft = drafting.revise(conn, self.house, lives.ANNA, draft.id, draft.revision, wanted, now)
            did["revised"] += 1
        if chance.random() < 0.1:
            return
        alert = self.offered(conn, draft.id, now)
        if chance.random() < 0.1:
            approving.send_back(conn, lives.BERT, alert.id, "nog niet", now)
            did["sent back"] += 1
            if chance.random() < 0.5:
                return
            alert = self.offered(conn, draft.id, now)
        if chance.random() < 0.1:
            return
        lives.agreed(conn, self.house, alert, lives.BERT, now, to_accept(alerts.findings(conn, alert.id)))
        did[f"approved {alert.status}"] += 1
        if chance.random() < 0.1:
            approving.halt(conn, lives.BERT, alert.id, now)
            did["halted"] += 1

    def some(self, conn: Connection, now: datetime) -> None:
        """A group of lives in one transaction, and whatever is due for release."""
        for _ in range(GROUP):
            attempt = conn.begin_nested()
            try:
                self.life(conn, now)
                attempt.commit()
            except Refused as refused:  # nothing is kept of a life that was refused
                attempt.rollback()
                self.did.update({f"refused: {fault.rule}" for fault in refused.faults})
        publishing.release_due(conn, self.house, now)


# --- what must hold --------------------------------------------------------------------------------


def as_it_arrives(message: str) -> list[str]:
    """What a gateway that cuts a text message at the last unit makes of it (3GPP TS 23.040, 9.2.3.24.1)."""
    encoding = gsm.encoding_of(message)
    if gsm.units(message, encoding) <= gsm.SINGLE[encoding]:
        return [message]
    segments, used = [""], 0
    for char in message:
        cost = gsm.units(char, encoding)
        if used + cost > gsm.SEGMENT[encoding]:
            segments.append("")
            used = 0
        segments[-1] += char
        used += cost
    return segments


def word_of(status: Status, language: str) -> str:
    word = words_of(language, house_templates().words).word(status)
    assert word
    return word


def wears(said: str, word: str) -> None:
    assert said.split(maxsplit=1)[0] == said.rsplit(maxsplit=1)[-1] == word, (word, said)


@cache
def check_words(status: Status, item: Rendition) -> int:
    """The word stands at both ends of all that people read, and begins each segment; how many of those."""
    word = word_of(status, item.language)
    wears(item.text, word)
    if item.subject is not None:
        wears(item.subject, word)
    if item.html is not None:
        assert visible(item.html)[0] == visible(item.html)[-1] == word
    if item.kind == "display":
        assert f'"word":"{word}"'.encode() in item.payload
    if item.kind != "sms":
        return 0
    assert item.payload == item.text.encode()
    segments = as_it_arrives(item.text)
    assert len(segments) == item.segments
    for segment in segments:
        assert segment.split()[0] == word, (word, segments)
    return len(segments)


def every_alert(conn: Connection) -> Iterator[AlertRow]:
    for alert_id in [*conn.scalars(text("SELECT id FROM alert"))]:
        alert = alerts.get(conn, alert_id)
        assert alert is not None
        yield alert


def check_every_word(conn: Connection) -> tuple[int, int]:
    renditions = segments = 0
    for alert in every_alert(conn):
        for item in alerts.renditions(conn, alert.id):
            if alert.status is not Status.ACTUAL:
                renditions += 1
                segments += check_words(alert.status, replace(item, id=""))
    return renditions, segments


STATES = """SELECT a.status, d.lane, d.state, count(*) FROM delivery d JOIN alert a ON a.id = d.alert_id
    GROUP BY a.status, d.lane, d.state"""
ACCOUNTS = """SELECT DISTINCT a.status, t.account FROM attempt t JOIN delivery d ON d.id = t.delivery_id
    JOIN alert a ON a.id = d.alert_id"""


def check_egress(conn: Connection, counted: Counted) -> None:
    """Zero bytes of what is not real; and of what is, as much as the database says."""
    by_status: Counter[Status] = Counter()
    for alert in every_alert(conn):
        by_status[alert.status] += counted.sent.pop(alert.id, 0)
    assert not counted.sent, "bytes of no known alert"
    sys.stdout.write(f"bytes at live accounts: {dict(by_status)}\n")
    assert by_status[Status.EXERCISE] == by_status[Status.TEST] == 0
    assert by_status[Status.ACTUAL] > 100_000
    states = {(status, lane, state): count for status, lane, state, count in conn.execute(text(STATES))}
    sys.stdout.write(f"deliveries: {states}\n")
    assert {(status, lane) for status, lane, _ in states} == {
        ("Actual", "live"),
        ("Exercise", "drill"),
        ("Test", "drill"),
    }
    assert states["Exercise", "drill", "accepted"] > 400, "exercises must have been worked off"
    assert states["Actual", "live", "accepted"] == sum(counted.copies.values()) - counted.copies["refused"]
    for status, account in conn.execute(text(ACCOUNTS)):
        assert account.startswith("drill.") is (status != "Actual"), (status, account)


SIZES = [500, pytest.param(10_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]


@on_sqlite
@pytest.mark.parametrize("most", SIZES)
async def test_of_thousands_of_random_lives_only_real_alerts_send_a_byte(
    database: Database, tmp_path: Path, most: int
) -> None:
    sys.stdout.write(f"seed {SEED}, {most} lives\n")
    clock, counted, house = SystemClock(), Counted(refuse_every=50), lives.house_in(tmp_path, FAST)
    office = Office(house, random.Random(SEED), _second(clock))
    await database.run(lives.furnish, house, 4, clock.now())
    live = live_engine(house.settings, database, clock, Signals(), lives.SEAL, counted.wired(house.settings))
    drills = drill_engine(house, database, clock, Signals())

    async def living() -> None:
        for _ in range(most // GROUP):
            await database.run(office.some, _second(clock))
        await database.run(publishing.release_due, house, clock.now() + timedelta(seconds=10))

    await until_at_rest(database, live.engine, drills, after=living())

    sys.stdout.write(f"lives: {dict(office.did)}\n")
    assert office.did["refused: fixed"] > most // 100, "lives must have tried to turn an exercise real"
    assert counted.connected == ["sms.primary", "sms.secondary", "email.main"]
    await database.read(check_egress, counted)
    renditions, segments = await database.read(check_every_word)
    sys.stdout.write(f"{renditions} renditions and {segments} segments of exercises wear the word\n")
    assert renditions > most
    assert segments > most


def _second(clock: SystemClock) -> datetime:
    return clock.now().replace(microsecond=0)
