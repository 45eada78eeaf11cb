"""Putting a whole audience file: what each row renews or adds is decided first, then written in a few statements.

Row by row 100,000 people took minutes (measured), in which SQLite's one writer does nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, text

from broadcaster.store import dialect
from broadcaster.store.audience import SealedRecipient, group_ids, group_names
from broadcaster.store.columns import millis
from broadcaster.store.tables import audience_group, recipient, recipient_area, recipient_group

_Key = tuple[str, bytes]
"""An address without its text: kind and mark."""
_LISTED = "organisation_id = :organisation AND NOT public AND subscribed_at IS NULL AND retired_at IS NULL"
"""Who is on the list: who subscribed by itself and our public channels are in no file, and stay."""


@dataclass(slots=True)
class _Listed:
    """A recipient: as it is on the list, and the last row of the file that is about it. id: None for a new one."""

    id: int | None
    standing: dict[_Key, int] = field(default_factory=dict)
    row: SealedRecipient | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What taking a file would do to the list: how many are new, change, and stay as they are, and how many are on the
    list and not in the file. new_groups: how many groups it names that there are not."""

    new: int
    changed: int
    same: int
    gone: int
    new_groups: int


def _matched(conn: Connection, organisation_id: str, rows: Sequence[SealedRecipient]) -> tuple[list[_Listed], int]:
    """Everybody on the list and in the file, each with their last row; and how many rows were about somebody new.

    A row renews the first on the list who has one of its addresses, or who got one by an earlier row.
    """
    everybody, added = _standing(conn, organisation_id), 0
    held = [set(one.standing) for one in everybody]
    owners: dict[_Key, set[int]] = {}
    for n, standing in enumerate(held):
        for key in standing:
            owners.setdefault(key, set()).add(n)
    for row in rows:
        keys = [(kind, mark) for kind, _, mark in row.addresses]
        found = next((min(owners[key]) for key in keys if owners.get(key)), None)
        if found is None:
            found, added = len(everybody), added + 1
            everybody.append(_Listed(None))
            held.append(set())
        for key in held[found] - set(keys):
            owners[key].discard(found)
        for key in keys:
            owners.setdefault(key, set()).add(found)
        held[found], everybody[found].row = set(keys), row
    return everybody, added


def _standing(conn: Connection, organisation_id: str) -> list[_Listed]:
    """Everybody on the list with the ids of their addresses, oldest first."""
    given = {"organisation": organisation_id}
    ids = conn.scalars(dialect.sql(f"SELECT id FROM recipient WHERE {_LISTED} ORDER BY id"), given)
    found = {id_: _Listed(id_) for id_ in ids}
    query = f"SELECT id, recipient_id, kind, mark FROM address WHERE retired_at IS NULL AND recipient_id IN ({_IDS})"
    for address_id, recipient_id, kind, mark in conn.execute(dialect.sql(query), given):
        found[recipient_id].standing[kind, bytes(mark)] = address_id
    return list(found.values())


_IDS = f"SELECT id FROM recipient WHERE {_LISTED}"


def put(
    conn: Connection, organisation_id: str, rows: Sequence[SealedRecipient], now: datetime
) -> tuple[list[int], int]:
    """Add recipients, or renew those one of whose addresses is known; their ids, and how many are new.

    An address that is known keeps its row, so who opted out stays out.
    """
    everybody, added = _matched(conn, organisation_id, rows)
    named = [(one, one.row) for one in everybody if one.row is not None]
    groups = group_ids(conn, organisation_id, {name for _, row in named for name in row.groups})
    _renew(conn, [(one.id, row) for one, row in named if one.id is not None])
    _add(conn, organisation_id, [one for one, _ in named if one.id is None], now)
    _put_addresses(conn, named, now)
    put_ids = [one.id for one, _ in named if one.id is not None]
    _put_members(conn, put_ids, [row for _, row in named], groups)
    return put_ids, added


def _renew(conn: Connection, known: Sequence[tuple[int, SealedRecipient]]) -> None:
    query = recipient.update().where(recipient.c.id == sa.bindparam("which"))
    values = [{"which": id_, "name": row.name, "language": row.language} for id_, row in known]
    _all(conn, query.values(name=sa.bindparam("name"), language=sa.bindparam("language")), values)


def _add(conn: Connection, organisation_id: str, new: Sequence[_Listed], now: datetime) -> None:
    query = recipient.insert().returning(recipient.c.id, sort_by_parameter_order=True)
    rows = [one.row for one in new if one.row is not None]
    common = {"organisation_id": organisation_id, "added_at": now}
    if rows:
        made = conn.execute(query, [common | {"name": row.name, "language": row.language} for row in rows])
        for one, id_ in zip(new, made.scalars(), strict=True):
            one.id = id_


def _put_addresses(conn: Connection, named: Sequence[tuple[_Listed, SealedRecipient]], now: datetime) -> None:
    gone, new = [], []
    for one, row in named:
        wanted = {(kind, mark): sealed for kind, sealed, mark in row.addresses}
        gone += [id_ for key, id_ in one.standing.items() if key not in wanted]
        new += [(one.id, *key, sealed) for key, sealed in wanted.items() if key not in one.standing]
    retire = f"UPDATE address SET retired_at = :now WHERE id IN (SELECT id FROM {dialect.ids(conn, 'gone')} g)"
    conn.execute(dialect.sql(retire), {"now": millis(now), "gone": dialect.as_rows(gone)})
    insert = (
        "INSERT INTO address (recipient_id, kind, sealed, mark, added_at, opted_out_at, heard)"
        " VALUES (:recipient, :kind, :sealed,"
        " :mark, :now, (SELECT max(opted_out_at) FROM address WHERE kind = :kind AND mark = :mark),"
        " coalesce((SELECT max(heard) FROM address WHERE kind = :kind AND mark = :mark), 0))"
    )
    names = ("recipient", "kind", "mark", "sealed")
    values = [dict(zip(names, item, strict=True)) | {"now": millis(now)} for item in new]
    _all(conn, dialect.sql(insert), values)


def _put_members(
    conn: Connection, ids: Sequence[int], rows: Sequence[SealedRecipient], groups: Mapping[str, int]
) -> None:
    pairs = list(zip(ids, rows, strict=True))
    in_groups = [{"recipient_id": id_, "group_id": groups[name]} for id_, row in pairs for name in set(row.groups)]
    in_areas = [{"recipient_id": id_, "area_id": area} for id_, row in pairs for area in set(row.areas)]
    for table, values in ((recipient_group, in_groups), (recipient_area, in_areas)):
        query = f"DELETE FROM {table.name} WHERE recipient_id IN (SELECT id FROM {dialect.ids(conn, 'put')} p)"
        conn.execute(dialect.sql(query), {"put": dialect.as_rows(ids)})
        _all(conn, table.insert(), values)


def _all(conn: Connection, query: sa.Executable, values: Sequence[Mapping[str, object]]) -> None:
    if values:
        conn.execute(query, values)


def retire_others(conn: Connection, organisation_id: str, keep: Sequence[int], now: datetime) -> int:
    """Retire everybody on the list who is not in `keep`; how many."""
    kept = dialect.ids(conn, "keep")
    query = f"UPDATE recipient SET retired_at = :now WHERE {_LISTED} AND id NOT IN (SELECT id FROM {kept} k)"
    parameters = {"now": millis(now), "organisation": organisation_id, "keep": dialect.as_rows(keep)}
    return conn.execute(dialect.sql(query), parameters).rowcount


# --- what it would do ------------------------------------------------------------------------------


def difference(
    conn: Connection, organisation_id: str, rows: Sequence[SealedRecipient], opened: Callable[[bytes], str]
) -> Difference:
    """What taking these rows would do. opened: the text of a sealed name, since sealing twice gives other bytes."""
    everybody, _ = _matched(conn, organisation_id, rows)
    as_it_is = _described(conn, organisation_id, opened)
    known = [one for one in everybody if one.id is not None]
    same = sum(1 for one in known if one.row is not None and _wanted(one.row, opened) == _now(one, as_it_is))
    named = sum(1 for one in everybody if one.row is not None)
    new = len(everybody) - len(known)
    groups = {name for row in rows for name in row.groups} - group_names(conn, organisation_id)
    return Difference(new, named - new - same, same, len(known) - (named - new), len(groups))


_Described = tuple[str, str, frozenset[str], frozenset[str]]


def _wanted(row: SealedRecipient, opened: Callable[[bytes], str]) -> tuple[_Described, set[_Key]]:
    described = opened(row.name), row.language, frozenset(row.groups), frozenset(row.areas)
    return described, {(kind, mark) for kind, _, mark in row.addresses}


def _now(one: _Listed, as_it_is: Mapping[int, _Described]) -> tuple[_Described, set[_Key]]:
    assert one.id is not None
    return as_it_is[one.id], set(one.standing)


def _described(conn: Connection, organisation_id: str, opened: Callable[[bytes], str]) -> dict[int, _Described]:
    given = {"organisation": organisation_id}
    groups, areas = dict[int, set[str]](), dict[int, set[str]]()
    for members, query in (
        (groups, sa.select(recipient_group.c.recipient_id, audience_group.c.name).join(audience_group)),
        (areas, sa.select(recipient_area.c.recipient_id, recipient_area.c.area_id)),
    ):
        for id_, name in conn.execute(query):
            members.setdefault(id_, set()).add(name)
    rows = conn.execute(text(f"SELECT id, name, language FROM recipient WHERE {_LISTED}"), given)
    return {
        id_: (opened(bytes(name)), language, frozenset(groups.get(id_, ())), frozenset(areas.get(id_, ())))
        for id_, name, language in rows
    }
