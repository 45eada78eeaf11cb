"""The accounts of a configuration: what each module makes of its table, and what it still lacks."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError

from broadcaster.channel import ChannelModule, Spec
from broadcaster.settings import Account, ConfigurationError, Problem, Settings
from broadcaster.settings.problems import from_validation
from broadcaster.wiring.contacts import configured_contacts
from broadcaster.workflow.house import AccountState, House

DISPLAY_MODULE = "channels.display"


@dataclass(frozen=True, slots=True)
class Wired:
    """One configured account: what its module makes of it, and which secrets it still lacks."""

    account: Account
    module: ChannelModule = field(repr=False)
    options: Any = field(repr=False)
    spec: Spec
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """The account's name ("sms.primary")."""
        return self.account.name

    @property
    def on(self) -> bool:
        """Whether it has what it needs to send."""
        return not self.missing and not self.spec.pull


def load_module(name: str) -> ChannelModule:
    """The channel module of that name. ImportError when there is none."""
    return cast(ChannelModule, importlib.import_module(name))


def accounts(settings: Settings, *, rehearsed: bool = False) -> list[Wired]:
    """Every configured account. ConfigurationError with all problems of all accounts.

    `rehearsed`: for a drill, which never opens a secret; there every account is off.
    """
    wired: list[Wired] = []
    problems: list[Problem] = []
    for account in settings.accounts:
        try:
            wired.append(_wire(settings, account, rehearsed=rehearsed))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return wired


def _wire(settings: Settings, account: Account, *, rehearsed: bool) -> Wired:
    key = f'channel."{account.name}"'
    try:
        module = load_module(account.module)
    except ImportError:
        raise _wrong(
            settings, f"{key}.module", "is not a channel module", "give one such as 'channels.sms_cm'"
        ) from None
    try:
        options = module.Settings.model_validate(_placed(settings, account.options))
    except ValidationError as error:
        raise ConfigurationError(from_validation(error, module.Settings, settings.path.name, key)) from None
    spec = module.spec(options)
    if spec.kind != account.kind:
        raise _wrong(
            settings,
            f"{key}.module",
            f"is for {spec.kind}",
            f"name the account '{spec.kind}.…', or give another module",
        )
    secrets = {} if rehearsed else settings.secrets_of(account.name)
    return Wired(account, module, options, spec, tuple(name for name in spec.required_secrets if name not in secrets))


def _placed(settings: Settings, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their files where they are: a relative path counts from the configuration's folder."""
    return {
        key: str(settings.home / value) if key.endswith("_file") and isinstance(value, str) else value
        for key, value in options.items()
    }


def _wrong(settings: Settings, key: str, message: str, remedy: str) -> ConfigurationError:
    return ConfigurationError([Problem(settings.path.name, key, message, remedy)])


def house_of(settings: Settings, wired: list[Wired]) -> House:
    """What the workflow knows of the installation. The first account of a kind says how texts are fitted."""
    display = load_module(DISPLAY_MODULE)
    specs = {"display": display.spec(display.Settings())}
    starting: dict[str, str] = {}
    for item in wired:
        specs.setdefault(item.spec.kind, item.spec)
        if item.on:
            starting.setdefault(item.spec.kind, item.name)
    states = tuple(AccountState(item.name, item.on, tuple(item.spec.required_secrets)) for item in wired)
    return House(settings, specs, starting, contacts=configured_contacts(settings), configured=states)
