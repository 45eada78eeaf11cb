"""Processes that dispatch, each with a beat that counts up while it lives, and the accounts they drive.

Where several live on one database each account is leased to one of them. Whoever claims holds the lease's row until
the claim is committed, so a lease changes hands before a claim or after it, and never during one; where one process
drives all, its own row does that service. So what a process holds is always held by one that is known, and whoever
takes over from it finds everything.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane
from broadcaster.store import dialect, queue
from broadcaster.store.columns import as_text, millis
from broadcaster.store.queue import Claimed


@dataclass(frozen=True, slots=True)
class Worker:
    """One process: its beat, and the accounts it can drive; none when it is about to end."""

    beat: int
    accounts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Leased:
    """One account: who drives it, if anybody does, and whether its breaker is open there."""

    owner: str | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class View:
    """A lane as it stands: its processes by id, its leases by account."""

    workers: Mapping[str, Worker]
    leases: Mapping[str, Leased]


def enter(conn: Connection, worker_id: str, lane: Lane, now: datetime, accounts: Collection[str] = ()) -> None:
    """Make a process known, with beat 0."""
    query = "INSERT INTO worker (id, lane, beat, started_at, accounts) VALUES (:id, :lane, 0, :now, :accounts)"
    given = {"id": worker_id, "lane": lane.value, "now": millis(now), "accounts": as_text(sorted(accounts))}
    conn.execute(text(query), given)
    for account in sorted(accounts):
        known = "INSERT INTO lease (lane, account) VALUES (:lane, :account) ON CONFLICT (lane, account) DO NOTHING"
        conn.execute(text(known), {"lane": lane.value, "account": account})


def beat(conn: Connection, worker_id: str, lane: Lane, accounts: Collection[str] = ()) -> View:
    """Count the process's beat up, and say which accounts it can drive; the lane as it then stands. The process is
    not in it when others took it for gone."""
    query = "UPDATE worker SET beat = beat + 1, accounts = :accounts WHERE id = :id"
    conn.execute(text(query), {"id": worker_id, "accounts": as_text(sorted(accounts))})
    lane_only = {"lane": lane.value}
    workers = conn.execute(text("SELECT id, beat, accounts FROM worker WHERE lane = :lane"), lane_only)
    leases = conn.execute(text("SELECT account, owner, is_open FROM lease WHERE lane = :lane"), lane_only)
    return View(
        {row.id: Worker(row.beat, frozenset(json.loads(row.accounts))) for row in workers},
        {row.account: Leased(row.owner, bool(row.is_open)) for row in leases},
    )


def known(conn: Connection, lane: Lane) -> list[str]:
    """The processes of a lane. One that holds deliveries is always among them."""
    return list(conn.scalars(text("SELECT id FROM worker WHERE lane = :lane"), {"lane": lane.value}))


def beats(conn: Connection) -> dict[str, int]:
    """The beat of every process, of any lane."""
    return {row.id: row.beat for row in conn.execute(text("SELECT id, beat FROM worker"))}


def is_there(conn: Connection, worker_id: str) -> bool:
    """Whether a process is known still; nobody else takes over from it until the transaction ends."""
    query = "SELECT id FROM worker WHERE id = :id" + dialect.lock(conn, "UPDATE")
    return conn.scalar(text(query), {"id": worker_id}) is not None


def drop_leases(conn: Connection, worker_id: str) -> None:
    """Nobody drives what a process drove. First: it waits for a claim of that process that is under way."""
    conn.execute(text("UPDATE lease SET owner = NULL WHERE owner = :id"), {"id": worker_id})


def forget(conn: Connection, worker_id: str) -> None:
    """The process is gone; of its leases there is none any more."""
    conn.execute(text("DELETE FROM worker WHERE id = :id"), {"id": worker_id})


def take(conn: Connection, lane: Lane, accounts: Sequence[str], worker_id: str) -> list[str]:
    """Lease accounts that nobody drives; those that were still free."""
    query = (
        "UPDATE lease SET owner = :id, is_open = FALSE WHERE lane = :lane AND account = :account AND owner IS NULL"
        " AND EXISTS (SELECT 1 FROM worker WHERE worker.id = :id)"
    )
    given = {"id": worker_id, "lane": lane.value}
    return [name for name in accounts if conn.execute(text(query), given | {"account": name}).rowcount]


def give(conn: Connection, lane: Lane, accounts: Sequence[str], worker_id: str) -> None:
    """Let go of accounts: of each nothing is claimed, started or unwritten any more."""
    query = "UPDATE lease SET owner = NULL WHERE lane = :lane AND account = :account AND owner = :id"
    for account in accounts:
        conn.execute(text(query), {"id": worker_id, "lane": lane.value, "account": account})


def tell_open(conn: Connection, lane: Lane, account: str, worker_id: str, is_open: bool) -> None:
    """Let the others know whether the breaker of an account is open."""
    query = "UPDATE lease SET is_open = :open WHERE lane = :lane AND account = :account AND owner = :id"
    conn.execute(text(query), {"open": is_open, "lane": lane.value, "account": account, "id": worker_id})


def driven(conn: Connection, lane: Lane) -> list[str]:
    """Accounts that some process drives."""
    query = "SELECT account FROM lease WHERE lane = :lane AND owner IS NOT NULL"
    return list(conn.scalars(text(query), {"lane": lane.value}))


def claim(
    conn: Connection, lane: Lane, account: str, owner: str, limit: int, now: datetime, after: str = ""
) -> list[Claimed]:
    """As `queue.claim`, by a process that is known; nothing for one that others took for gone."""
    query = "SELECT 1 FROM worker WHERE id = :owner" + dialect.lock(conn, "KEY SHARE")  # beats go on beside it
    is_known = conn.scalar(dialect.sql(query), {"owner": owner}) is not None
    return queue.claim(conn, lane, account, owner, limit, now, after) if is_known else []


def claim_leased(
    conn: Connection, lane: Lane, account: str, owner: str, limit: int, now: datetime, after: str = ""
) -> list[Claimed]:
    """As `queue.claim`, by whoever holds the account's lease; nothing for anybody else."""
    query = "SELECT 1 FROM lease WHERE lane = :lane AND account = :account AND owner = :owner"
    query += dialect.lock(conn, "SHARE")
    given = {"lane": lane.value, "account": account, "owner": owner}
    is_held = conn.scalar(dialect.sql(query), given) is not None
    return queue.claim(conn, lane, account, owner, limit, now, after) if is_held else []
