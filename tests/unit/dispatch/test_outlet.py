"""The last hop, with adapters that break their word."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from broadcaster import ids
from broadcaster.channel import Accepted, Failed, FailureKind, Fitted, Inbound, Outcome, Parcel, Spec
from broadcaster.dispatch.lanes import Delivery, Drill, Live
from broadcaster.dispatch.outlet import DrillOutlet, LiveOutlet
from broadcaster.model.rendition import Rendition
from tests.clocks import NOON

SPEC = Spec("sms", lambda _: None, lambda texts: Fitted(texts.text, texts.text.encode()))
RENDITION = Rendition("a.0", "sms", "nl", "Brand", b"Brand")
ALERT = ids.new_id(NOON)


def parcel(n: int, address: str | None = None) -> Parcel:
    to = f"+3160000000{n}" if address is None else address
    return Parcel(ids.reference(ALERT, n), to, RENDITION, NOON + timedelta(hours=1))


def live(n: int, address: str | None = None) -> Delivery[Live]:
    return Delivery(n, 1, ALERT, 1, 0, 0, parcel(n, address))


class Channel:
    """Does what it is told, and knows what it got."""

    def __init__(self, answer: Callable[[Sequence[Parcel]], Any]) -> None:
        self._answer = answer
        self.got: list[Parcel] = []

    async def send(self, parcels: Sequence[Parcel]) -> Any:
        self.got += parcels
        return self._answer(parcels)

    async def probe(self) -> Failed | None:
        return None

    def facts(self, inbound: Inbound) -> list[Any]:
        return []

    async def aclose(self) -> None:
        return


def _raise(error: BaseException) -> Any:
    raise error


async def test_every_parcel_gets_its_own_outcome_in_order() -> None:
    channel = Channel(lambda parcels: [Accepted(parcel.reference) for parcel in parcels])
    outcomes = await LiveOutlet(SPEC, channel).send([live(n) for n in range(5)])
    assert outcomes == [Accepted(ids.reference(ALERT, n)) for n in range(5)]


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: _raise(RuntimeError("+31600000001 is broken")),
        lambda _: _raise(KeyError("+31600000001")),
        lambda _: _raise(RecursionError()),
        lambda _: None,
        lambda _: 3,
        lambda _: [],
        lambda _: [Accepted()],
        lambda parcels: [Accepted()] * (len(parcels) + 1),
        lambda parcels: [None] * len(parcels),
        lambda parcels: ["accepted"] * len(parcels),
        lambda parcels: [Accepted()] * (len(parcels) - 1) + [object()],
    ],
)
async def test_an_adapter_that_breaks_its_word_costs_doubt_for_each_parcel_and_nothing_else(
    answer: Callable[[Sequence[Parcel]], Any],
) -> None:
    outcomes = await LiveOutlet(SPEC, Channel(answer)).send([live(n) for n in range(3)])
    assert [outcome.kind for outcome in outcomes if isinstance(outcome, Failed)] == [FailureKind.UNCERTAIN] * 3
    assert "+3160" not in repr(outcomes)


async def test_an_address_that_cannot_be_read_costs_only_itself() -> None:
    channel = Channel(lambda parcels: [Accepted(parcel.address) for parcel in parcels])
    outcomes = await LiveOutlet(SPEC, channel).send([live(1), live(2, ""), live(3)])
    first, broken, last = outcomes
    assert (first, last) == (Accepted("+31600000001"), Accepted("+31600000003"))
    assert isinstance(broken, Failed)
    assert broken.kind is FailureKind.BAD_ADDRESS
    assert len(channel.got) == 2


async def test_nothing_is_sent_when_no_address_can_be_read() -> None:
    channel = Channel(lambda parcels: [Accepted()] * len(parcels))
    outcomes = await LiveOutlet(SPEC, channel).send([live(1, ""), live(2, "")])
    assert len(outcomes) == 2
    assert channel.got == []


async def test_a_drill_counts_what_would_have_been_sent_and_sends_nothing() -> None:
    outlet = DrillOutlet(SPEC)
    drills: list[Delivery[Drill]] = [Delivery(n, 1, ALERT, 1, 0, 0, parcel(n, "")) for n in range(3)]
    assert await outlet.send(drills) == [Accepted("drill")] * 3
    assert outlet.would_have_sent == {(ALERT, "a.0"): 3}
    assert not hasattr(outlet, "_channel")


async def test_a_drill_can_rehearse_a_failing_provider() -> None:
    script: Iterator[Outcome] = iter([Accepted(), Failed(FailureKind.UNCERTAIN, "timeout")])
    outlet = DrillOutlet(SPEC, lambda _: next(script))
    drills: list[Delivery[Drill]] = [Delivery(n, 1, ALERT, 1, 0, 0, parcel(n, "")) for n in range(2)]
    assert [type(outcome) for outcome in await outlet.send(drills)] == [Accepted, Failed]


def test_a_parcel_never_shows_its_address() -> None:
    assert "+3160" not in repr(live(1))
