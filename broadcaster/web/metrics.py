"""`GET /metrics`: the figures as Prometheus reads them (its text format 0.0.4). Counts and instants, never whose.

Each application has a registry of its own. What is asked on this machine itself is answered; over the net it takes the
token of a viewer or an administrator.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from broadcaster import __version__
from broadcaster.boards.lookout import Lookout, Trouble
from broadcaster.channel import FailureKind
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.model.delivery import State
from broadcaster.model.people import Role
from broadcaster.store.answers import Answer
from broadcaster.store.figures import UNDER_WAY, BoardAge, Pile, Totals
from broadcaster.web.callers import CALLERS, persons
from broadcaster.web.calls import Call
from broadcaster.web.figures import FIGURES, Snapshot, expected_in, progress
from broadcaster.web.origins import is_local
from broadcaster.web.points import look
from broadcaster.workflow.refusals import forbidden

_WATCHERS = persons({Role.VIEWER, Role.ADMIN})
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE"})
_REASONS = frozenset(kind.value for kind in FailureKind)
_BREAKERS = ("closed", "half-open", "open")
_LAGS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_ACCOUNT = ["account", "kind"]


class Metrics:
    """What one process counts by itself, as it happens; the rest is asked for at each scrape."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "omroeper_http_requests", "Requests answered.", ["method", "route", "code"], registry=self.registry
        )
        self._counted: dict[tuple[str, str, int], Counter] = {}  # looking labels up costs more than counting
        self._lag = Histogram(
            "omroeper_loop_lag_seconds",
            "How much later than meant the event loop came round.",
            buckets=_LAGS,
            registry=self.registry,
        )

    def count(self, method: str, route: str, status_code: int) -> None:
        """One request more."""
        key = (method if method in _METHODS else "other", route, status_code)
        counted = self._counted.get(key)
        if counted is None:
            counted = self._counted[key] = self._requests.labels(key[0], route, str(status_code))
        counted.inc()

    def late(self, seconds: float) -> None:
        """The loop came round, this much late."""
        self._lag.observe(max(0.0, seconds))


METRICS = web.AppKey("metrics", Metrics)


async def show(call: Call) -> Answer:
    """`GET /metrics`."""
    request = call.request
    if not is_local(request):
        caller = await request.app[CALLERS].of(request, by_itself=True)
        if not _WATCHERS.admits(caller):
            raise forbidden("De meetwaarden zijn voor meekijkers en beheerders.")
    parts = call.parts
    points = await look(call)
    figures = await request.app[FIGURES].now()
    found = _Found(figures, parts.accounts(), points, parts.disk(), len(parts.stuck()), parts.clock.now())
    registry = CollectorRegistry()
    registry.register(found)
    body = generate_latest(request.app[METRICS].registry) + generate_latest(registry)
    return Answer(200, body.decode(), {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


class _Found:
    """What one scrape shows of the store and of the accounts."""

    def __init__(
        self,
        snapshot: Snapshot,
        accounts: Sequence[AccountStanding],
        points: Lookout,
        disk: int,
        stuck: int,
        now: datetime,
    ) -> None:
        self._snapshot, self._accounts, self._points = snapshot, accounts, points
        self._disk, self._stuck, self._now = disk, stuck, now

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield InfoMetricFamily("omroeper_build", "What runs here.", {"version": __version__})
        yield from _deliveries(self._snapshot.piles, self._now)
        yield from _accounts(self._accounts, self._now)
        yield from _checks(self._accounts, self._now)
        yield _expected(self._snapshot, self._accounts)
        yield from _totals(self._snapshot.totals, self._now)
        yield from _points(self._points, self._now)
        yield GaugeMetricFamily("omroeper_alerts_stuck", "Alerts whose deliveries cannot be made.", value=self._stuck)
        yield GaugeMetricFamily("omroeper_disk_free_bytes", "Room left where the database is.", value=self._disk)

    def describe(self) -> Iterator[Metric]:
        """Nothing to say beforehand: each is registered once, for one answer."""
        return iter(())


def _gauge(name: str, text: str, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"omroeper_{name}", text, labels=labels)


def _deliveries(piles: Sequence[Pile], now: datetime) -> Iterator[Metric]:
    states = _gauge("deliveries", "Deliveries of notices that are valid, by state.", [*_ACCOUNT, "state"])
    failed = _gauge("deliveries_failed", "Those that failed, by the kind of failure.", [*_ACCOUNT, "reason"])
    oldest = _gauge("oldest_due_seconds", "How long the delivery that is due longest is due.", _ACCOUNT)
    counts: dict[tuple[str, str, str], int] = {}
    for pile in piles:
        state = "in-flight" if pile.state in UNDER_WAY else pile.state.value
        key = pile.account, pile.kind, state
        counts[key] = counts.get(key, 0) + pile.count
        if pile.state is State.FAILED:
            reason = pile.reason if pile.reason in _REASONS else "other"
            failed.add_metric([pile.account, pile.kind, reason], pile.count)
        if pile.oldest_at is not None:
            waited = max(0.0, (now - pile.oldest_at).total_seconds())
            oldest.add_metric([pile.account, pile.kind], waited)
    for labels, count in counts.items():
        states.add_metric(labels, count)
    yield from (states, failed, oldest)


def _accounts(accounts: Sequence[AccountStanding], now: datetime) -> Iterator[Metric]:
    breaker = _gauge("account_breaker", "1 for the state that the breaker is in.", [*_ACCOUNT, "state"])
    flight = _gauge("account_in_flight", "Parcels on the wire.", _ACCOUNT)
    pace = _gauge("account_recipients_per_second", "The contracted rate.", _ACCOUNT)
    held = _gauge("account_held_seconds", "How long its provider wants nothing.", _ACCOUNT)
    proven = _gauge("account_proven_seconds", "How long ago it was seen to work.", _ACCOUNT)
    failing = _gauge("account_failing_seconds", "How long nothing worked; 0 when it does.", _ACCOUNT)
    for item in accounts:
        labels = [item.account, item.kind]
        for state in _BREAKERS:
            breaker.add_metric([*labels, state], float(item.breaker == state))
        flight.add_metric(labels, item.in_flight)
        pace.add_metric(labels, item.per_second)
        held.add_metric(labels, item.held_in)
        proven.add_metric(labels, math.nan if item.proven_at is None else (now - item.proven_at).total_seconds())
        failing.add_metric(labels, 0.0 if item.failing_since is None else (now - item.failing_since).total_seconds())
    yield from (breaker, flight, pace, held, proven, failing)


def _checks(accounts: Sequence[AccountStanding], now: datetime) -> Iterator[Metric]:
    sent = _gauge("account_check_sent", "Messages of the last check message that went over it.", _ACCOUNT)
    arrived = _gauge("account_check_arrived", "Those of which the provider says that they arrived.", _ACCOUNT)
    accepted = _gauge("account_check_accepted", "Those that the provider took, with nothing heard since.", _ACCOUNT)
    age = _gauge("account_check_seconds", "How long ago the last check message went; NaN when none did.", _ACCOUNT)
    for item in accounts:
        labels, check = [item.account, item.kind], item.last_check
        age.add_metric(labels, math.nan if check is None else (now - check.released_at).total_seconds())
        if check is not None:
            sent.add_metric(labels, check.sent)
            arrived.add_metric(labels, check.arrived)
            accepted.add_metric(labels, check.accepted)
    yield from (sent, arrived, accepted, age)


def _expected(snapshot: Snapshot, accounts: Sequence[AccountStanding]) -> Metric:
    found = _gauge("expected_minutes", "Until 95 % of the deliveries came to rest; NaN when nothing moves.", ["kind"])
    for kind, far in progress(snapshot.piles).items():
        contracted = sum(item.per_second for item in accounts if item.kind == kind and item.breaker != "open")
        seconds = expected_in(far, snapshot.speeds.get(kind), contracted)
        found.add_metric([kind], math.nan if seconds is None else seconds / 60)
    return found


def _totals(totals: Totals, now: datetime) -> Iterator[Metric]:
    journal = _gauge("journal_seq", "The number of the journal's last line.")
    journal.add_metric([], totals.journal)
    facts = _gauge("facts_waiting", "What providers told and nobody read yet.")
    facts.add_metric([], totals.facts_waiting)
    yield from (journal, facts, *_boards(totals.boards, now))


def _boards(boards: Sequence[BoardAge], now: datetime) -> Iterator[Metric]:
    seq = _gauge("board_seq", "The number of a point's board.", ["point", "mode"])
    unsigned = _gauge("board_unsigned", "How many numbers the signed board is behind.", ["point", "mode"])
    age = _gauge("board_age_seconds", "How long ago the board was signed.", ["point", "mode"])
    for board in boards:
        labels = [board.point_id, board.mode]
        seq.add_metric(labels, board.seq)
        unsigned.add_metric(labels, board.seq - board.signed_seq)
        if board.issued_at is not None:
            age.add_metric(labels, max(0.0, (now - board.issued_at).total_seconds()))
    yield from (seq, unsigned, age)


def _points(found: Lookout, now: datetime) -> Iterator[Metric]:
    """Screens and relays by the id of their device, or of their token; never by the name that somebody typed."""
    heard = _gauge("screen_heard_seconds", "How long ago a screen or relay was heard.", ["point", "device"])
    trouble = _gauge("screens_troubled", "Screens and relays with which something is wrong.", ["point", "trouble"])
    old = _gauge("old_numbers", "Numbers that are on or hang and are not valid any more.", ["point", "where"])
    is_open = _gauge("point_open", "Whether a point told last that it is open; NaN when it did not tell.", ["point"])
    for standing in found.points:
        point, opened = standing.point.id, standing.opened
        is_open.add_metric([point], math.nan if opened is None else float(opened.open))
        for seen in standing.seen:
            if seen.heard_at is not None:
                age = max(0.0, (now - seen.heard_at).total_seconds())
                heard.add_metric([point, seen.device.id if seen.device else seen.sighting.token_id], age)
        for kind in Trouble:
            trouble.add_metric([point, kind.value], sum(seen.trouble is kind for seen in standing.seen))
        for where in ("screen", "paper"):
            old.add_metric([point, where], sum(item.paper == (where == "paper") for item in standing.old))
    urgent = _gauge("urgent_reports_unread", "Urgent reports of points that nobody read.")
    urgent.add_metric([], len(found.urgent))
    loud = _gauge("rumours_loud", "Rumours that at least three points hear.")
    loud.add_metric([], sum(tally.loud for tally in found.tallies))
    yield from (heard, trouble, old, is_open, urgent, loud)
