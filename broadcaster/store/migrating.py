"""Bringing a database to the schema of this version: migrate, then install the guards and grants.

Migrations only go forward: first expand, in a later version contract, so that this version and the
one before work side by side.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from broadcaster.store import guards
from broadcaster.store.authoriser import APPEND_ONLY, KEPT
from broadcaster.store.database import store_url
from broadcaster.store.dialect import is_sqlite
from broadcaster.store.sqlite import sqlite_engine
from broadcaster.store.tables import metadata

_FOLDER = Path(__file__).parent / "migrations"


def owner_engine(url: str, home: Path) -> Engine:
    """An engine that may change the schema: without the authoriser on SQLite, the owner on PostgreSQL."""
    parsed = store_url(url, home)
    if parsed.get_backend_name() == "sqlite":
        return sqlite_engine(parsed, writer=True, guarded=False)
    return sa.create_engine(parsed)


def _config(conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = conn
    return config


def head() -> str:
    """The schema version of this program."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(conn: Connection) -> str | None:
    """The schema version of a database; None when it is empty."""
    return MigrationContext.configure(conn).get_current_revision()


def migrate(engine: Engine, runtime_role: str | None = None) -> None:
    """Bring the database to `head()`, with its guards; all of it or nothing.

    `runtime_role`: on PostgreSQL, the role that `serve` uses; it gets what it needs and no more.
    """
    with engine.begin() as conn:
        command.upgrade(_config(conn), "head")
        guards.install(conn)
        if runtime_role is not None and not is_sqlite(conn):
            _grant(conn, runtime_role)


def _grant(conn: Connection, role: str) -> None:
    quoted = conn.dialect.identifier_preparer.quote(role)
    for table in metadata.tables:
        rights = ["SELECT", "INSERT"]
        if table not in APPEND_ONLY:
            rights.append("UPDATE")
        if table not in APPEND_ONLY | KEPT:
            rights.append("DELETE")
        conn.execute(text(f"REVOKE ALL ON {table} FROM {quoted}"))
        conn.execute(text(f"GRANT {', '.join(rights)} ON {table} TO {quoted}"))
    conn.execute(text(f"GRANT SELECT ON alembic_version TO {quoted}"))
    conn.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {_schema(conn)} TO {quoted}"))


def _schema(conn: Connection) -> str:
    return str(conn.scalar(text("SELECT current_schema()")))


def differences(conn: Connection) -> list[str]:
    """How the database differs from the schema and guards of this version; empty when it does not."""
    found = [str(item) for item in compare_metadata(MigrationContext.configure(conn), metadata)]
    have, want = guards.installed(conn), sorted((guard.name, guard.table) for guard in guards.GUARDS)
    return found + [f"guard {name} on {table}" for name, table in set(have) ^ set(want)]
