"""The configured store, and the files that stand beside it."""

from pathlib import Path

from sqlalchemy import Connection

from broadcaster.model.cap import Lane
from broadcaster.seal import MODES, CapSigner, load_cap_signer
from broadcaster.settings import Settings
from broadcaster.store import holding, migrating
from broadcaster.store.database import Database, StoreError, Tracer, store_url
from broadcaster.store.holding import HeldKind
from broadcaster.store.opening import open_database
from broadcaster.store.room import MEGABYTE, Room


def database(settings: Settings, tracer: Tracer | None = None) -> Database:
    """The configured store; on a full disk it gives up its ballast."""
    given = {} if tracer is None else {"tracer": tracer}
    return open_database(settings.store.url, home=settings.home, make_room=room(settings).make_room, **given)


def room(settings: Settings) -> Room:
    """The room beside the database."""
    file, keep_free = sqlite_file(settings), settings.store.keep_free * MEGABYTE
    if file is None:
        return Room(settings.home, keep_free)
    return Room(file.parent, keep_free, file.with_name(f"{file.name}.ballast"))


def sqlite_file(settings: Settings) -> Path | None:
    """The database's file; None on PostgreSQL."""
    prefix = "sqlite:///"
    return settings.home / settings.store.url.removeprefix(prefix) if settings.store.url.startswith(prefix) else None


def head_file(settings: Settings) -> Path:
    """Where the journal's head stands, beside the database (beside the configuration for PostgreSQL)."""
    file = sqlite_file(settings) or settings.home / "omroeper"
    return file.with_name(f"{file.name}.journal-head")


def require_schema(conn: Connection) -> None:
    """StoreError when the database is not at this version's schema."""
    found, wanted = migrating.current(conn), migrating.head()
    if found != wanted:
        state = "is empty" if found is None else f"is at schema {found}, and this version needs {wanted}"
        raise StoreError(f"The database {state}: run 'omroeper migrate' first.")


def require_here(conn: Connection) -> None:
    """StoreError when what the database held was moved elsewhere."""
    found = holding.held(conn)
    if found is not None and found.kind is HeldKind.MOVED:
        raise StoreError(f"This database was moved to {found.why}: put that in [store] url.")


def bring_up_to_date(settings: Settings) -> str:
    """Migrate the configured database, as its owner; the schema it is at afterwards."""
    url = settings.store.url
    engine = migrating.owner_engine(settings.store.owner_url or url, settings.home)
    runtime_role = store_url(url, settings.home).username if settings.store.owner_url else None
    try:
        migrating.migrate(engine, runtime_role)
    finally:
        engine.dispose()
    return migrating.head()


def cap_signers(settings: Settings) -> dict[Lane, CapSigner]:
    """Who signs CAP documents, by lane."""
    modes = dict(zip((Lane.LIVE, Lane.DRILL), MODES, strict=True))
    return {lane: load_cap_signer(settings.keys_folder, mode) for lane, mode in modes.items()}
