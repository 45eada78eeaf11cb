"""What the hub that runs here says of itself: how its accounts stand at this moment stands in no database."""

from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from broadcaster.settings import Settings

_ANSWERS_IN = 2.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked at, not listened on
_GAUGES = {
    "omroeper_account_in_flight": "in_flight",
    "omroeper_account_recipients_per_second": "per_second",
    "omroeper_account_held_seconds": "held_in",
    "omroeper_account_proven_seconds": "proven_ago",
    "omroeper_account_failing_seconds": "failing_for",
}


def accounts_now(settings: "Settings") -> dict[str, dict[str, Any]] | None:
    """How each account stands, by name, from `/metrics`: `breaker`, `in_flight`, `per_second`, `held_in`, `proven_ago`,
    `failing_for` (seconds), `expected_minutes` until 95 % of its kind came to rest; None where the figure is not
    known. None when no hub answers where this configuration says it listens."""
    page = _page(settings)
    return None if page is None else _accounts(page)


def _page(settings: "Settings") -> str | None:
    host = _ANYWHERE.get(settings.hub.host, settings.hub.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.hub.port}/metrics"
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=_ANSWERS_IN) as answer:
            return str(answer.read().decode())
    except (URLError, OSError, ValueError):
        return None


def _accounts(page: str) -> dict[str, dict[str, Any]]:
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, dict[str, Any]] = {}
    minutes: dict[str, float | None] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            account = sample.labels.get("account", "")
            if sample.name in _GAUGES:
                found.setdefault(account, {})[_GAUGES[sample.name]] = _known(sample.value)
            elif sample.name == "omroeper_account_breaker" and sample.value:
                found.setdefault(account, {})["breaker"] = sample.labels["state"]
            elif sample.name == "omroeper_expected_minutes":
                minutes[sample.labels["kind"]] = _known(sample.value)
    return {name: own | {"expected_minutes": minutes.get(name.partition(".")[0])} for name, own in found.items()}


def _known(value: float) -> float | None:
    """A figure to a tenth; NaN is one that nobody knows."""
    return None if value != value else round(value, 1)  # noqa: PLR0124
