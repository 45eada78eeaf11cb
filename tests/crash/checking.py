"""What must hold after lives that were killed: checked on what the gateway counted, on what was told, and
on what is in the database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from broadcaster.dispatch import dispatcher
from tests.crash.living import BATCH, CONFIGURATION

_RATE = int(CONFIGURATION.partition("per_second = ")[2].split()[0])
_CONCURRENCY = int(CONFIGURATION.partition("concurrency = ")[2].split()[0])
SLICE = min(dispatcher.GROUP, _RATE)
"""At most so many are marked at once as on the wire: what the pace lets through in a second (dispatcher)."""
WINDOW = _CONCURRENCY * BATCH
"""And so many of those before may still be under way to the gateway."""
REPEATED = ("Extreme", "Severe")
"""What is worth a second transmission when the first is in doubt (dispatch/policy.py)."""


@dataclass(frozen=True)
class Trial:
    """Lives on one database, the last of which came to rest.

    told: what the officers knew before the first of them. workers: at once. The rest is as in Life.
    """

    lives: Sequence[dict[str, Any]]
    told: Sequence[dict[str, Any]]
    url: str
    severities: Sequence[str]
    deduplicates: bool
    reports: bool
    workers: int = 1

    def last(self, told: str) -> dict[str, Any]:
        """The one event of that name that the last life told."""
        [found] = [event for event in self.lives[-1]["told"] if event["told"] == told]
        return found

    @property
    def alerts(self) -> dict[str, str]:
        """The severity of each alert, by its id."""
        events = [*self.told, *(event for life in self.lives for event in life["told"])]
        told = {event["i"]: event["alert"] for event in events if event["told"] == "submitted"}
        return {alert: self.severities[i] for i, alert in sorted(told.items())}

    @property
    def rest(self) -> dict[str, Any]:
        """What was in the database at the end."""
        return self.last("rest")

    @property
    def started(self) -> list[set[str]]:
        """For each life but the last, what was marked as on the wire when it ended: as found by the next one that
        lived long enough to look."""
        found: list[set[str]] = []
        for life in reversed(self.lives[1:]):
            looked = [set(event["started"]) for event in life["told"] if event["told"] == "found"]
            found.append(looked[0] if looked else found[-1])
        return found[::-1]

    def copies(self, life: int = -1) -> Counter[str]:
        """How often the gateway had taken each reference when a life had ended."""
        counts: Counter[str] = Counter()
        for reference, _, copies, _ in self.lives[life]["taken"]:
            counts[reference] += copies
        return counts

    def check(self) -> None:
        """Everything that always holds."""
        for life in self.lives:
            errors = [event["error"] for event in life["told"] if event["told"] == "error"]
            assert not errors, errors[0]
            last = life["told"][-1]["told"] if life["told"] else None
            assert life["killed"] or last in ("rest", "drained"), "a life neither ended nor came to rest"
        self.everybody_is_accounted_for()
        self.nobody_gets_a_third_copy()
        self.only_what_was_started_is_repeated()
        self.only_what_was_approved_is_sent()
        self.each_thing_is_there_once()

    def check_drained(self) -> None:
        """What holds besides where each was told to stop and could: as if there had been one life."""
        assert not any(self.started), "something was left on the wire"
        found = [event["held"] for life in self.lives[1:] for event in life["told"] if event["told"] == "found"]
        assert not any(found), "something was not handed back"
        assert set(self.copies().values()) == {1}, "a second copy"
        for row in self.rest["deliveries"]:
            assert (row["lost"], row["state"]) == (0, "accepted"), row

    def everybody_is_accounted_for(self) -> None:
        """Nobody is lost: whom the gateway never saw is in doubt, by name, and only where that is the rule."""
        copies = self.copies()
        for row in self.last("settled")["deliveries"]:
            assert row["state"] in ("accepted", "uncertain", "delivered"), row
            assert row["owner"] is None, row
            if row["state"] == "uncertain":
                assert row["lost"] == self._crashes_until_doubt(row["reference"]), row
            else:
                assert copies[row["reference"]] >= 1, ("lost", row)
        if self.reports:
            for row in self.rest["deliveries"]:
                assert row["state"] == ("delivered" if copies[row["reference"]] else "uncertain"), row
            assert self.rest["waiting"] == 0

    def _crashes_until_doubt(self, reference: str) -> int:
        return 2 if self.deduplicates or self.alerts[reference[:26]] in REPEATED else 1

    def nobody_gets_a_third_copy(self) -> None:
        """At most two copies, never more than the ledger says, and one where the gateway knows references."""
        copies = self.copies()
        for row in self.rest["deliveries"]:
            assert copies[row["reference"]] <= row["transmissions"] <= 2, (copies[row["reference"]], row)
            if not self.deduplicates and self.alerts[row["reference"][:26]] not in REPEATED:
                assert copies[row["reference"]] <= 1, ("repeated, and no life depends on it", row)
        if self.deduplicates:
            numbers = Counter(number for _, number, copies, _ in self.lives[-1]["taken"] for _ in range(copies))
            assert max(numbers.values()) <= len(self.severities), "a second copy, at a gateway that drops those"

    def only_what_was_started_is_repeated(self) -> None:
        """A kill costs at most a second copy of what was on the wire: at most a slice ahead of the window."""
        copies, doubtful = self.copies(), set().union(*self.started)
        assert {reference for reference, count in copies.items() if count > 1} <= doubtful
        for life, started in enumerate(self.started):
            ahead = started - set(self.copies(life))
            assert len(ahead) <= self.workers * (SLICE + WINDOW), (life, len(ahead))

    def only_what_was_approved_is_sent(self) -> None:
        """No byte before the approval, and none that was not approved."""
        approved = {row["reference"]: row["text"] for row in self.rest["deliveries"]}
        for reference, _, _, texts in self.lives[-1]["taken"]:
            assert texts == [approved[reference]], reference
        for alert in self.rest["alerts"]:
            assert alert["digest"] == alert["approved"], alert

    def each_thing_is_there_once(self) -> None:
        """One alert of a draft, one approval, one release; counts that add up, and a journal that stands."""
        for alert, counts, alert_id in zip(self.rest["alerts"], self.rest["counts"], self.alerts, strict=True):
            assert alert["stage"] == "approved"
            once = {kind: alert["events"].get(kind) for kind in ("AlertSubmitted", "AlertApproved", "AlertReleased")}
            assert set(once.values()) == {1}, once
            mine = [row for row in self.rest["deliveries"] if row["reference"][:26] == alert_id]
            assert counts == {"sms": dict(sorted(Counter(row["state"] for row in mine).items()))}
        assert self.rest["submitted"] == self.rest["drafts"] == self.rest["numbers"]
        assert self.rest["approved"] == self.rest["board"]
        assert self.rest["journal"].startswith("Head("), self.rest["journal"]
