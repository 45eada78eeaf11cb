"""Connections to PostgreSQL that do not wait for ever on a line that is dead.

A line may die without a word: a firewall that forgets it, a proxy that takes every byte and passes none on. The kernel
then sees nothing wrong. So a connection that has waited for some seconds is looked into over another one: where the
server works for it, it may take as long as it likes (an import, a large release); otherwise it is cut, and whoever
waits gets the error of a database that is away. libpq's own `tcp_user_timeout` and keepalives see the simpler deaths.
"""

import os
import socket
import threading
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg
import structlog

log = structlog.get_logger()
PATIENCE_IN = 5.0
_LOOK_IN = 1.0
IDLE_IN = 10
"""Seconds that the server lets a transaction of ours do nothing. A process suspended in the middle of one, or whose
machine is gone, would keep its locks, and everybody waits for the journal's."""
LINE: Mapping[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How libpq is to hold a line (postgresql.org, libpq-connect); over a local socket it is ignored."""
_WORKS = "SELECT state = 'active' AND wait_event IS DISTINCT FROM 'ClientWrite' FROM pg_stat_activity WHERE pid = %s"
"""Whether a backend does something else than wait for us, as far as its own role may see."""


class WatchedConnection(psycopg.Connection[Any]):
    """Knows since when it waits for the server."""

    waits_since: float | None = None
    looked_at: float = 0.0

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        """As psycopg's own; every word with the server passes here."""
        self.waits_since = time.monotonic()
        try:
            return super().wait(gen, *args, **options)
        finally:
            self.waits_since = None


def _cut(line: psycopg.Connection[Any]) -> None:
    """End a line under whoever waits on it."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(line.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)


class Lines:
    """The connections of one process to one server, and a thread that looks after them."""

    def __init__(self, arguments: Mapping[str, Any], patience_in: float = PATIENCE_IN) -> None:
        self._arguments, self._patience_in = dict(arguments), patience_in
        self._open: weakref.WeakSet[WatchedConnection] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="store-lines", daemon=True).start()

    def connect(self) -> WatchedConnection:
        """A new connection."""
        made = WatchedConnection.connect(**self._arguments)
        made.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN}s'")
        made.commit()
        with self._lock:
            self._open.add(made)
        return made

    def close(self) -> None:
        """Look no more."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_IN):
            with self._lock:
                lines = [*self._open]
            for line in lines:
                self._look(line)

    def _look(self, line: WatchedConnection) -> None:
        since, now = line.waits_since, time.monotonic()
        if since is None or now - max(since, line.looked_at) < self._patience_in:
            return
        line.looked_at = now
        if not self._works(line.info.backend_pid) and line.waits_since == since:
            log.warning("a line to the database is dead: cut", waited_in=round(now - since))
            _cut(line)

    def _works(self, backend: int) -> bool:
        """Whether the server is at work for a backend; not when it cannot be asked."""
        try:
            with psycopg.connect(**self._arguments, autocommit=True) as asking:
                stop = threading.Timer(self._patience_in, _cut, [asking])
                stop.start()
                try:
                    row = asking.execute(_WORKS, [backend]).fetchone()
                finally:
                    stop.cancel()
        except psycopg.Error:
            return False
        return row is not None and bool(row[0])
