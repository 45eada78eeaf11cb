"""Every setting as it holds, with where it comes from: for whoever looks why a hub does what it does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from broadcaster.settings.loading import Settings, place_of
from broadcaster.settings.sections import Account, Section

_USER = re.compile(r"(?<=//)[^/@\s]*@")
_SECRET = re.compile(r"(?i)((?:pass|secret|token|key)\w*=)[^&\s]*")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. key: as the file has it; value: as text, without what opens anything; origin: the file or the
    variable that says so, empty for a default."""

    key: str
    value: str
    origin: str


def listed(settings: Settings) -> dict[str, list[Setting]]:
    """Every table, by its name in the file, with its settings."""
    tables = {place: list(_of(settings, place, section)) for place, section in _sections(settings)}
    if not settings.manual:  # `manual = []`: nothing is asked by hand, and that was chosen
        tables["manual"] = [Setting("manual", "[]", settings.origins.get("manual", ""))]
    return tables


def _sections(settings: Settings) -> Iterator[tuple[str, Section]]:
    yield "hub", settings.hub
    yield "store", settings.store
    yield "reminders", settings.reminders
    if settings.oidc is not None:
        yield "oidc", settings.oidc
    for account in settings.accounts:
        yield f'channel."{account.name}"', account
    for key, name in _MANY.items():
        for n, section in enumerate(getattr(settings, name), 1):
            yield place_of(key, n, getattr(section, "id", None)), section


_MANY = {
    "organisation": "organisations",
    "area": "areas",
    "point": "points",
    "manual": "manual",
    "contact": "contacts",
}


def _of(settings: Settings, place: str, section: Section) -> Iterator[Setting]:
    values = dict(section)
    if isinstance(section, Account):
        values = {"module": section.module, "failover": section.failover, **section.options}
    for name, value in values.items():
        key = f"{place}.{name}"
        yield Setting(name, said(value), settings.origins.get(key, ""))


def said(value: Any) -> str:
    """A value as text. A name and a password in an address, and a secret behind a question mark, are left out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ", ".join(map(said, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} = {said(item)}" for key, item in value.items())
    return _SECRET.sub(r"\1…", _USER.sub("…@", str(value)))
