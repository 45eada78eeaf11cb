"""Tickets that were used: each is good once, at every hub on this database.

A ticket is sealed, and the browser keeps it; only one that is used costs a row, so whoever asks for a million of them
fills nothing.
"""

import hashlib
from datetime import datetime

from sqlalchemy import Connection

from broadcaster.store.columns import millis
from broadcaster.store.dialect import sql
from broadcaster.store.tables import spent_ticket


def spend(conn: Connection, nonce: bytes, until: datetime, now: datetime) -> bool:
    """Use a ticket up, by its random bits; False when it was used before. until: when it is too old anyway."""
    conn.execute(spent_ticket.delete().where(spent_ticket.c.until < now))
    statement = sql("INSERT INTO spent_ticket (mark, until) VALUES (:mark, :until) ON CONFLICT DO NOTHING")
    return conn.execute(statement, {"mark": hashlib.sha256(nonce).digest(), "until": millis(until)}).rowcount == 1
