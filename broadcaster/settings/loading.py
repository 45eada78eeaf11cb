"""Reading the file, the environment and the folder of secrets into one value."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from broadcaster.settings import checks, environment
from broadcaster.settings.manual import DEFAULTS, Manual
from broadcaster.settings.problems import ENVIRONMENT, ConfigurationError, Problem, closest, from_validation
from broadcaster.settings.sections import (
    Account,
    Area,
    Contact,
    Hub,
    Oidc,
    Organisation,
    Point,
    Reminders,
    Section,
    Store,
)

T = TypeVar("T", bound=Section)
_TABLES = {"hub", "organisation", "area", "store", "channel", "point", "contact", "reminders", "oidc", "manual"}
CONTACTS = "contacts.toml"
"""The file, beside the configuration, with the contacts that are the same in the whole country."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole configuration. Paths in it are absolute."""

    path: Path
    hub: Hub
    store: Store
    organisations: tuple[Organisation, ...]
    areas: tuple[Area, ...]
    accounts: tuple[Account, ...]
    points: tuple[Point, ...]
    contacts: tuple[Contact, ...]
    reminders: Reminders
    manual: tuple[Manual, ...]
    secrets_folder: Path
    _secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    oidc: Oidc | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The folder of the file: relative paths count from it."""
        return self.path.parent

    @property
    def keys_folder(self) -> Path:
        """Where the keys of this installation are."""
        return self.home / "keys"

    def account(self, name: str) -> Account:
        """The account of that name. KeyError when there is none."""
        for account in self.accounts:
            if account.name == name:
                return account
        raise KeyError(name)

    def scope_of(self, point: str) -> frozenset[str]:
        """What a device of `point` may serve: that one and those under it; nothing when there is no such point."""
        return frozenset(item.id for item in self.points if point in (item.id, item.under))

    def secrets_of(self, account: str) -> dict[str, str]:
        """The secrets of an account by key, read now: files `<account>.<key>`, and over them the environment.

        An empty one is as good as none. ConfigurationError when a file cannot be read.
        """
        secrets = dict(_secret_files(self.secrets_folder, account)) | dict(self._secrets.get(account, {}))
        return {key: value for key, value in secrets.items() if value}


def _secret_files(folder: Path, account: str) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob(f"{account}.*")):
        try:
            yield file.name.removeprefix(f"{account}."), file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError(
                [Problem(str(file), "", "cannot be read", "give it to the user that runs omroeper, as UTF-8 text")]
            ) from None


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The configuration in `path` with the overrides of `environ`. ConfigurationError with every problem."""
    return _Reading(path.absolute(), environ).settings()


def contacts_in(file: Path) -> tuple[Contact, ...]:
    """The contacts of a file of their own. ConfigurationError with every problem."""
    content = parse(file)
    tables = content.get("contact", [])
    problems = [
        Problem(file.name, key, "is not a known table", "write [[contact]]") for key in content.keys() - {"contact"}
    ]
    found: list[Contact] = []
    for n, table in enumerate(tables if isinstance(tables, list) else [tables], 1):
        try:
            found.append(Contact.model_validate(table))
        except ValidationError as error:
            problems += from_validation(error, Contact, file.name, f"contact[{n}]")
    if problems:
        raise ConfigurationError(problems)
    return tuple(found)


def parse(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. ConfigurationError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        remedy = "make one with 'omroeper init DIR', or name yours with --config FILE"
        raise ConfigurationError([Problem(str(path), "", "does not exist", remedy)]) from None
    except OSError:
        remedy = "name a file that this user may read"
        raise ConfigurationError([Problem(str(path), "", "cannot be read", remedy)]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([Problem(str(path), "", "is not UTF-8", "save it as UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        place = str(error).rpartition("(")[2].rstrip(")")
        raise ConfigurationError([Problem(str(path), "", f"is not TOML {place}", "mend that place")]) from None


class _Reading:
    """One reading of one file: collects problems until the end."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.path = path
        self.file = path.name
        self.content = parse(path)
        self.overrides = environment.read(environ, self._table("channel"))
        self.secrets_folder = path.parent / environ.get("OMROEPER_SECRETS_DIR", "secrets")
        self.problems = [*self._unknown_tables(), *self.overrides.problems]
        if "OMROEPER_SECRETS_DIR" in environ and not self.secrets_folder.is_dir():
            remedy = "make it, or name another"
            self.problems.append(Problem(ENVIRONMENT, "OMROEPER_SECRETS_DIR", "is not a folder", remedy))

    def settings(self) -> Settings:
        """Everything, or ConfigurationError with all that is wrong."""
        hub = self._with_folders(self._one(Hub, "hub", self._overridden("hub")))
        store = self._one(Store, "store", self._overridden("store"))
        reminders = self._one(Reminders, "reminders", self.content.get("reminders", {}))
        oidc = self._oidc()
        organisations = self._many(Organisation, "organisation")
        areas = tuple(self._placed(area) for area in self._many(Area, "area"))
        accounts = self._accounts()
        points = self._many(Point, "point")
        contacts = self._many(Contact, "contact")
        manual = self._many(Manual, "manual") if "manual" in self.content else DEFAULTS
        self.problems += [
            *checks.manual(self.file, self._ids("manual")),
            *checks.organisations(self.file, self._ids("organisation")),
            *checks.areas(self.file, areas, self._ids("area")),
            *checks.accounts(self.file, accounts, list(self._table("channel"))),
            *checks.points(self.file, points, self._ids("point"), self._ids("area")),
            *(checks.store(self.file, store) if store else ()),
            *(checks.scenarios(self.file, hub.scenarios) if hub else ()),
            *(checks.oidc(self.file, oidc, hub) if oidc and hub else ()),
        ]
        if self.problems or hub is None or store is None or reminders is None:
            raise ConfigurationError(self._blamed(problem) for problem in self.problems)
        secrets = self.overrides.secrets
        noun = (organisations, areas, accounts, points, contacts, reminders, manual)
        return Settings(self.path, hub, store, *noun, self.secrets_folder, secrets, oidc, self._origins())

    def _origins(self) -> dict[str, str]:
        """Where each setting comes from: the file, or a variable."""
        named = [(key, self._table(key)) for key in ("hub", "store", "reminders", "oidc")]
        named += [(f'channel."{name}"', table) for name, table in self._table("channel").items()]
        named += [(_place(key, n, one), one) for key in self.content for n, one in enumerate(self._tables(key), 1)]
        keys = {f"{place}.{key}" for place, table in named for key in table} | self.content.keys()
        return dict.fromkeys(keys, self.file) | self.overrides.origins

    def _unknown_tables(self) -> Iterator[Problem]:
        for key in self.content.keys() - _TABLES:
            yield Problem(self.file, key, "is not a known table", closest(key, _TABLES))

    def _blamed(self, problem: Problem) -> Problem:
        """The problem, at the variable that set the key."""
        origin = self.overrides.origins.get(problem.key)
        return replace(problem, file=ENVIRONMENT, key=origin) if origin else problem

    def _table(self, key: str) -> dict[str, Any]:
        table = self.content.get(key, {})
        return table if isinstance(table, dict) else {}

    def _tables(self, key: str) -> list[Any]:
        tables = self.content.get(key, [])
        return tables if isinstance(tables, list) else []

    def _ids(self, key: str) -> list[str]:
        """The ids of the tables under `key`, of broken ones too: one mistake is named once."""
        ids = [table.get("id") for table in self._tables(key) if isinstance(table, dict)]
        return [one for one in ids if isinstance(one, str)]

    def _overridden(self, key: str) -> object:
        table = self.content.get(key, {})
        return table | self.overrides.tables.get(key, {}) if isinstance(table, dict) else table

    def _one(self, section: type[T], key: str, table: object) -> T | None:
        try:
            return section.model_validate(table)
        except ValidationError as error:
            self.problems += from_validation(error, section, self.file, key)
            return None

    def _many(self, section: type[T], key: str) -> tuple[T, ...]:
        if not isinstance(self.content.get(key, []), list):
            self.problems.append(Problem(self.file, key, "is one table", f"write it as [[{key}]]"))
        found = (self._one(section, _place(key, n, table), table) for n, table in enumerate(self._tables(key), 1))
        return tuple(one for one in found if one is not None)

    def _with_folders(self, hub: Hub | None) -> Hub | None:
        if hub is None:
            return None
        return hub.model_copy(update={name: self.path.parent / value for name, value in hub if isinstance(value, Path)})

    def _oidc(self) -> Oidc | None:
        found = self._one(Oidc, "oidc", self.content["oidc"]) if "oidc" in self.content else None
        return found and found.model_copy(update={"key": self.path.parent / found.key})

    def _placed(self, area: Area) -> Area:
        return area.model_copy(update={"geometry": self.path.parent / area.geometry}) if area.geometry else area

    def _accounts(self) -> tuple[Account, ...]:
        if not isinstance(self.content.get("channel", {}), dict):
            remedy = 'write it as [channel."sms.primary"]'
            self.problems.append(Problem(self.file, "channel", "is not a table of accounts", remedy))
        found = (self._account(name, table) for name, table in self._table("channel").items())
        return tuple(one for one in found if one is not None)

    def _account(self, name: str, table: object) -> Account | None:
        key = f'channel."{name}"'
        if not isinstance(table, dict) or ("." not in name and any(isinstance(one, dict) for one in table.values())):
            remedy = f'put the whole name in quotes: [channel."{name}.primary"]'
            self.problems.append(Problem(self.file, key, "is not an account", remedy))
            return None
        own = {field: table[field] for field in ("module", "failover") if field in table}
        options = {option: value for option, value in table.items() if option not in own}
        changed = self.overrides.channels.get(name, {})
        own |= {field: changed[field] for field in ("module", "failover") if field in changed}
        options |= {option: value for option, value in changed.items() if option not in own}
        return self._one(Account, key, {"name": name, "options": options, **own})


def _place(key: str, n: int, table: object) -> str:
    """How a problem names the `n`th table under `key`: by its id, if it has one."""
    return place_of(key, n, table.get("id") if isinstance(table, dict) else None)


def place_of(key: str, n: int, name: object) -> str:
    """The `n`th table under `key`, by the id that it has."""
    return f'{key}."{name}"' if isinstance(name, str) else f"{key}[{n}]"
