"""Valencia, 29 October 2024: the text was ready at 17:45 and went out at 20:11, without "go upstairs".

Here a message that does not say what people can do is refused, whoever wrote it and however ready the rest is; and
one that is ready and waits is told to who can decide, by name and again, until somebody does.
"""

import email
import email.policy
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from broadcaster.demo.simulators.faults import Fault
from broadcaster.demo.simulators.smtp import Reply
from broadcaster.model.cap import MsgType
from broadcaster.model.reminding import Sent
from broadcaster.render import scenarios
from broadcaster.store import alerts, journal, reminders
from broadcaster.store.database import Database
from broadcaster.workflow import approving, reminding
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from tests import lives
from tests.clocks import NOON
from tests.failures.reminded import MAILBOXES, NUMBERS, Alarm, alarm


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


# --- while it waits --------------------------------------------------------------------------------


@pytest.fixture
async def waiting(database: Database, tmp_path: Path) -> AsyncIterator[Alarm]:
    async with alarm(database, tmp_path) as made:
        yield made


def offered(office: Alarm, **changes: Any) -> str:
    """A message that Anna wrote and offered at noon."""
    with office.engine.begin() as conn:
        return lives.submitted(conn, office.house, **changes).id


def who(sent: list[tuple[str, str]]) -> list[str]:
    return [name for name, _ in sent]


async def test_who_can_decide_is_reminded_then_the_deputies_again_and_again_and_never_who_wrote_it(
    waiting: Alarm,
) -> None:
    offered(waiting)
    assert await waiting.after(2.9) == []
    [(name, said)] = await waiting.after(3)
    assert name == "bert"
    assert (
        said
        == "Nr 1 (Stroomuitval) wacht sinds 13:00 op akkoord. Meld u aan: https://crisis.voorbeeldstad.example/console"
    )
    assert await waiting.after(7.9) == []
    assert who(await waiting.after(8)) == ["bert", "cara"]
    assert who(await waiting.after(13)) == ["bert", "cara"]
    with waiting.engine.begin() as conn:
        [first, *_] = [line for line in journal.lines(conn) if line["kind"] == "AlertReminded"]
        assert first["data"] == {"about": "approval", "people": ["bert"], "states": {"sent": 1}}


async def test_two_hubs_and_a_restart_send_each_reminder_once(waiting: Alarm) -> None:
    offered(waiting)
    assert who(await waiting.after(3, waiting.hub(), waiting.hub(), waiting.hub())) == ["bert"]
    assert await waiting.after(3.5) == []
    assert who(await waiting.after(47, waiting.hub(), waiting.hub())) == ["bert", "cara"]  # none caught up on


@pytest.mark.parametrize("act", ["approve", "return"])
async def test_they_stop_the_moment_somebody_acts_what_was_written_down_too(waiting: Alarm, act: str) -> None:
    alert_id = offered(waiting)
    with waiting.engine.begin() as conn:
        assert reminding.plan(conn, waiting.house, NOON + timedelta(minutes=8)) == 2
        row = alerts.get(conn, alert_id)
        assert row is not None
        if act == "approve":
            lives.agreed(conn, waiting.house, row)
        else:
            approving.send_back(conn, lives.ANNA, alert_id, "Toch niet", NOON)
    for minutes in (8, 13, 18):
        assert await waiting.after(minutes) == []


async def test_with_nobody_before_them_it_is_the_deputies_turn_at_once(database: Database, tmp_path: Path) -> None:
    async with alarm(database, tmp_path, reached=("cara",)) as office:
        offered(office)
        assert who(await office.after(3)) == ["cara"]


async def test_a_reminder_of_an_exercise_says_so_and_is_sent_to_nobody(waiting: Alarm) -> None:
    alert_id = offered(waiting, status="Exercise", exercise="Hoogwater")
    for minutes in (3, 8, 13):
        assert await waiting.after(minutes) == []
    with waiting.engine.begin() as conn:
        told = reminders.about(conn, [alert_id])[alert_id]
        assert {row.state for row in told} == {Sent.REHEARSED}
        assert all(row.text.startswith("OEFENING. ") for row in told)
        assert len(told) == 5
        for state in ("due", "sending", "sent"):
            with pytest.raises(IntegrityError), conn.begin_nested():
                conn.execute(text("UPDATE reminder SET state = :state"), {"state": state})
    assert waiting.letters == []


async def test_nobody_reads_in_the_database_where_colleagues_are_reached(waiting: Alarm) -> None:
    with waiting.engine.begin() as conn:
        rows = conn.execute(text("SELECT * FROM person_contact")).all()
        assert len(rows) == len(NUMBERS)
        assert not [number for number in NUMBERS.values() if number[3:] in str(rows)]


async def test_who_has_a_mailbox_is_reminded_by_mail_that_says_who_waits_and_where_to_end_it(
    database: Database, tmp_path: Path
) -> None:
    async with alarm(database, tmp_path, reached=(), mailed=("anna", "bert")) as office:
        offered(office)
        await office.after(3)
        [raw] = office.mails
        assert [recipient for _, recipient in office.mail.counts.copies] == [MAILBOXES["bert"]]
        letter = email.message_from_bytes(raw, policy=email.policy.default)
        assert letter["To"] == MAILBOXES["bert"]
        assert letter["From"].addresses[0].addr_spec == "crisis@voorbeeldstad.example"
        assert letter["Subject"] == "Nr 1 (Stroomuitval) wacht sinds 13:00 op akkoord"
        body = letter.get_body(("plain",))
        assert body is not None
        assert "Meld u aan: https://crisis.voorbeeldstad.example/console" in body.get_content()
        assert "<https://crisis.voorbeeldstad.example/console/account>" in letter["List-Unsubscribe"]
        assert "List-Unsubscribe-Post" not in letter, "there they sign in first, so one press ends nothing (RFC 8058)"
        with office.engine.begin() as conn:
            [line] = [line for line in journal.lines(conn) if line["kind"] == "AlertReminded"]
            assert line["data"] == {"about": "approval", "people": ["bert"], "states": {"sent": 1}}


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply("RCPT", "550 5.1.1 No such user here"), Sent.FAILED),
        (Reply("end", "451 4.3.0 Try again later"), Sent.FAILED),
        (Fault.RESET, Sent.UNCERTAIN),
    ],
)
async def test_a_mail_that_did_not_leave_is_not_called_sent(
    database: Database, tmp_path: Path, reply: Reply | Fault, state: Sent
) -> None:
    async with alarm(database, tmp_path, reached=(), mailed=("bert",)) as office:
        alert_id = offered(office)
        office.mail.script.append(reply)
        await office.after(3)
        with office.engine.begin() as conn:
            [told] = reminders.about(conn, [alert_id])[alert_id]
        assert (told.person_id, told.kind, told.state) == ("bert", "email", state)


# --- after it went out -----------------------------------------------------------------------------


async def test_whoever_wrote_it_is_reminded_of_the_promised_message_and_then_the_deputy(waiting: Alarm) -> None:
    with waiting.engine.begin() as conn:
        lives.approved(conn, waiting.house)  # promises the next message at one o'clock
    assert await waiting.after(44.9) == []
    [(name, said)] = await waiting.after(45)
    assert (name, said.split(".")[0]) == ("anna", "Om 14:00 is een nieuw bericht beloofd na nr 1 (Stroomuitval)")
    assert await waiting.after(59.9) == []
    assert who(await waiting.after(60)) == ["anna", "cara"]
    assert await waiting.after(90) == []


async def test_a_promise_ends_with_an_update_a_withdrawal_or_the_end_of_the_notice(waiting: Alarm) -> None:
    with waiting.engine.begin() as conn:
        updated, withdrawn = (lives.approved(conn, waiting.house) for _ in range(2))
        lives.approved(conn, waiting.house, expires=(NOON + timedelta(minutes=40)).isoformat())
        later = (NOON + timedelta(hours=3)).isoformat()
        lives.corrected(conn, waiting.house, updated, MsgType.UPDATE, next_update=later)
        lives.corrected(conn, waiting.house, withdrawn, MsgType.CANCEL, next_update=later)
    for minutes in (45, 60, 75):
        assert await waiting.after(minutes) == []
