"""What a running SQLite connection may not do at all, whatever SQL reaches it.

SQLite has no roles; its authoriser is asked while each statement is compiled. Migrations run on a
connection without it. Whoever owns the file can still open it with another program: the promise
says so, and PostgreSQL with a runtime role is there for those who need more.
"""

import sqlite3

_DDL = {
    getattr(sqlite3, name)
    for name in dir(sqlite3)
    if name.startswith(("SQLITE_CREATE_", "SQLITE_DROP_", "SQLITE_ALTER_"))
    or name in ("SQLITE_ATTACH", "SQLITE_DETACH", "SQLITE_REINDEX")
}
_READ_PRAGMAS = {
    "journal_mode",
    "synchronous",
    "foreign_keys",
    "recursive_triggers",
    "query_only",
    "user_version",
    "data_version",
}
_DESCRIBING_PRAGMAS = {"table_info", "table_xinfo"}
"""These take a table's name and change nothing; the schema's version is looked up with them."""
APPEND_ONLY = frozenset(
    {
        "approval",
        "draft_revision",
        "rendition",
        "finding",
        "addressee",
        "attempt",
        "journal",
        "cap_document",
        "recording",
        "listening",
        "review",
    }
)
"""Tables whose rows are never changed or removed, by anyone at run time."""
KEPT = frozenset(
    {
        "alert",
        "delivery",
        "draft",
        "fact",
        "address",
        "recipient",
        "schedule",
        "expansion",
        "board",
        "mandate",
        "contact",
        "device",
        "report",
        "mandate_proposal",
        "reminder",
        "manual",
        "task",
    }
)
"""Tables whose rows are never removed at run time."""


def refuse_schema_changes(
    action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None
) -> int:
    """SQLite's authoriser callback: schema changes, writing pragmas, and changes to what is append-only."""
    if action in _DDL:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and first not in (_READ_PRAGMAS if second is None else _DESCRIBING_PRAGMAS):
        return sqlite3.SQLITE_DENY
    # Under its hidden name a key could be changed past the guards, which watch columns by their own.
    if action == sqlite3.SQLITE_UPDATE and (first in APPEND_ONLY or second == "ROWID"):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_DELETE and first in APPEND_ONLY | KEPT:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
