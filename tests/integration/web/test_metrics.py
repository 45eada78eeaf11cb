"""What whoever watches over the hub can read, who may, and that it is about nobody."""

import math
import re
from datetime import timedelta
from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from broadcaster import __version__
from broadcaster.clock import Clock
from broadcaster.dispatch.breaker import BreakerState
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.model.delivery import State
from broadcaster.store import deliveries, facts
from broadcaster.store.check_messages import LastCheck
from broadcaster.store.figures import Pile
from broadcaster.web.figures import Figures, Progress, expected_in, progress
from tests.clocks import NOON
from tests.houses import HIDDEN, TestHouse
from tests.integration.web.site import MovableClock, Site, serving

Account = partial(
    AccountStanding,
    breaker=BreakerState.CLOSED,
    in_flight=0,
    per_second=2.0,
    held_in=0.0,
    proven_at=None,
    failing_since=None,
)


def _read(page: str) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def _under_way(h: TestHouse) -> None:
    """A notice with 5 SMS and 3 mails: some due, one accepted, one failed, one whose answer never came."""
    alert = await h.released()
    while await h.store.run(deliveries.expand, alert.id, {"sms": "sms.primary", "email": "email.main"}, h.clock.now()):
        pass

    def move(conn, n, state, reason=None):
        query = text("UPDATE delivery SET state = :state, reason = :reason, due_at = NULL WHERE n = :n")
        conn.execute(query, {"n": n, "state": state.value, "reason": reason})

    [sms, *_] = await h.store.read(
        lambda conn: [conn.execute(text("SELECT n, kind FROM delivery ORDER BY kind DESC, n")).all()]
    )
    numbers = [row.n for row in sms if row.kind == "sms"]
    for n, state, reason in zip(
        numbers,
        (State.ACCEPTED, State.FAILED, State.FAILED),
        (None, "bad-address", "+31612345001 is no number"),
        strict=False,
    ):
        await h.store.run(move, n, state, reason)
    await h.store.run(facts.keep, "sms.primary", b"sealed", h.clock.now())


async def test_the_figures_are_those_of_the_database(h: TestHouse, clock: MovableClock) -> None:
    await _under_way(h)
    clock.move(90)
    now = clock.now()
    standing = [
        Account(
            "sms.primary",
            "sms",
            breaker=BreakerState.HALF_OPEN,
            in_flight=3,
            per_second=100.0,
            held_in=1.5,
            proven_at=now - timedelta(seconds=60),
            failing_since=now - timedelta(seconds=5),
            last_check=LastCheck("a", 7, "sms.primary", now - timedelta(days=2), 12, 1, 11, now - timedelta(days=2)),
        ),
        Account("email.main", "email"),
    ]
    async with serving(h, accounts=lambda: standing, stuck=lambda: ["a", "b"], disk=lambda: 7 * 2**20) as site:
        reply = await site.get(None, "/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = _read(reply.text)
    assert found["omroeper_deliveries", "sms.primary", "sms", "accepted"] == 1
    assert found["omroeper_deliveries", "sms.primary", "sms", "failed"] == 2
    assert found["omroeper_deliveries", "sms.primary", "sms", "due"] == 1
    assert found["omroeper_deliveries_failed", "sms.primary", "sms", "bad-address"] == 1
    assert found["omroeper_deliveries_failed", "sms.primary", "sms", "other"] == 1  # never what it says
    assert found["omroeper_oldest_due_seconds", "email.main", "email"] == pytest.approx(90, abs=30)
    assert found["omroeper_account_breaker", "sms.primary", "sms", "half-open"] == 1
    assert found["omroeper_account_breaker", "sms.primary", "sms", "open"] == 0
    assert found["omroeper_account_in_flight", "sms.primary", "sms"] == 3
    assert found["omroeper_account_recipients_per_second", "sms.primary", "sms"] == 100
    assert found["omroeper_account_held_seconds", "sms.primary", "sms"] == 1.5
    assert math.isnan(found["omroeper_account_proven_seconds", "email.main", "email"])
    assert found["omroeper_account_check_sent", "sms.primary", "sms"] == 12
    assert found["omroeper_account_check_arrived", "sms.primary", "sms"] == 11
    assert found["omroeper_account_check_accepted", "sms.primary", "sms"] == 1
    assert found["omroeper_account_check_seconds", "sms.primary", "sms"] == pytest.approx(2 * 86400, abs=30)
    assert math.isnan(found["omroeper_account_check_seconds", "email.main", "email"])
    assert found["omroeper_expected_minutes", "email"] == pytest.approx(2 / 2.0 / 60)
    assert found["omroeper_facts_waiting",] == 1
    assert found["omroeper_journal_seq",] >= 3
    assert found["omroeper_alerts_stuck",] == 2
    assert found["omroeper_disk_free_bytes",] == 7 * 2**20
    assert found["omroeper_board_seq", "live", "wijkhuis-noord"] == 1
    assert found["omroeper_board_unsigned", "live", "wijkhuis-noord"] == 1
    assert found["omroeper_build_info", __version__] == 1
    assert not [hidden for hidden in (*HIDDEN, "612345001") if hidden in reply.text]


async def test_requests_are_counted_by_route_and_code_and_never_by_what_was_asked(site: Site) -> None:
    await site.get("anna", "/v1/drafts")
    await site.get("anna", "/v1/drafts/0612345001")
    await site.get(None, "/v1/0612345001")
    await site.call(None, "PROPFIND", "/v1/drafts")
    found = _read((await site.get(None, "/metrics")).text)
    assert found["omroeper_http_requests_total", "200", "GET", "/v1/drafts"] == 1
    assert found["omroeper_http_requests_total", "404", "GET", "/v1/drafts/{id}"] == 1
    assert found["omroeper_http_requests_total", "404", "GET", "-"] == 1
    assert found["omroeper_http_requests_total", "405", "other", "-"] == 1
    assert not re.search("0612345001", str(found))


async def test_over_the_net_it_takes_the_token_of_a_viewer_or_an_administrator(site: Site) -> None:
    assert (await site.get(None, "/metrics")).status_code == 200  # on this machine
    for who, status_code in (
        (None, 401),
        ("vera", 200),
        ("beheer", 200),
        ("dirk", 403),
        ("machine", 403),
        ("scherm-noord", 403),
    ):
        for passed_on in ({"X_Forwarded_For": "203.0.113.9"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 proxy"}):
            assert (await site.get(who, "/metrics", **passed_on)).status_code == status_code, who


class Stopwatch(MovableClock):
    """Each look at it takes some seconds."""

    looks_in = 0.0

    def monotonic(self) -> float:
        self.move(self.looks_in)
        return super().monotonic()


class Counting:
    """A database that counts what is read."""

    def __init__(self, h: TestHouse) -> None:
        self.engine, self._h, self.read_names = h.store.engine, h, list[str]()

    async def read(self, f, *args):
        self.read_names.append(f.__name__)
        return await self._h.store.read(f, *args)


async def test_however_often_it_is_asked_counting_takes_a_twentieth_of_the_time(h: TestHouse) -> None:
    clock, store = Stopwatch(), Counting(h)
    figures = Figures(store, clock)  # type: ignore[arg-type]
    clock.looks_in = 3.0  # what a million deliveries take on a slow machine
    await figures.now()
    clock.looks_in = 0.0
    for _ in range(50):
        await figures.now()
        clock.move(1)
    assert store.read_names.count("piles") == 1
    clock.move(11)
    await figures.now()
    assert store.read_names.count("piles") == 2


def _pile(kind: str, state: State, count: int, account: str = "a") -> Pile:
    return Pile(account, kind, state, None, count, NOON if state is State.DUE else None)


def test_how_far_a_kind_is_and_when_it_is_there() -> None:
    piles = [
        _pile("sms", State.DUE, 60),
        _pile("sms", State.STARTED, 10),
        _pile("sms", State.ACCEPTED, 20),
        _pile("sms", State.FAILED, 10, "b"),
        _pile("email", State.DELIVERED, 3),
    ]
    assert progress(piles) == {"sms": Progress(100, 30), "email": Progress(3, 3)}
    assert expected_in(Progress(100, 30), None, 10.0) == 6.5
    assert expected_in(Progress(100, 30), 5.0, 10.0) == 13.0
    assert expected_in(Progress(100, 95), None, 0.0) == 0.0
    assert expected_in(Progress(100, 30), None, 0.0) is None
    assert expected_in(Progress(0, 0), None, 10.0) == 0.0


async def test_the_speed_is_what_came_to_rest_since_the_time_before(h: TestHouse) -> None:
    clock: Clock = (moving := MovableClock())
    figures = Figures(h.store, clock)
    await _under_way(h)
    assert (await figures.now()).speeds == {}
    moving.move(10)
    rest = text("UPDATE delivery SET state = 'accepted', due_at = NULL WHERE kind = 'email'")
    await h.store.run(lambda conn: conn.execute(rest).rowcount)
    speeds = (await figures.now()).speeds
    assert speeds == {"email": pytest.approx(0.2, rel=0.2)}
