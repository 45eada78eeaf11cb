"""What goes wrong in one run, drawn from its seed: how the network and the database do, and what happens when."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.clocks import NOON
from tests.simulation.gateways import FATES

HAPPENS = ("outage", "slow", "kill", "kill", "kill-at-commit", "kill-at-commit", "stop", "pause", "down", "down")
ASLEEP = ("pause", "pause", "pause", "overtaken", "overtaken", "overtaken")
"""What befalls a process that another one watches. Overtaken: it falls asleep with something under way, and wakes
the moment that another one sends the same."""
STEPS = (*(timedelta(hours=sign) for sign in (1, -1, 24, -24)), timedelta(seconds=-NOON.timestamp()))
"""How far a wall clock is set wrong: what a dead battery, a wrong zone or a wrong date make of it."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that goes wrong at an instant, for a while. `step`: what the wall clock shows from then on."""

    at: float
    what: str
    lasts: float
    step: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Provider:
    """How one gateway is."""

    deduplicates: bool
    batch: int
    concurrency: int
    per_second: float
    fates: dict[str, float]


@dataclass(frozen=True, slots=True)
class Faults:
    """One run. `workers`: 1 holds the instance lock, as on SQLite; several watch each other's beat. `ahead`: of noon,
    at the start. `heals_at`: from then on nothing goes wrong."""

    workers: int
    drills: bool
    ahead: timedelta
    heals_at: float
    flaky: float
    slowest: float
    providers: dict[str, Provider]
    happenings: tuple[Happening, ...]

    @property
    def stepped(self) -> bool:
        """Whether the wall clock is ever wrong."""
        return any(one.step for one in self.happenings)


def drawn(random: Random, accounts: tuple[str, ...]) -> Faults:
    """The faults of a run."""
    heals_at, workers = random.uniform(15, 45), random.choice((1, 1, 2))
    steps = random.random() < 0.25
    happenings = [_happening(random, heals_at, workers, steps=steps) for _ in range(random.randrange(6))]
    return Faults(
        workers=workers,
        drills=random.random() < 0.3,
        ahead=timedelta(seconds=random.uniform(0, 40)),
        heals_at=heals_at,
        flaky=random.choice((0.0, 0.0, 0.01, 0.08)),
        slowest=random.choice((0.002, 0.02, 0.2)),
        providers={account: _provider(random) for account in accounts},
        happenings=tuple(sorted(happenings, key=lambda one: one.at)),
    )


def _happening(random: Random, heals_at: float, workers: int, *, steps: bool) -> Happening:
    what = random.choice((*HAPPENS, *ASLEEP) if workers > 1 else HAPPENS)
    longest = {"pause": 60.0 if workers > 1 else 8.0, "overtaken": 60.0, "down": 30.0}.get(what, 8.0)
    step = random.choice(STEPS) if steps and what.startswith("kill") else timedelta(0)
    shortest = 40.0 if what == "overtaken" else 0.5  # a watched beat must have stood still for twenty
    return Happening(random.uniform(2, heals_at), what, random.uniform(shortest, longest), step)


def _provider(random: Random) -> Provider:
    chosen = random.sample(FATES, random.choice((0, 1, 2, 3)))
    return Provider(
        deduplicates=random.random() < 0.3,
        batch=random.choice((1, 1, 4)),
        concurrency=random.choice((1, 3, 8)),
        per_second=random.choice((2.0, 10.0, 100.0)),
        fates={fate: random.uniform(0.02, 0.3) for fate in chosen},
    )
