"""What the environment says: overrides of the file, and secrets.

    OMROEPER_CONFIG                          the file, when --config is not given
    OMROEPER_SECRETS_DIR                     the folder of the secrets
    OMROEPER_HUB__LISTEN, OMROEPER_STORE__…  a key of [hub] or [store]
    OMROEPER_CHANNEL__SMS_PRIMARY__BASE_URL  a key of [channel."sms.primary"]
    OMROEPER_SECRET__SMS_PRIMARY__TOKEN      a secret of that account

A value that begins with `[` or `{` is JSON. Any other variable with the prefix is an error: a
misspelt one must not be ignored in silence.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from broadcaster.settings.problems import ENVIRONMENT, Problem, closest
from broadcaster.settings.sections import Hub, Section, Store

PREFIX = "OMROEPER_"
_ALONE = {"OMROEPER_CONFIG", "OMROEPER_SECRETS_DIR"}
_SECTIONS: dict[str, type[Section]] = {"hub": Hub, "store": Store}


@dataclass(slots=True)
class Overrides:
    """What the environment changes. `origins` says which variable set a key of the file."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    origins: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def variable_of(account: str) -> str:
    """How a variable spells an account's name: "sms.primary" is SMS_PRIMARY."""
    return account.replace(".", "_").replace("-", "_").upper()


def read(environ: Mapping[str, str], accounts: Iterable[str]) -> Overrides:
    """What `environ` says about a configuration with these accounts."""
    overrides = Overrides()
    known = {variable_of(account): account for account in accounts}
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name not in _ALONE:
            _one(overrides, known, name, value)
    return overrides


def _one(overrides: Overrides, known: Mapping[str, str], name: str, value: str) -> None:
    match name.removeprefix(PREFIX).split("__"):
        case [("HUB" | "STORE") as section, key]:
            _override(overrides, section.lower(), key.lower(), name, value)
        case ["CHANNEL", variable, key] if variable in known:
            account = known[variable]
            overrides.channels.setdefault(account, {})[key.lower()] = _value(value)
            overrides.origins[f'channel."{account}".{key.lower()}'] = name
        case ["SECRET", variable, key] if variable in known:
            overrides.secrets.setdefault(known[variable], {})[key.lower()] = value
        case ["CHANNEL" | "SECRET", variable, _]:
            remedy = closest(variable, known)
            overrides.problems.append(Problem(ENVIRONMENT, name, "belongs to no account in the file", remedy))
        case _:
            remedy = "remove it, or spell it as OMROEPER_HUB__LISTEN or OMROEPER_SECRET__SMS_PRIMARY__TOKEN"
            overrides.problems.append(Problem(ENVIRONMENT, name, "is not a known variable", remedy))


def _override(overrides: Overrides, section: str, key: str, name: str, value: str) -> None:
    fields = _SECTIONS[section].model_fields
    if key not in fields:
        overrides.problems.append(Problem(ENVIRONMENT, name, "is not a known variable", closest(key, fields)))
        return
    overrides.tables.setdefault(section, {})[key] = _value(value)
    overrides.origins[f"{section}.{key}"] = name


def _value(text: str) -> Any:
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
