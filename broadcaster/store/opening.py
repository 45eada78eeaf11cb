"""Opens the database that is configured."""

from pathlib import Path

from broadcaster.store.database import Database, MakeRoom, Tracer, no_room, silent, store_url
from broadcaster.store.postgres import PostgresDatabase
from broadcaster.store.sqlite import SqliteDatabase


def open_database(url: str, *, home: Path, tracer: Tracer = silent, make_room: MakeRoom = no_room) -> Database:
    """The database at `url`; a relative SQLite path counts from `home`."""
    parsed = store_url(url, home)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed, tracer, make_room)
    return PostgresDatabase(parsed, tracer)
