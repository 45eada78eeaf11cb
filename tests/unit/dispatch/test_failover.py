"""Which account takes over: the configured order, past whatever is open."""

from collections.abc import Iterable, Mapping

import pytest

from broadcaster.channel import Failed, FailureKind
from broadcaster.dispatch.breaker import Breaker
from broadcaster.dispatch.failover import Routes
from tests.clocks import HandClock

FIRST, SECOND, THIRD, MAIL = "sms.primary", "sms.secondary", "sms.third", "email.main"
ORDER = {FIRST: (SECOND, THIRD)}


def routes(
    down: Iterable[str] = (), order: Mapping[str, tuple[str, ...]] = ORDER, off: Iterable[str] = ()
) -> tuple[Routes, dict[str, Breaker]]:
    breakers = {name: Breaker(HandClock()) for name in (FIRST, SECOND, THIRD, MAIL) if name not in off}
    for name in down:
        breakers[name].heard([Failed(FailureKind.BAD_CONFIG, "x")])
    return Routes({"sms": FIRST, "email": MAIL}, order, breakers), breakers


@pytest.mark.parametrize(
    ("account", "down", "target"),
    [
        (FIRST, [], SECOND),
        (FIRST, [SECOND], THIRD),
        (FIRST, [SECOND, THIRD], None),
        # What came from the first may go back to it, and on to the third.
        (SECOND, [], FIRST),
        (SECOND, [FIRST], THIRD),
        (THIRD, [], FIRST),
        (THIRD, [FIRST], SECOND),
        (THIRD, [FIRST, SECOND], None),
        (MAIL, [], None),
    ],
)
def test_the_next_account_is_the_first_in_order_that_is_not_open(
    account: str, down: list[str], target: str | None
) -> None:
    assert routes(down)[0].next_after(account) == target


def test_an_accounts_own_list_comes_before_its_place_in_anothers() -> None:
    made, _ = routes(order={FIRST: (SECOND,), SECOND: (THIRD,)})
    assert made.next_after(SECOND) == THIRD


def test_nothing_fails_over_where_nobody_configured_it() -> None:
    made, _ = routes(down=[FIRST], order={})
    assert made.next_after(FIRST) is None
    assert made.moves() == []
    assert made.starts() == {"sms": FIRST, "email": MAIL}


def test_an_account_that_is_off_is_passed_over() -> None:
    made, _ = routes(down=[FIRST], off=[SECOND])
    assert made.next_after(FIRST) == THIRD
    made, _ = routes(down=[SECOND], off=[FIRST])
    assert made.next_after(SECOND) == THIRD


def test_new_deliveries_start_at_the_first_account_that_is_not_open_and_again_at_the_first_when_it_recovers() -> None:
    made, breakers = routes(down=[FIRST, SECOND])
    assert made.starts() == {"sms": THIRD, "email": MAIL}
    breakers[FIRST].probed(None)
    assert made.starts() == {"sms": FIRST, "email": MAIL}


def test_where_all_are_open_everything_waits_where_it_is_for_the_first_that_recovers() -> None:
    made, breakers = routes(down=[FIRST, SECOND, THIRD])
    assert made.moves() == []
    assert made.starts()["sms"] == FIRST
    breakers[THIRD].probed(None)
    assert made.moves() == [(FIRST, THIRD), (SECOND, THIRD)]
