"""What the first page says of the last check message of an account."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from broadcaster.dispatch.breaker import BreakerState
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.store.check_messages import LastCheck
from broadcaster.web.console.start import _checked
from broadcaster.web.console.times import Times
from broadcaster.web.console.words import Words
from tests.clocks import NOON

TIMES = Times(Words("nl"), ZoneInfo("Europe/Amsterdam"), NOON)


def said(days: int, accepted: int, arrived: int) -> str:
    at = NOON - timedelta(days=days)
    check = LastCheck("a", 7, "sms.primary", at, 12, accepted, arrived, at if arrived else None)
    account = AccountStanding("sms.primary", "sms", BreakerState.CLOSED, 0, 100.0, 0.0, None, None, check)
    return _checked(account, 35, TIMES)


@pytest.mark.parametrize(
    ("days", "accepted", "arrived", "line"),
    [
        (3, 1, 11, "sms.primary: 11 van 12 controleberichten kwamen aan, 3 dagen geleden"),
        (3, 12, 0, "sms.primary: 12 van 12 controleberichten zijn aangenomen, 3 dagen geleden"),
        (3, 0, 0, "sms.primary: 0 van 12 controleberichten kwamen aan, 3 dagen geleden"),
        (
            36,
            0,
            12,
            "sms.primary: 12 van 12 controleberichten kwamen aan, 36 dagen geleden. Plan een nieuw controlebericht.",
        ),
    ],
)
def test_it_says_how_many_arrived_and_when_it_is_time_for_another(
    days: int, accepted: int, arrived: int, line: str
) -> None:
    assert said(days, accepted, arrived) == line


def test_an_account_that_never_had_one_says_so() -> None:
    account = AccountStanding("email.main", "email", BreakerState.CLOSED, 0, 100.0, 0.0, None, None)
    assert _checked(account, 35, TIMES) == "email.main: nog geen controlebericht"
