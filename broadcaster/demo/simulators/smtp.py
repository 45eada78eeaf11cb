"""A mail server (aiosmtpd) that knows every recipient but a few, and fails as mail servers do."""

import asyncio
import re
import ssl
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from broadcaster.demo.simulators.counts import Counts
from broadcaster.demo.simulators.faults import Fault, Faults

TOO_MUCH = "421 4.7.0 Too many messages, slow down"
TRY_LATER = "451 4.3.0 Temporary failure, try again later"
UNKNOWN = "550 5.1.1 No such user here"
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]+)@", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, without its line end. `stage`: "greeting", "EHLO", "MAIL", "RCPT", "DATA" (the command) or
    "end" (after the final dot; the message then counts as not taken). 421 closes the connection.
    """

    stage: str
    text: str


Scripted = Fault | Reply


class MailServer:
    """Listens on loopback.

    faults: drawn from a seed. script: what the first messages get, in order, whatever is drawn. tls: offers
    STARTTLS, or with `implicit` speaks TLS from the start. users: passwords by name, and MAIL needs AUTH; None
    takes anyone. letters: where to keep what was taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        faults: Faults | None = None,
        script: Iterable[Scripted] = (),
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        users: dict[str, str] | None = None,
        letters: list[bytes] | None = None,
    ) -> None:
        self.port = port
        self.counts = Counts()
        self.script = deque(script)
        self.users = users
        self.tls = None if implicit else tls
        self._implicit = tls if implicit else None
        self._letters = letters
        self._faults = faults or Faults()
        self._calls: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self.talks: set[_Talk] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Talk(self), "127.0.0.1", self.port, ssl=self._implicit)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(0)  # a connection that was just accepted begins only now
        while self.talks:
            talk = self.talks.pop()
            await talk.end()

    def scripted(self, stage: str) -> str | None:
        """What the script wants said at this stage."""
        head = self.script[0] if self.script else None
        if isinstance(head, Reply) and head.stage == stage:
            self.script.popleft()
            return head.text
        return None

    def fault(self, recipient: str) -> Fault | None:
        """How the next message to this recipient fails, if it does."""
        if self.script and isinstance(fault := self.script[0], Fault):
            self.script.popleft()
            return fault
        self._calls[recipient] += 1
        return self._faults.draw(recipient, self._calls[recipient])

    def refuses(self, recipient: str) -> bool:
        """Whether nobody of that name lives here."""
        return self._faults.refuses(recipient)

    def take(self, content: bytes, recipient: str) -> None:
        """The message would arrive."""
        found = _MESSAGE_ID.search(content)
        self.counts.took(found[1].decode("ascii", "replace") if found else "", recipient)
        if self._letters is not None:
            self._letters.append(content)


class _Talk(SMTP):
    """One client's connection, and the hooks aiosmtpd asks."""

    def __init__(self, server: MailServer) -> None:
        super().__init__(
            _Hooks(server, self),
            hostname="mail.simulated.example",
            ident="ESMTP",
            tls_context=server.tls,
            auth_require_tls=server.tls is not None,
            authenticator=self._sign_in,
            auth_required=False,
            data_size_limit=None,
        )
        self._simulator = server
        self._greeted = False
        self._first: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._first is None:  # STARTTLS makes a second transport of the same connection
            self._first = transport
            self._simulator.counts.connections += 1
            self._simulator.talks.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._simulator.talks.discard(self)
        super().connection_lost(error)

    def _sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword | Any
    ) -> AuthResult:
        users = self._simulator.users
        right = isinstance(given, LoginPassword)
        if right and users is not None:
            right = users.get(given.login.decode()) == given.password.decode()
        return AuthResult(success=right, handled=False)

    async def push(self, status: Any) -> None:
        """Every reply goes through here; the first is the greeting."""
        if not self._greeted:
            self._greeted = True
            status = self._simulator.scripted("greeting") or status
        await super().push(status)
        if isinstance(status, str) and status.startswith("421") and self.transport is not None:
            self.transport.close()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """The command; its end is in the hooks."""
        refused = self._simulator.scripted("DATA")
        if refused is None:
            await super().smtp_DATA(arg)
        else:
            await self.push(refused)

    def abort(self) -> None:
        """Reset the connection."""
        if isinstance(self._first, asyncio.WriteTransport):
            self._first.abort()

    async def end(self) -> None:
        """Reset it, and wait until nothing of it is left; also from the middle of a handshake."""
        self.abort()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
            await asyncio.gather(self._handler_coroutine, return_exceptions=True)

    def write(self, text: bytes) -> None:
        """Something that is no reply."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.write(text)


class _Hooks:
    """What each command gets. The names are aiosmtpd's."""

    def __init__(self, simulator: MailServer, talk: _Talk) -> None:
        self._simulator = simulator
        self._talk = talk
        self._fault: Fault | None = None

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        refused = self._simulator.scripted("EHLO")
        session.host_name = hostname
        return responses if refused is None else [refused]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._simulator.users and not session.authenticated:
            return "530 5.7.0 Authentication required"
        refused = self._simulator.scripted("MAIL")
        if refused is None:
            envelope.mail_from = address
        return refused or "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self._simulator.scripted("RCPT")
        if refused is None:
            refused = self._drawn(address)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 2.1.5 Ok"

    def _drawn(self, address: str) -> str | None:
        if self._simulator.refuses(address):
            return UNKNOWN
        self._fault = self._simulator.fault(address)
        return {Fault.THROTTLE: TOO_MUCH, Fault.ERROR_LOST: TRY_LATER}.get(self._fault) if self._fault else None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        refused = self._simulator.scripted("end")
        if refused is not None:
            return refused
        content = envelope.content
        for recipient in envelope.rcpt_tos:
            self._simulator.take(content if isinstance(content, bytes) else b"", recipient)
        return await self._end()

    async def _end(self) -> str:
        match self._fault:
            case Fault.HOLD:
                await asyncio.get_running_loop().create_future()  # until the client has had enough
            case Fault.TRUNCATE:
                self._talk.write(b"25")
                await asyncio.sleep(0)
                self._talk.abort()
            case Fault.RESET | Fault.ERROR_TAKEN:  # a server that takes a message and then refuses it is no server
                self._talk.abort()
            case Fault.GARBAGE:
                return "Welcome"
        return "250 2.0.0 Ok: queued as SIMULATED"
