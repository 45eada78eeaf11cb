"""How soon everybody is reached, as the start page says it."""

from broadcaster.dispatch.standing import AccountStanding
from broadcaster.model.delivery import State
from broadcaster.store.figures import Pile, Totals
from broadcaster.web.console.start import reach_of
from broadcaster.web.console.words import Words
from broadcaster.web.figures import Snapshot

NOTHING = Totals(0, 0, ())


def account(name: str = "sms.primary", breaker: str = "closed", pace: float = 10.0) -> AccountStanding:
    return AccountStanding(name, "sms", breaker, 0, pace, 0.0, None, None)  # type: ignore[arg-type]


def said(*piles: Pile, accounts: tuple[AccountStanding, ...] = (account(),), speed: float = 0.0) -> dict[str, str]:
    snapshot = Snapshot(piles, NOTHING, {"sms": speed} if speed else {})
    return reach_of(snapshot, {"sms": 12_000}, accounts, Words("nl"))


def pile(state: State, count: int) -> Pile:
    return Pile("sms.primary", "sms", state, None, count, None)


def test_at_rest_it_is_the_whole_audience_at_the_contracted_pace() -> None:
    assert said() == {"sms": "iedereen: 95 % bereikt in ongeveer 19 minuten"}
    assert said(accounts=(account(), account("sms.secondary"))) == {
        "sms": "iedereen: 95 % bereikt in ongeveer 10 minuten"
    }


def test_under_way_it_is_what_is_left_at_the_speed_of_now() -> None:
    found = said(pile(State.DUE, 6_000), pile(State.ACCEPTED, 6_000), speed=45.0)
    assert found == {"sms": "nu onderweg: nog ongeveer 2 minuten tot 95 %"}


def test_an_account_that_does_not_work_counts_for_nothing() -> None:
    assert said(accounts=(account(breaker="open"),)) == {}
