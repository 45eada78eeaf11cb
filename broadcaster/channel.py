"""THE PORT: what the house asks of a channel, and all it will ever know of one.

A channel module exposes `spec(settings) -> Spec` (pure, safe in a drill: no credential, no I/O)
and, unless it is pulled, `connect(name, settings, secrets, clock) -> Channel`, one live account at
one provider. `settings` is the module's own pydantic model, exposed as `Settings`. Among the secrets is
`house`: a key for this kind that nobody had to make, the same until the house has another seal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from broadcaster.clock import Clock
from broadcaster.model.finding import Finding
from broadcaster.model.rendition import Hole, Rendition


class FailureKind(StrEnum):
    """Why one attempt did not end in acceptance: a closed set, each with one consequence."""

    BAD_ADDRESS = "bad-address"  # the provider refused this recipient for good
    OPTED_OUT = "opted-out"  # this recipient wants nothing from us
    BAD_CONTENT = "bad-content"  # the provider refused this text
    BAD_CONFIG = "bad-config"  # the provider refused us: key, sender, contract
    THROTTLED = "throttled"  # not taken, come back later; burns no attempt
    UNREACHABLE = "unreachable"  # certainly not sent
    UNCERTAIN = "uncertain"  # written, and no usable answer: it may have been sent


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken it. `ref` is the provider's own id, if it gave one."""

    ref: str | None = None
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt did not end in acceptance. `detail` never holds the address or a secret;
    `retry_after` is in seconds. `whole_account`: a throttled provider wants nothing from this account
    for that long; False when only this recipient (its domain, its chat) must wait and others may go on.
    `said`: what the provider said besides that is a fact (the chat moved, the reader left), for `facts`
    to read; it is kept and applied like all that providers send."""

    kind: FailureKind
    detail: str
    provider_code: str | None = None
    retry_after: float | None = None
    whole_account: bool = True
    said: "Inbound | None" = field(default=None, repr=False)


Outcome = Accepted | Failed


class Parcel(NamedTuple):
    """One transmission to one address. `reference` is the same every time this delivery is sent.
    `unsubscribe`: where its reader says no more, set when the rendition has a hole for it. (A tuple: making a frozen
    dataclass takes four times as long, and there is one for each message.)"""

    reference: str
    address: str
    rendition: Rendition
    expires_at: datetime
    unsubscribe: str = ""

    def __repr__(self) -> str:
        """Without what is about its reader."""
        return f"Parcel(reference={self.reference!r}, rendition={self.rendition.id!r}, expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True)
class Texts:
    """What a layout made for one kind and language, before the channel fits it.

    `word` is the exercise word in this language (None when the alert is real): it stands at both ends
    of every text, and in every SMS segment. `sent_at` is the instant of submit. `without_accents`: the author
    chose plain letters where accents make a text dearer. `one_click`: whether the reader's own link ends it with one
    press (RFC 8058), and not on a page where they sign in first.
    """

    language: str
    text: str
    sent_at: datetime
    subject: str | None = None
    html: str | None = None
    word: str | None = None
    without_accents: bool = False
    one_click: bool = True


@dataclass(frozen=True, slots=True)
class Fitted:
    """What will go out, and what there is to say about it."""

    text: str
    payload: bytes
    holes: tuple[Hole, ...] = ()
    encoding: str | None = None
    segments: int | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """What a channel is, without any account at it.

    kind: the part of the account's name before the dot ("sms"). batch: parcels per `send`.
    concurrency: `send` calls under way at once. per_second: recipients. deduplicates: the provider
    drops a second message with our reference. receipts: the provider tells what arrived. pull: nothing
    is sent, readers come for it.
    required_secrets: without these the account is off. check_address: the reason an address cannot
    be used here, or None. fit: make the text fit the channel. posts: public channels of ours, an address by
    language: each gets every alert of this kind in its language. internet: readers need the internet for it.
    """

    kind: str
    check_address: Callable[[str], str | None]
    fit: Callable[[Texts], Fitted]
    batch: int = 1
    concurrency: int = 32
    per_second: float = 100.0
    deduplicates: bool = False
    receipts: bool = False
    pull: bool = False
    internet: bool = False
    required_secrets: tuple[str, ...] = ()
    posts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a provider sent us, byte for byte."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word on a message it took earlier."""

    reference: str
    delivered: bool
    final: bool
    address: str | None = field(default=None, repr=False)
    provider_code: str | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Somebody asked for our messages, of one area or (None) of all.

    `chosen`: the language was asked for; else it is a guess, which holds for who is new alone. `at`: when it was
    said, by the provider's own clock, so that of two words the later one holds in whatever order they come; None
    where the provider does not tell: then it is when we received it. Its microseconds may count words of one second.
    """

    address: str = field(repr=False)
    language: str | None = None
    area: str | None = None
    chosen: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """Somebody wants no more of them: known by the address, or by the reference of something they got. `at` as for
    `Subscribed`."""

    address: str = field(default="", repr=False)
    reference: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """An address was replaced by another."""

    address: str = field(repr=False)
    to: str = field(repr=False)


Fact = Receipt | Subscribed | Unsubscribed | Moved


class Channel(Protocol):
    """One live account at one provider. One attempt per call: no sleep, no retry, no exception for
    an expected failure."""

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """Send at most `Spec.batch` parcels; one outcome per parcel, in order."""

    async def probe(self) -> Failed | None:
        """Test the link without sending anything; None when it works."""

    def facts(self, inbound: Inbound) -> list[Fact]:
        """What a provider's request says. Pure; ValueError when it is not of this provider."""

    async def aclose(self) -> None:
        """Let go of connections."""


# --- what a channel may also be able to do ---------------------------------------------------------


@runtime_checkable
class Announcing(Protocol):
    """A channel that tells its provider where to send what readers say."""

    async def announce(self, url: str) -> Failed | None:
        """Name the hook of this account; None when the provider took it. May be repeated at will."""


@runtime_checkable
class Fetching(Protocol):
    """A channel that has to ask its provider what readers say, because nothing can reach us."""

    async def fetch(self, after: int) -> "Fetched | Failed":
        """What was said after number `after` (0: all that the provider still has), waiting a while for it. Asking
        also tells the provider that it may forget all up to that number: so ask when that is stored."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a provider had for us, and the number of the last of it."""

    inbound: tuple[Inbound, ...]
    last: int


@runtime_checkable
class Conversing(Protocol):
    """A channel whose readers get an answer in fixed words: never an alert, and no promise."""

    async def acknowledge(self, inbound: Inbound) -> None:
        """Answer what somebody said, if it asks for an answer. Never raises for what the provider does; ValueError
        when it is not of this provider."""


class ChannelModule(Protocol):
    """What a file in `channels/` exposes."""

    Settings: type[Any]

    def spec(self, settings: Any) -> Spec:
        """The channel's limits and rules, from its settings."""

    def connect(self, name: str, settings: Any, secrets: Mapping[str, str], clock: Clock) -> Channel:
        """A live account. Absent from a pulled channel."""
