"""The tables of the configuration file. Each field's description says what to write there."""

import re
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[^:\s\[\]]+):(?P<port>\d{1,5})")
_CIRCLE = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?) (\d+(?:\.\d+)?)")
_PLACE = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_DATABASE = re.compile(r"sqlite:///.+|postgresql(\+psycopg)?://.*")

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Label = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z]{2,8})?$")]


def _once(items: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(items)) < len(items):
        raise ValueError("names something twice")
    return items


Ids = Annotated[tuple[Id, ...], Field(min_length=1), AfterValidator(_once)]
Languages = Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(_once)]


def checked_listen(text: str) -> str:
    """An address and a port; ValueError says that it is none."""
    match = _LISTEN.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise ValueError("is not an address and a port")
    return text


def checked_url(text: str) -> str:
    """An address on the web without a slash at its end; ValueError says that it is none."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is not an http or https address")
    return text.rstrip("/")


def checked_timezone(text: str) -> str:
    """The name of a time zone; ValueError says that it is none."""
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):  # a folder's name is an OSError; an unknown one a KeyError
        raise ValueError("is not a known time zone") from None
    return text


def _circle(text: str) -> str:
    match = _CIRCLE.fullmatch(text)
    if match is None:
        raise ValueError("does not have the right form")
    latitude, longitude, radius = map(float, match.groups())
    if abs(latitude) > 90 or abs(longitude) > 180 or not 0 < radius <= 1000:
        raise ValueError("does not lie on this earth")
    return text


def _location(text: str) -> str:
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ValueError("does not have the right form")
    if abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
        raise ValueError("does not lie on this earth")
    return text


def _database(text: str) -> str:
    if _DATABASE.fullmatch(text) is None:
        raise ValueError("is not the address of a database")
    return text


class Section(BaseModel):
    """a table"""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Hub(Section):
    """the table [hub]"""

    listen: Annotated[
        str, AfterValidator(checked_listen), Field(description="an address and a port, such as '127.0.0.1:8080'")
    ] = "127.0.0.1:8080"
    public_url: Annotated[
        Annotated[str, AfterValidator(checked_url)] | None,
        Field(description="the address others reach the hub by, such as 'https://crisis.voorbeeldstad.example'"),
    ] = None
    languages: Annotated[
        Languages, Field(description="the codes of the languages that every release needs, such as ['nl', 'en']")
    ] = ("nl", "en")
    timezone: Annotated[
        str, AfterValidator(checked_timezone), Field(description="the name of a time zone, such as 'Europe/Amsterdam'")
    ] = "Europe/Amsterdam"
    export: Annotated[Path | None, Field(description="a folder that a web server shows, such as '/srv/www/boards'")] = (
        None
    )
    scenarios: Annotated[
        Path | None,
        Field(description="a folder with scenarios of your own, such as 'scenarios'"),
    ] = None
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        Field(description="addresses or networks whose X-Forwarded-For is believed, such as ['10.1.0.0/16']"),
    ] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    grace: Annotated[
        int,
        Field(ge=0, le=86400, description="how many seconds a planned release may be late before an officer is asked"),
    ] = 600
    check_group: Annotated[
        Label, Field(description="the group of the audience that gets check messages, of people who agreed to it")
    ] = "controlegroep"
    check_days: Annotated[
        int, Field(ge=1, le=366, description="after how many days without a check message one is asked for")
    ] = 35
    silent_after: Annotated[
        int,
        Field(ge=90, le=3600, description="after how many seconds without a sign a screen that was heard is silent"),
    ] = 150

    mandates: Annotated[
        bool, Field(description="true when an officer with a signed mandate may release a scenario alone, else false")
    ] = False

    @property
    def host(self) -> str:
        """Where to listen, without the port."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on; 0 is any free one."""
        return int(self.listen.rpartition(":")[2])

    @property
    def url(self) -> str:
        """How others reach the hub, without a slash at the end."""
        return self.public_url or f"http://{self.listen}"

    @property
    def origin(self) -> str:
        """What a browser calls the site of the hub's pages (RFC 6454): scheme, host and port."""
        scheme, _, rest = self.url.lower().partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def passkey_domain(self) -> str | None:
        """The name that passkeys are made for (Web Authentication level 3, section 5.1.2); None for an IP address."""
        host = urlsplit(self.url).hostname or ""
        try:
            ip_address(host)
        except ValueError:
            return host
        return None

    def is_proxy(self, address: str) -> bool:
        """Whether a request from this address may say whom it is passed on for."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.trusted_proxies)

    @property
    def zone(self) -> ZoneInfo:
        """The hub's time zone."""
        return ZoneInfo(self.timezone)


Minutes = Annotated[int, Field(ge=1, le=1440)]


class Reminders(Section):
    """the table [reminders]"""

    approvers: Annotated[
        Minutes, Field(description="after how many minutes approvers hear that a message waits, such as 3")
    ] = 3
    deputies_from: Annotated[
        Minutes, Field(description="after how many minutes the deputies hear it as well, such as 8")
    ] = 8
    repeat: Annotated[Minutes, Field(description="how many minutes apart it is repeated, such as 5")] = 5
    update: Annotated[
        Minutes, Field(description="how many minutes before a promised message its author hears it, such as 15")
    ] = 15
    deputies: Annotated[
        tuple[str, ...], AfterValidator(_once), Field(description="names as 'omroeper user list' has them, in order")
    ] = ()

    @model_validator(mode="after")
    def _check_order(self) -> "Reminders":
        if self.deputies_from < self.approvers:
            raise ValueError("has deputies_from before approvers")
        return self


class Organisation(Section):
    """a table [[organisation]] with an id, a name and a sender"""

    id: Annotated[Id, Field(description="a short name of small letters, digits and hyphens")]
    name: Annotated[Label, Field(description="the name that residents see, at most 100 characters")]
    sender: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^\s,<&]+$",  # CAP 1.2, section 3.2.1, sender
            description="the CAP sender, a domain name without spaces, commas, '<' or '&'",
        ),
    ]


class Area(Section):
    """a table [[area]] with an id, a name, and either geometry or circle"""

    id: Annotated[Id, Field(description="a short name of small letters, digits and hyphens")]
    name: Annotated[Label, Field(description="the name that people use, at most 100 characters")]
    geometry: Annotated[
        Path | None, Field(description="a GeoJSON file with a polygon, such as 'areas/noord.geojson'")
    ] = None
    circle: Annotated[
        Annotated[str, AfterValidator(_circle)] | None,
        Field(description="latitude, longitude and kilometres, such as '52.09,5.12 3.0'"),
    ] = None

    @model_validator(mode="after")
    def _check_one_shape(self) -> "Area":
        if (self.geometry is None) == (self.circle is None):
            raise ValueError("needs either geometry or circle")
        return self


class Store(Section):
    """the table [store]"""

    url: Annotated[
        str,
        AfterValidator(_database),
        Field(repr=False, description="'sqlite:///FILE' or 'postgresql://USER@HOST/NAME'"),
    ] = "sqlite:///omroeper.db"
    owner_url: Annotated[
        str | None,
        Field(repr=False, description="'postgresql://OWNER@HOST/NAME', the role that may change the schema"),
    ] = None
    takeover: Annotated[
        float,
        Field(ge=1, le=300, description="seconds of silence, 20, after which another process takes over"),
    ] = 20.0
    keep_free: Annotated[
        int, Field(ge=1, description="megabytes of disk that stay free: with fewer nothing new is released")
    ] = 256


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    if parts.query or parts.fragment or not parts.hostname:
        raise ValueError("is not the address of a provider")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("does not begin with https://")
    return text


class Oidc(Section):
    """the table [oidc]: a provider of OpenID Connect at which people may sign in"""

    issuer: Annotated[
        str,
        AfterValidator(_issuer),
        Field(
            description="the provider's issuer, letter for letter, such as 'https://aanmelden.voorbeeldstad.example'"
        ),
    ]
    client_id: Annotated[str, Field(min_length=1, max_length=200, description="what the provider calls this hub")]
    name: Annotated[Label, Field(description="what people call it, for the button, such as 'Voorbeeldstad'")]
    key: Annotated[Path, Field(description="a PEM file with an RSA key of at least 2048 bits")] = Path("keys/oidc.pem")
    scopes: Annotated[
        tuple[str, ...], AfterValidator(_once), Field(min_length=1, description="what is asked for, such as ['openid']")
    ] = ("openid",)

    @property
    def is_local(self) -> bool:
        """Whether the provider is on this machine, so that it needs no TLS."""
        return urlsplit(self.issuer).scheme == "http"


class Account(Section):
    """a table [channel."KIND.NAME"]: an account at a provider. `options` belong to the module."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9]*\.[a-z0-9_-]+$",
            description='a kind, a dot and a name in quotes: [channel."sms.primary"]',
        ),
    ]
    module: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", description="the adapter's module, such as 'channels.sms_cm'"
        ),
    ]
    failover: Annotated[
        tuple[str, ...],
        AfterValidator(_once),
        Field(description="accounts of the same kind, such as ['sms.secondary']"),
    ] = ()
    options: dict[str, Any] = Field(default={}, repr=False)

    @property
    def kind(self) -> str:
        """What a draft's `channels` name: the part before the dot."""
        return self.name.partition(".")[0]


class Point(Section):
    """a table [[point]] with an id, a name, a kind, areas and languages"""

    id: Annotated[Id, Field(description="a short name of small letters, digits and hyphens")]
    name: Annotated[Label, Field(description="the name on the door, at most 100 characters")]
    kind: Annotated[Literal["local", "regional"], Field(description="'local' or 'regional'")]
    areas: Annotated[Ids, Field(description="the ids of the areas it serves, such as ['noord']")]
    languages: Annotated[
        Languages, Field(description="the codes of the languages it shows, such as ['nl', 'en', 'ar']")
    ]
    location: Annotated[
        Annotated[str, AfterValidator(_location)] | None,
        Field(description="latitude and longitude, such as '52.1012,5.1214'"),
    ] = None
    under: Annotated[
        Id | None, Field(description="the id of the regional point whose relay serves it, such as 'regio-noord'")
    ] = None


class Contact(Section):
    """a table [[contact]] with a kind, a value and a label"""

    kind: Annotated[
        Literal["phone", "url", "email", "address"], Field(description="'phone', 'url', 'email' or 'address'")
    ]
    value: Annotated[str, Field(min_length=1, max_length=200, description="the number or address, as people read it")]
    label: Annotated[Label, Field(description="whose it is, at most 100 characters")]
    source: Annotated[str, Field(max_length=200, description="where it is published")] = ""
    until: Annotated[
        date | None, Field(description="the last day on which it holds without a new look, such as 2027-12-31")
    ] = None
