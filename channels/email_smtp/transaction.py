"""One message over one connection: how far it came decides what a failure means.

aiosmtplib's own `sendmail` does not tell a failure before the message from one after it, and has one wait
for both. Here the message goes into the connection in one piece, final dot included: before that it is
certainly not sent, from there on it may arrive.
"""

import re
from dataclasses import dataclass

import aiosmtplib

from broadcaster.channel import Accepted, Failed, FailureKind, Outcome
from channels.email_smtp.replies import Phase, is_greylisting, refusal

_QUEUED = re.compile(r"queued as ([\w-]{1,64})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds until a reply to MAIL, RCPT and RSET, to DATA, to the whole message (RFC 5321, section 4.5.3.2)."""

    command_in: float
    data_in: float
    done_in: float


class Transaction:
    """`clean` says afterwards whether the connection can take another message, `slowed` whether the recipient's
    domain said that it is too much for it.

    private: words that must not be kept when the server says them.
    """

    def __init__(self, client: aiosmtplib.SMTP, waits: Waits, private: tuple[str, ...]) -> None:
        self._client = client
        self._waits = waits
        self._private = private
        self._written = False
        self.clean = False
        self.slowed = False

    async def run(self, mail_from: bytes, rcpt_to: bytes, letter: bytes) -> Outcome:
        """What became of it. `letter` ends with the final dot, its other dots doubled."""
        try:
            return await self._run(mail_from, rcpt_to, letter)
        except (aiosmtplib.SMTPException, OSError) as error:
            name = type(error).__name__
            if self._written:
                return Failed(FailureKind.UNCERTAIN, f"message written, no usable answer: {name}")
            return Failed(FailureKind.UNREACHABLE, f"connection lost before the message: {name}")

    async def _run(self, mail_from: bytes, rcpt_to: bytes, letter: bytes) -> Outcome:
        command, wait = self._client.execute_command, self._waits.command_in
        reply = await command(b"MAIL", b"FROM:<" + mail_from + b">", timeout=wait)
        if reply.code != 250:
            return await self._refused(Phase.SENDER, reply)
        reply = await command(b"RCPT", b"TO:<" + rcpt_to + b">", timeout=wait)
        if reply.code not in (250, 251):
            return await self._refused(Phase.RECIPIENT, reply)
        reply = await command(b"DATA", timeout=self._waits.data_in)
        protocol = self._client.protocol
        if reply.code != 354 or protocol is None:
            return await self._refused(Phase.CONTENT, reply)
        protocol.write(letter)
        self._written = True
        return self._answered(await protocol.read_response(timeout=self._waits.done_in))

    async def _refused(self, phase: Phase, reply: aiosmtplib.SMTPResponse) -> Outcome:
        """The failure in a refusal before the message; the connection is made ready for the next."""
        if reply.code // 100 not in (4, 5):
            return Failed(FailureKind.UNREACHABLE, f"unexpected reply {reply.code} to {phase}", str(reply.code))
        failed = self._refusal(phase, reply)
        if self._client.is_connected:
            try:
                await self._client.rset(timeout=self._waits.command_in)
                self.clean = True
            except (aiosmtplib.SMTPException, OSError):
                self.clean = False  # the outcome stands; only the connection is lost
        return failed

    def _answered(self, reply: aiosmtplib.SMTPResponse) -> Outcome:
        if reply.code == 250:
            self.clean = True
            queued = _QUEUED.search(reply.message)
            return Accepted(queued[1] if queued else None)
        if reply.code // 100 in (4, 5):
            self.clean = reply.code != 421  # after 421 the server closes
            return self._refusal(Phase.CONTENT, reply)
        return Failed(FailureKind.UNCERTAIN, f"unexpected reply {reply.code} after the message", str(reply.code))

    def _refusal(self, phase: Phase, reply: aiosmtplib.SMTPResponse) -> Failed:
        failed = refusal(phase, reply.code, reply.message, *self._private)
        throttled = failed.kind is FailureKind.THROTTLED and not failed.whole_account
        self.slowed = throttled and not is_greylisting(reply.message)
        return failed
