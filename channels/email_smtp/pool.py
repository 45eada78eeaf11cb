"""Connections to one mail server: opened when needed, kept for a while, replaced when broken."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import aiosmtplib


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect, and as whom. Times in seconds."""

    host: str
    port: int
    ehlo: str
    tls: ssl.SSLContext | None
    implicit: bool
    connect_in: float
    greeting_in: float
    command_in: float
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    async def dial(self) -> aiosmtplib.SMTP:
        """A connection on which MAIL may follow: greeted, encrypted, signed in.

        Raises aiosmtplib's SMTPException or OSError. STARTTLS that the server does not offer is an error:
        we never fall back to the open line. The socket is ours, so that an absent server is found out
        sooner than a slow greeting (RFC 5321, section 4.5.3.2.1, asks five minutes for the latter only).
        """
        async with asyncio.timeout(self.connect_in):
            connected = await _connected(self.host, self.port)
        client = aiosmtplib.SMTP(
            hostname=self.host,
            sock=connected,
            local_hostname=self.ehlo,
            timeout=self.command_in,
            use_tls=self.implicit,
            start_tls=self.tls is not None and not self.implicit,
            tls_context=self.tls,
            username=self.username,
            password=self.password,
        )
        try:
            await client.connect(timeout=self.greeting_in)
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except BaseException:
            client.close()  # and with it the socket
            raise
        return client


async def _connected(host: str, port: int) -> socket.socket:
    """A connected socket to the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    failed: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connecting = socket.socket(family, kind, protocol)
        connecting.setblocking(False)
        try:
            await loop.sock_connect(connecting, address)
        except OSError as error:
            connecting.close()
            failed = error
        except BaseException:
            connecting.close()
            raise
        else:
            return connecting
    raise failed


class Pool:
    """At most `size` connections. Belongs to one event loop.

    dial: opens one. wait_in: seconds to wait for one when all are in use. idle_in: seconds after which an
    unused one is closed.
    """

    def __init__(
        self, dial: Callable[[], Awaitable[aiosmtplib.SMTP]], size: int, *, wait_in: float, idle_in: float
    ) -> None:
        self._dial = dial
        self._places = asyncio.Semaphore(size)
        self._wait_in = wait_in
        self._idle_in = idle_in
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self) -> aiosmtplib.SMTP:
        """A connection, to be given back or dropped. Raises OSError when there is none, and what `dial` raises."""
        await self._place()
        try:
            while self._idle:
                client, _ = self._idle.pop()
                if client.is_connected:
                    return client
            return await self._dial()
        except BaseException:
            self._places.release()
            raise

    async def _place(self) -> None:
        if self._closed:
            raise ConnectionAbortedError("the account is closed")
        if self._places.locked():  # `asyncio.timeout` costs, and with as many senders as places it is never needed
            async with asyncio.timeout(self._wait_in):
                await self._places.acquire()
        else:
            await self._places.acquire()

    def give(self, client: aiosmtplib.SMTP) -> None:
        """Back for the next message."""
        self._places.release()
        if self._closed or not client.is_connected:
            client.close()
            return
        loop = asyncio.get_running_loop()
        self._idle.append((client, loop.time()))
        if self._sweep is None:
            self._sweep = loop.call_later(self._idle_in, self._close_idle)

    def drop(self, client: aiosmtplib.SMTP) -> None:
        """Away with one that is in no known state."""
        self._places.release()
        client.close()

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._idle_in
        # The most recently used are at the end and are used first, so the idle ones are at the front.
        while self._idle and self._idle[0][1] <= oldest:
            self._leave(self._idle.pop(0)[0])
        self._sweep = loop.call_at(self._idle[0][1] + self._idle_in, self._close_idle) if self._idle else None

    def _leave(self, client: aiosmtplib.SMTP) -> None:
        task = asyncio.get_running_loop().create_task(goodbye(client))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def aclose(self) -> None:
        """Say goodbye on all that are idle; those in use close when they come back."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        while self._idle:
            self._leave(self._idle.pop()[0])
        await asyncio.gather(*self._leaving)


async def goodbye(client: aiosmtplib.SMTP) -> None:
    """QUIT, and close whatever comes of it."""
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.quit(timeout=1)
    client.close()
