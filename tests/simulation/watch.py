"""What must be true whatever happens, looked at while it happens and once more in the end.

Triggers of the connection itself, which are no part of the schema, tell of each change of state in the instant of
its transaction; the gateways' own books are the other side.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.channel import Parcel
from broadcaster.dispatch import breaker
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import OPEN, State, may
from broadcaster.store import alerts, journal
from tests import lives
from tests.clocks import NOON
from tests.simulation.disk import PLANNED_IN, Disk
from tests.simulation.gateways import Gateway
from tests.simulation.hub import Hub
from tests.simulation.loop import Process

STOPS_IN = 2.0
"""Seconds after a halt in which the last message may leave, when nothing else is wrong."""
_TRIGGERS = """
CREATE TEMP TRIGGER watch_made AFTER INSERT ON main.delivery
    BEGIN SELECT watch_state(NEW.alert_id, NEW.n, '', NEW.state, NEW.account, NULL); END;
CREATE TEMP TRIGGER watch_moved AFTER UPDATE OF state ON main.delivery WHEN NEW.state <> OLD.state
    BEGIN SELECT watch_state(NEW.alert_id, NEW.n, OLD.state, NEW.state, NEW.account, OLD.owner); END;
CREATE TEMP TRIGGER watch_stopped AFTER UPDATE OF halted_at, superseded_at ON main.alert
    BEGIN SELECT watch_stop(NEW.id); END;
CREATE TEMP TRIGGER watch_approved AFTER INSERT ON main.approval
    BEGIN SELECT watch_approval(NEW.alert_id); END;
CREATE TEMP TRIGGER watch_board AFTER UPDATE ON main.board
    BEGIN SELECT watch_board(NEW.point_id, OLD.seq, NEW.seq, OLD.signed_seq, NEW.signed_seq); END;
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What two people let go of an alert: its lane, rank, end, and address and bytes by addressee."""

    lane: Lane
    rank: int
    expires_at: datetime
    parcels: Mapping[int, tuple[str, bytes]]


@dataclass
class Watch:
    """Sees everything; `wrong` is what may not be, `trace` all that was, in order."""

    disk: Disk
    hubs: dict[Process | None, Hub] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    wanted: dict[str, Wanted] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    approved_at: dict[str, float] = field(default_factory=dict)
    stopped_at: dict[str, float] = field(default_factory=dict)
    started_at: dict[tuple[str, int], float] = field(default_factory=dict)
    under_way: dict[tuple[str, int], Process] = field(default_factory=dict)
    """What somebody sent and has not written down yet: by whom."""
    left: Counter[tuple[str, int]] = field(default_factory=Counter)
    in_vain: Counter[tuple[Process, str]] = field(default_factory=Counter)
    """Calls at an account that is down, by process, since it is."""
    resent: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    planned: str = ""
    stepped: bool = False

    def __post_init__(self) -> None:
        for name, function in (
            ("state", self._state), ("stop", self._stop), ("approval", self._approval), ("board", self._board),
        ):  # fmt: skip
            self.disk.raw.create_function(f"watch_{name}", -1, function)
        self.disk.raw.executescript(_TRIGGERS)

    # --- while it happens ----------------------------------------------------------------------------

    def say(self, line: str) -> None:
        """Add a line to the trace."""
        self.trace.append(f"{self.disk.loop.time():9.3f} {line}")

    def accuse(self, line: str) -> None:
        """Something may not be."""
        self.wrong.append(line)
        self.say(f"WRONG: {line}")

    def digest(self) -> str:
        """What two runs have in common when they are the same run."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    def called(self, alert_id: str, n: int | str = "") -> str:
        """A delivery's name, the same in every run of a seed."""
        return f"{self.names.setdefault(alert_id, f'later{len(self.names)}')}/{n}"

    def _state(self, alert_id: str, n: int, before: str, after: str, account: str, owner: str | None) -> None:
        self.say(f"{self.called(alert_id, n)} {before}>{after} {account}")
        if before and not may(State(before), State(after)):
            self.accuse(f"{self.called(alert_id, n)} went from {before} to {after}")
        process, doing = self.disk.acting or (None, "")
        if process in self.hubs and doing == "record_outcomes" and owner != self.hubs[process].engine.owner:
            self.accuse(f"{self.called(alert_id, n)} was moved by an outcome of a worker that had lost it")
        sender = self.under_way.pop((alert_id, n), None)
        if doing == "disown" and sender is process:
            self.accuse(f"{self.called(alert_id, n)} was given up by the very worker that was sending it")
        if after == State.STARTED:
            self.started_at[alert_id, n] = self.disk.loop.time()

    def _stop(self, alert_id: str) -> None:
        self.say(f"{self.called(alert_id)} stopped")
        self.stopped_at.setdefault(alert_id, self.disk.loop.time())

    def _approval(self, alert_id: str) -> None:
        self.say(f"{self.called(alert_id)} approved")
        self.approved_at[alert_id] = self.disk.loop.time()

    def _board(self, point: str, before: int, after: int, signed_before: int, signed_after: int) -> None:
        self.say(f"board {point} {after}")
        if after < before or signed_after < signed_before:
            self.accuse(f"board {point} fell from {before} to {after}")

    def note(self, conn: Connection, alert_id: str) -> None:
        """Keep what an alert says as it was submitted, whatever becomes of the database."""
        row = alerts.get(conn, alert_id)
        assert row is not None
        query = text(
            "SELECT e.n, a.kind, a.sealed, r.payload FROM addressee e JOIN address a ON a.id = e.address_id"
            " JOIN rendition r ON r.alert_id = e.alert_id AND r.position = e.rendition WHERE e.alert_id = :alert"
        )
        found = conn.execute(query, {"alert": alert_id})
        parcels = {n: (lives.SEAL.open(bytes(sealed), kind), bytes(payload)) for n, kind, sealed, payload in found}
        self.wanted[alert_id] = Wanted(row.lane, row.severity.rank, row.expires_at, parcels)

    def leaving(self, process: Process, account: str, parcels: Sequence[Parcel]) -> None:
        """Parcels are about to go to a live gateway."""
        for parcel in parcels:
            place = ids.parse_reference(parcel.reference)
            assert place is not None
            self.say(f"{self.called(*place)} leaves {process.name} for {account}")
            self.under_way[place] = process
            self.left[place] += 1
            for line in self._may_not_leave(process, parcel, *place):
                self.accuse(f"{self.called(*place)} left {process.name} {line}")

    def went_in_vain(self, process: Process, account: str) -> None:
        """A call found the account down. As soon as eight are back the breaker knows; so many more are on their way."""
        self.in_vain[process, account] += 1
        most = breaker.RUN + self.hubs[process].specs[account].concurrency
        if self.in_vain[process, account] > most:
            self.accuse(f"{process.name} called {account} more than {most} times, and it is down")

    def _may_not_leave(self, process: Process, parcel: Parcel, alert_id: str, n: int) -> list[str]:
        now, clock = self.disk.loop.time(), self.hubs[process].clock
        wanted, found = self.wanted.get(alert_id), []
        if wanted is None or alert_id not in self.approved_at:
            return ["and nobody approved it"]
        if wanted.lane is not Lane.LIVE:
            found.append("and is an exercise")
        if wanted.parcels.get(n) != (parcel.address, parcel.rendition.payload):
            found.append("with other bytes or to another address than approved")
        if clock.now() >= parcel.expires_at:
            found.append("after its expiry")
        if alert_id == self.planned and clock.now() < NOON + PLANNED_IN and not self.stepped:
            found.append("before its planned instant")
        started_at = self.started_at.get((alert_id, n))
        if started_at is None:
            return [*found, "without a mark in the database"]
        stopped_at = self.stopped_at.get(alert_id, now)
        if started_at > stopped_at:
            found.append("marked after the stop of its alert")
        if not self.disk.weather.is_slow and now > max(stopped_at, self.disk.troubled_at) + STOPS_IN:
            found.append(f"{now - stopped_at:.1f} s after the stop of its alert")
        return found

    # --- in the end ----------------------------------------------------------------------------------

    def finish(self, conn: Connection, gateways: Mapping[str, Gateway], *, drills: bool) -> None:
        """Compare what the database says with what the gateways have, delivery by delivery."""
        if not isinstance(journal.verify(conn), journal.Head):
            self.accuse("the journal's chain is broken")
        self._compare_counts(conn)
        query = text(
            "SELECT d.alert_id, d.n, d.state, d.transmissions, d.reason FROM delivery d ORDER BY d.alert_id, d.n"
        )
        made: Counter[str] = Counter()
        for alert_id, n, state, transmissions, reason in conn.execute(query).all():
            made[alert_id] += 1
            self.say(f"{self.called(alert_id, n)} is {state} {transmissions} {reason}")
            if self.wanted[alert_id].lane is Lane.LIVE or drills:
                for line in self._is_wrong(gateways, alert_id, n, State(state), transmissions):
                    self.accuse(f"{self.called(alert_id, n)} {line}")
        released = conn.scalars(text("SELECT alert_id FROM expansion ORDER BY alert_id")).all()
        for alert_id in released:
            wanted = self.wanted[alert_id]
            if (wanted.lane is Lane.LIVE or drills) and made[alert_id] != len(wanted.parcels):
                self.accuse(f"{self.called(alert_id)} has {made[alert_id]} deliveries for {len(wanted.parcels)}")
        for gateway in gateways.values():
            for reference in gateway.copies:
                place = ids.parse_reference(reference)
                if place is None or place[0] not in released:
                    self.accuse(f"{gateway.name} has what was never released")

    def _compare_counts(self, conn: Connection) -> None:
        """What counts as a transmission left, or was lost with a worker that may have sent it."""
        query = text(
            "SELECT d.alert_id, d.n, d.transmissions, count(a.epoch) FROM delivery d LEFT JOIN attempt a"
            " ON a.delivery_id = d.id AND a.outcome = 'lost' WHERE d.lane = 'live' GROUP BY d.id ORDER BY d.id"
        )
        for alert_id, n, transmissions, lost in conn.execute(query):
            if transmissions > self.left[alert_id, n] + lost:
                self.accuse(f"{self.called(alert_id, n)} counts {transmissions}, left {self.left[alert_id, n]} times")

    @property
    def _goes_on_to(self) -> timedelta:
        """The latest that any wall clock shows, after noon: a run takes minutes, and a wrong clock is a day ahead."""
        return timedelta(days=1, hours=1) if self.stepped else timedelta(hours=1)

    def _is_wrong(
        self, gateways: Mapping[str, Gateway], alert_id: str, n: int, state: State, transmissions: int
    ) -> list[str]:
        reference, found = ids.reference(alert_id, n), []
        copies = {name: gateway.copies[reference] for name, gateway in gateways.items() if gateway.copies[reference]}
        taken, rank = sum(copies.values()), self.wanted[alert_id].rank
        if self.wanted[alert_id].lane is not Lane.LIVE:
            return ["is an exercise, and out"] if taken else [f"is {state}"] if state in OPEN else []
        if state in OPEN:
            found.append(f"is still {state}")
        if taken > 2 or taken > transmissions:
            found.append(f"went out {taken} times and counts {transmissions}")
        if len(copies) > 1 and alert_id not in self.resent:
            found.append(f"is with two gateways: {copies}")
        if any(count > 1 and gateways[name].deduplicates for name, count in copies.items()):
            found.append("came twice from a gateway that drops duplicates")
        if taken > 1 and rank > 1 and alert_id not in self.resent:
            found.append("went out twice, and no life depends on it")
        if state in (State.ACCEPTED, State.DELIVERED) and not taken:
            found.append(f"is {state} and no gateway has it")
        is_early = self.wanted[alert_id].expires_at > NOON + self._goes_on_to
        if state is State.EXPIRED and (taken or is_early):
            found.append("expired before its time, or is with a gateway all the same")
        if reference in self.confirmed and state is not State.DELIVERED:
            found.append(f"is {state} and a receipt says that it arrived")
        return found
