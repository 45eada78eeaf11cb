"""The check message: real and approved, to the check group alone, over every account, and what came of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.dispatch.breaker import BreakerState
from broadcaster.dispatch.dispatcher import Stopped
from broadcaster.dispatch.expansion import Expander
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.model.cap import Lane
from broadcaster.model.finding import to_accept
from broadcaster.signals import Signals
from broadcaster.store import alerts
from broadcaster.store.alerts import AlertRow
from broadcaster.store.check_messages import last_checks
from broadcaster.wiring.proofs import Proofs
from broadcaster.workflow import posting
from broadcaster.workflow.check_messages import MOST
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from channels import telegram_bot
from tests import lives
from tests.clocks import NOON, HandClock

GROUP = "controlegroep"
KINDS = {"sms": ["sms.primary", "sms.secondary"], "email": ["email.main"]}
CHECK: dict[str, Any] = {
    "scenario": "check-message",
    "infos": None,
    "fields": {},
    "audience": {"groups": [GROUP], "areas": []},
    "channels": ["sms", "email"],
}


def canaries(conn: Connection, count: int) -> None:
    """So many people in the check group, each with a number and a mailbox."""
    lives.listed(
        conn, [f"Vrijwilliger {i},nl,{GROUP},noord,+316{i:08d},helper{i}@example.org," for i in range(1, count + 1)]
    )


def released(conn: Connection, house: House, now: datetime = NOON) -> AlertRow:
    """A check message that two officers let go, with its deliveries."""
    alert = lives.submitted(conn, house, now=now, **CHECK)
    lives.agreed(conn, house, alert, lives.BERT, now, to_accept(alerts.findings(conn, alert.id)))
    expander = Expander(
        lives.Inline(conn), HandClock(now), Signals(), Lane.LIVE, lambda: lives.ACCOUNTS, Stopped(), KINDS
    )
    assert lives.done(expander.expand()) > 0
    return alert


def codes(conn: Connection, house: House, **changes: Any) -> set[str]:
    """The codes of what refuses a check message with these changes."""
    row = lives.drafted(conn, house, **CHECK | changes)
    with pytest.raises(Refused) as refused:
        lives.offered(conn, house, row.id)
    return {fault.rule for fault in refused.value.faults}


def arrive(conn: Connection, alert: AlertRow, account: str, state: str, at: datetime) -> None:
    query = "UPDATE delivery SET state = :s, state_at = :at, due_at = NULL WHERE alert_id = :a AND account = :account"
    given = {"s": state, "at": int(at.timestamp() * 1000), "a": alert.id, "account": account}
    conn.execute(text(query), given)


@pytest.mark.parametrize(
    "audience",
    [{"groups": ["bewoners"]}, {"groups": [GROUP, "bewoners"]}, {"groups": [GROUP], "areas": ["noord"]}, None],
    ids=str,
)
def test_it_goes_to_nobody_but_the_check_group(conn: Connection, house: House, audience: Any) -> None:
    canaries(conn, 2)
    assert "check-audience" in codes(conn, house, audience=audience)


def test_it_stands_on_no_display(conn: Connection, house: House) -> None:
    canaries(conn, 2)
    assert "check-public" in codes(conn, house, channels=["sms", "display"])


def test_it_is_posted_nowhere_in_public(conn: Connection, house: House) -> None:
    spec = telegram_bot.spec(telegram_bot.Settings(posts={"nl": "@voorbeeld_nl"}))
    public = replace(
        house, specs={**house.specs, "telegram": spec}, accounts={**house.accounts, "telegram": "telegram.main"}
    )
    posting.sync(conn, lives.SEAL, public, NOON)
    canaries(conn, 2)
    alert = lives.submitted(conn, public, **CHECK | {"channels": ["sms", "telegram"]})
    kinds = text("SELECT count(*) FROM addressee e JOIN address a ON a.id = e.address_id WHERE a.kind = 'telegram'")
    assert alert.addressees.count == 2
    assert conn.scalar(kinds) == 0


def test_it_goes_to_fifty_addresses_for_each_account_at_most(conn: Connection, house: House) -> None:
    canaries(conn, 2 * MOST)
    assert codes(conn, house) == {"check-size"}  # two hundred are many for one account of mail
    assert lives.submitted(conn, house, **CHECK | {"channels": ["sms"]}).addressees.count == 2 * MOST


def test_every_account_of_a_kind_sends_its_share(conn: Connection, house: House) -> None:
    canaries(conn, 5)
    alert = released(conn, house)
    query = text("SELECT account, count(*) AS made FROM delivery WHERE alert_id = :a GROUP BY account")
    found = {row.account: row.made for row in conn.execute(query, {"a": alert.id})}
    assert found == {"sms.primary": 3, "sms.secondary": 2, "email.main": 5}


def test_another_message_starts_at_the_first_account_alone(conn: Connection, house: House) -> None:
    alert = lives.expanded(conn, house)
    query = text("SELECT DISTINCT account FROM delivery WHERE alert_id = :a")
    assert list(conn.scalars(query, {"a": alert.id})) == ["sms.primary"]


def test_the_last_one_of_each_account_counts(conn: Connection, house: House) -> None:
    canaries(conn, 4)
    first = released(conn, house)
    arrive(conn, first, "sms.primary", "delivered", NOON)
    later = NOON + timedelta(days=30)
    second = released(conn, house, later)
    arrive(conn, second, "sms.secondary", "delivered", later + timedelta(minutes=1))
    arrive(conn, second, "email.main", "accepted", later)
    lives.expanded(conn, house, later, audience={"groups": [GROUP]})  # no check message: it proves nothing here
    found = {check.account: check for check in last_checks(conn, NOON - timedelta(days=1))}
    assert {name: (check.number, check.sent, check.arrived, check.accepted) for name, check in found.items()} == {
        "sms.primary": (second.number, 2, 0, 0),
        "sms.secondary": (second.number, 2, 2, 0),
        "email.main": (second.number, 4, 0, 4),
    }
    assert found["sms.secondary"].arrived_at == later + timedelta(minutes=1)
    assert last_checks(conn, later + timedelta(days=1)) == []


def standing() -> list[AccountStanding]:
    return [
        AccountStanding(name, kind, BreakerState.CLOSED, 0, 100.0, 0.0, None, None)
        for kind, names in KINDS.items()
        for name in names
    ]


def reasons(conn: Connection, now: datetime) -> list[str]:
    proofs = Proofs(lives.Inline(conn), HandClock(now), {"sms"}, standing)
    lives.done(proofs.tick())
    return list(proofs.reasons())


def test_a_kind_whose_accounts_all_lost_theirs_is_not_ready(conn: Connection, house: House) -> None:
    canaries(conn, 4)
    later = NOON + timedelta(minutes=16)
    assert reasons(conn, later) == []  # none was sent
    alert = released(conn, house)
    assert reasons(conn, NOON + timedelta(minutes=14)) == []  # it may still come
    assert len(reasons(conn, later)) == 2
    arrive(conn, alert, "email.main", "accepted", NOON)  # its server tells no more than that
    arrive(conn, alert, "sms.primary", "accepted", NOON)  # its provider would have told that it arrived
    assert reasons(conn, later) == ["the last check message by sms arrived nowhere: sms.primary, sms.secondary"]
    arrive(conn, alert, "sms.secondary", "delivered", NOON)
    assert reasons(conn, later) == []
