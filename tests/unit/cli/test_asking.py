"""What `omroeper status` reads of a hub's figures."""

from broadcaster.cli.asking import _accounts
from broadcaster.cli.status import _now_lines

PAGE = """
# TYPE omroeper_account_breaker gauge
omroeper_account_breaker{account="sms.primary",kind="sms",state="closed"} 0.0
omroeper_account_breaker{account="sms.primary",kind="sms",state="open"} 1.0
# TYPE omroeper_account_in_flight gauge
omroeper_account_in_flight{account="sms.primary",kind="sms"} 3.0
# TYPE omroeper_account_recipients_per_second gauge
omroeper_account_recipients_per_second{account="sms.primary",kind="sms"} 100.0
# TYPE omroeper_account_held_seconds gauge
omroeper_account_held_seconds{account="sms.primary",kind="sms"} 1.5
# TYPE omroeper_account_proven_seconds gauge
omroeper_account_proven_seconds{account="sms.primary",kind="sms"} NaN
# TYPE omroeper_account_failing_seconds gauge
omroeper_account_failing_seconds{account="sms.primary",kind="sms"} 12.0
# TYPE omroeper_expected_minutes gauge
omroeper_expected_minutes{kind="sms"} 2.5
"""


def test_an_account_is_told_as_the_hub_has_it() -> None:
    [line] = _now_lines(_accounts(PAGE))
    assert line == (
        "sms.primary now: breaker open, 3 in flight, 100 a second, held for 1.5 s by its provider,"
        " failing for 12 s, never proven, 95 % in about 2.5 minutes"
    )


def test_without_a_hub_that_is_said() -> None:
    assert list(_now_lines(None)) == ["No hub answers here: how the accounts stand at this moment is not known."]
