"""Whose address a request came from: only a proxy of ours is believed."""

import pytest
from aiohttp.test_utils import make_mocked_request

from broadcaster.settings.sections import Hub
from broadcaster.web.origins import peer

OWN = Hub(trusted_proxies=("127.0.0.1", "10.1.0.0/16", "2001:db8::/64"))


@pytest.mark.parametrize(
    ("connected", "passed_on", "found"),
    [
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),  # no proxy of ours
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["6.6.6.6, 203.0.113.9"], "203.0.113.9"),  # the first was written by the asker
        ("127.0.0.1", ["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9, 10.1.2.3"], "203.0.113.9"),  # two proxies of ours
        ("127.0.0.1", ["10.1.2.3, 10.1.2.4"], "10.1.2.3"),
        ("127.0.0.1", ["no address"], "no address"),
        ("2001:db8::5", ["2001:db8:7::1"], "2001:db8:7::1"),
        ("127.0.0.1", [" , "], "127.0.0.1"),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours(connected: str, passed_on: list[str], found: str) -> None:
    headers = [("X-Forwarded-For", value) for value in passed_on]
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=connected)
    assert peer(request, OWN) == found


def test_by_default_only_this_machine_is_a_proxy() -> None:
    hub = Hub()
    assert [hub.is_proxy(address) for address in ("127.0.0.1", "127.8.8.8", "::1", "10.0.0.1", "", "x")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
