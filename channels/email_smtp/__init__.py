"""Email by SMTP (RFC 5321): connections kept open, one message per recipient, and what comes back."""

import re
import secrets as random
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

import aiosmtplib
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from broadcaster.channel import Fact, Failed, FailureKind, Fitted, Inbound, Outcome, Parcel, Spec, Texts
from broadcaster.clock import Clock
from broadcaster.model.audience import normal_address
from broadcaster.model.rendition import Hole
from channels._address import cut, why_not
from channels.email_smtp import bounces, message
from channels.email_smtp.domains import Domains
from channels.email_smtp.envelope import LONGEST, Envelopes
from channels.email_smtp.pool import Pool, Server, goodbye
from channels.email_smtp.replies import Phase, refusal
from channels.email_smtp.transaction import Transaction, Waits

# What can stand in angle brackets and in a header as it is; stricter than RFC 5321 where that asks for quotes.
_MAILBOX = re.compile(r"[!#-;=?A-~]+@[!#-;=?A-~]+")
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]+")


def _is_mailbox(text: str) -> str:
    return normal_address("email", text)


def _is_host(text: str) -> str:
    if not _PLAIN_HOST.fullmatch(text):
        raise ValueError("write a host name or an IP address, without a scheme or a port")
    return text


Mailbox = Annotated[str, AfterValidator(_is_mailbox)]
Host = Annotated[str, AfterValidator(_is_host)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Settings(BaseModel):
    """`[channel."email.…"]` with `module = "channels.email_smtp"`.

    tls: "starttls" and "implicit" check the server's certificate against the system's authorities, or those in
    `ca_file`; "none" is for a server on this machine. from: sender, as readers see it. bounces: where mail that
    does not arrive goes back to, with a plus and the delivery behind its local part; by default that is `from`.
    "off": back to `from` as it stands, for a server that takes no other sender; nobody then reads what comes back.
    ehlo: the name we greet with, by default the domain of `from`. per_second: recipients. per_domain: messages
    under way to one domain at once.
    Waits in seconds, by default those of RFC 5321, section 4.5.3.2: giving up sooner after the final dot makes
    duplicates (RFC 1047). `idle_in`: how long an unused connection stays open.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    host: Host
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca_file: Path | None = None
    sender: Mailbox = Field(alias="from")
    from_name: str | None = Field(default=None, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
    bounces: Mailbox | Literal["off"] | None = None
    ehlo: Host | None = None
    connections: int = Field(default=4, ge=1, le=100)
    per_second: float = Field(default=20, gt=0)
    per_domain: int = Field(default=20, ge=1, le=1000)
    connect_in: Seconds = 30
    greeting_in: Seconds = 300
    command_in: Seconds = 300
    data_in: Seconds = 120
    done_in: Seconds = 600
    idle_in: Seconds = 60

    @model_validator(mode="after")
    def _only_loopback_is_plain(self) -> Self:
        if self.tls == "none" and not _is_loopback(self.host):
            raise ValueError('tls = "none" is for a server on this machine: use "starttls" or "implicit"')
        return self

    @model_validator(mode="after")
    def _bounces_fit(self) -> Self:
        if self.returns is not None and len(self.returns.partition("@")[0]) > LONGEST:
            raise ValueError(f'give bounces an address with at most {LONGEST} characters before the @, or "off"')
        return self

    @property
    def returns(self) -> str | None:
        """The mailbox that bounces go back to; None when they go nowhere."""
        return None if self.bounces == "off" else self.bounces or self.sender

    @property
    def domain(self) -> str:
        """The domain of the sender, which is also that of our message ids."""
        return self.sender.rpartition("@")[2]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def spec(settings: Settings) -> Spec:
    """Email, one recipient to a message."""

    def fit(texts: Texts) -> Fitted:
        return message.fit(texts, settings.sender, settings.from_name)

    return Spec(
        kind="email",
        check_address=partial(why_not, "email"),
        fit=fit,
        concurrency=settings.connections,
        per_second=settings.per_second,
        internet=True,
    )


def connect(name: str, settings: Settings, secrets: Mapping[str, str], clock: Clock) -> "MailAccount":
    """A live account; with the secrets `username` and `password` it signs in. With `house` it knows its bounces
    again after a restart."""
    username, password = secrets.get("username"), secrets.get("password")
    if (username is None) != (password is None):
        raise ValueError(f"write both secrets {name}.username and {name}.password, or neither")
    house = secrets.get("house", "").encode() or random.token_bytes(32)
    return MailAccount(settings, username, password, house, clock)


class MailAccount:
    """One mail server that relays for us."""

    def __init__(
        self, settings: Settings, username: str | None, password: str | None, key: bytes, clock: Clock
    ) -> None:
        self._settings = settings
        self._domain = settings.domain.encode("ascii")
        self._envelopes = Envelopes(settings.returns, key) if settings.returns else None
        self._domains = Domains(settings.per_domain, clock)
        self._waits = Waits(settings.command_in, settings.data_in, settings.done_in)
        self._secrets = (username or "", password or "")
        self._server = Server(
            host=settings.host,
            port=settings.port,
            ehlo=settings.ehlo or settings.domain,
            tls=None if settings.tls == "none" else ssl.create_default_context(cafile=settings.ca_file),
            implicit=settings.tls == "implicit",
            connect_in=settings.connect_in,
            greeting_in=settings.greeting_in,
            command_in=settings.command_in,
            username=username,
            password=password,
        )
        self._pool = Pool(
            self._server.dial, settings.connections, wait_in=settings.connect_in, idle_in=settings.idle_in
        )

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """One message each."""
        return [await self._send(parcel) for parcel in parcels]

    async def _send(self, parcel: Parcel) -> Outcome:
        if not _MAILBOX.fullmatch(parcel.address):
            return Failed(FailureKind.BAD_ADDRESS, "not an address that SMTP takes")
        domain = parcel.address.rpartition("@")[2].lower()
        if wait := self._domains.quiet(domain):
            return wait
        try:
            client = await self._pool.take()
        except (aiosmtplib.SMTPException, OSError) as error:
            return self._no_connection(error)
        if wait := self._domains.enter(domain):
            self._pool.give(client)
            return wait
        return await self._transmit(client, parcel, domain)

    async def _transmit(self, client: aiosmtplib.SMTP, parcel: Parcel, domain: str) -> Outcome:
        private = (parcel.address.rpartition("@")[0], *self._secrets)
        transaction = Transaction(client, self._waits, private)
        try:
            sender = self._sender(parcel)
            outcome = await transaction.run(sender, parcel.address.encode("ascii"), self._letter(parcel, sender))
            return self._heeded(outcome, domain, slowed=transaction.slowed)
        finally:
            self._domains.leave(domain)
            if transaction.clean:
                self._pool.give(client)
            else:
                self._pool.drop(client)

    def _heeded(self, outcome: Outcome, domain: str, *, slowed: bool) -> Outcome:
        """The outcome, after the domain has what it asked for."""
        if isinstance(outcome, Failed) and slowed:
            quiet_in, everyone = self._domains.wants_quiet(domain, outcome.retry_after)
            return replace(outcome, retry_after=quiet_in, whole_account=everyone)
        if not isinstance(outcome, Failed):
            self._domains.taken(domain)
        return outcome

    def _sender(self, parcel: Parcel) -> bytes:
        """Where the server reports to what becomes of this parcel."""
        sender = self._envelopes.sender(parcel.reference) if self._envelopes else self._settings.sender
        return sender.encode("ascii")

    def _letter(self, parcel: Parcel, sender: bytes) -> bytes:
        """The recipient's own mail, as it goes over the line."""
        holes = {
            Hole.RECIPIENT: parcel.address.encode("ascii"),
            Hole.MESSAGE_ID: parcel.reference.encode("ascii") + b"@" + self._domain,
            Hole.ENVELOPE_SENDER: sender,
            Hole.UNSUBSCRIBE: parcel.unsubscribe.encode("ascii"),
        }
        return message.letter(parcel.rendition.payload, holes)

    async def probe(self) -> Failed | None:
        """Connect, encrypt, sign in, NOOP; on a connection of its own, so that a busy account can be probed."""
        try:
            client = await self._server.dial()
            try:
                await client.noop()
            finally:
                await goodbye(client)
        except (aiosmtplib.SMTPException, OSError) as error:
            return self._no_connection(error)
        return None

    def _no_connection(self, error: Exception) -> Failed:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return refusal(Phase.CONNECT, error.code, error.message, *self._secrets)
        if type(error) is aiosmtplib.SMTPException:  # the server has no STARTTLS or no AUTH, and we need it
            return Failed(FailureKind.BAD_CONFIG, cut(error.message, *self._secrets))
        return Failed(FailureKind.UNREACHABLE, f"no connection: {type(error).__name__}")

    def facts(self, inbound: Inbound) -> list[Fact]:
        """What a mail says that came back: the body is the whole of it, as the server that got it passes it on."""
        if self._envelopes is None:
            raise ValueError("bounces are off")
        return [*bounces.read(inbound.body, self._envelopes.reference)]

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._pool.aclose()
