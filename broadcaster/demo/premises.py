"""The folder of the demo's installation, made the way `omroeper init`, `migrate`, `user add`, `token
create` and `audience import` make one."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from types import MappingProxyType

from sqlalchemy import Connection

from broadcaster.clock import SystemClock
from broadcaster.data import find
from broadcaster.demo.residents import audience_file
from broadcaster.model.events import SYSTEM
from broadcaster.model.people import Role
from broadcaster.seal import create_keys, load_seal
from broadcaster.seal.passwords import SHORTEST
from broadcaster.settings import Settings, load
from broadcaster.store import alerts
from broadcaster.store.audience import SealedRecipient
from broadcaster.wiring import staff, stores
from broadcaster.workflow import importing
from broadcaster.workflow.receiving import hook_key

_OFFICER = frozenset({Role.AUTHOR, Role.APPROVER})
_CONFIGURATION = "omroeper.toml"
_NOTHING_SET: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who may write and approve, but not approve what they wrote."""

    name: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Premises:
    """An installation on disk. `addresses`: of all recipients and public channels. `screens`: the token of each point's
    display. `hooks`: where each provider reports, by account, as a path. `roots`: the fingerprint that a display of
    each mode has pinned."""

    settings: Settings
    addresses: int
    writer: Officer
    approver: Officer
    screens: Mapping[str, str] = field(repr=False)
    hooks: Mapping[str, str] = field(repr=False)
    roots: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.settings.home


def make(
    folder: Path, ports: Mapping[str, int], recipients: int, seed: int, environ: Mapping[str, str] = _NOTHING_SET
) -> Premises:
    """Make everything in `folder`. `ports`: of the hub (`hub_port`, 0 for any) and the simulators. `environ`:
    changes to the configuration; never this process's own, which may be of a real installation."""
    settings = _configured(folder, ports, environ)
    roots = create_keys(settings.keys_folder)
    stores.bring_up_to_date(settings)
    audience = _sealed_audience(settings, recipients, seed)
    store = stores.database(settings)
    try:
        with store.engine.begin() as conn:
            organisations = [(item.id, item.name, item.sender) for item in settings.organisations]
            alerts.sync_organisations(conn, organisations)
            importing.take(conn, organisations[0][0], audience, SYSTEM, SystemClock().now())
            writer, approver = (_officer(conn, settings, name) for name in ("M. Jansen", "S. de Vries"))
            screens = {point.id: staff.create_token(conn, settings, None, point.id)[1] for point in settings.points}
    finally:
        store.close()
    posts = sum(len(account.options.get("posts", {})) for account in settings.accounts)
    addresses = sum(len(recipient.addresses) for recipient in audience) + posts
    seal = load_seal(settings.keys_folder)
    hooks = {account.name: f"/hooks/{account.name}/{hook_key(seal, account.name)}" for account in settings.accounts}
    return Premises(settings, addresses, writer, approver, screens, hooks, roots)


def _configured(folder: Path, ports: Mapping[str, int], environ: Mapping[str, str]) -> Settings:
    """The configuration file with its areas and its secrets, read back."""
    example = find("config")
    text = (example / "demo" / _CONFIGURATION).read_text(encoding="utf-8")
    file = folder / _CONFIGURATION
    file.write_text(Template(text).substitute(ports), encoding="utf-8")
    shutil.copytree(example / "areas", folder / "areas")
    (folder / "secrets").mkdir(mode=0o700)
    for account in ("sms.primary", "sms.secondary", "telegram.main"):
        (folder / "secrets" / f"{account}.token").write_text(secrets.token_hex(16), encoding="ascii")
    return load(file, environ)


def _sealed_audience(settings: Settings, recipients: int, seed: int) -> list[SealedRecipient]:
    file = settings.home / "audience.csv"
    file.write_bytes(audience_file(recipients, seed))
    found = importing.parse(file.read_bytes(), {area.id for area in settings.areas})
    seal = load_seal(settings.keys_folder)
    return [importing.sealed(seal, recipient) for recipient in found]


def _officer(conn: Connection, settings: Settings, name: str) -> Officer:
    password = secrets.token_hex(SHORTEST // 2)
    staff.add(conn, name, _OFFICER, password)
    return Officer(name, password, staff.create_token(conn, settings, name, None)[1])
