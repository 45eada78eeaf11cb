"""Recipients, groups and addresses, sealed; and the freezing of who gets what."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Connection, text

from broadcaster.model.approval import AddresseesSeal
from broadcaster.model.draft import Audience
from broadcaster.store import dialect
from broadcaster.store.freezing import Step, Telling, counting
from broadcaster.store.tables import audience_group, recipient

Variant = tuple[str, str, int]
"""Which rendition a reader of a language gets: (channel kind, the reader's language, rendition's position)."""
VARIANT = [("kind", "text"), ("language", "text"), ("position", "integer"), ("public", "integer")]
"""The columns of variants as a table; public is 1 for those of public channels."""


@dataclass(frozen=True, slots=True)
class SealedRecipient:
    """One row of an audience file, its name and addresses sealed; `addresses` are (kind, sealed, mark)."""

    name: bytes
    language: str
    groups: tuple[str, ...]
    areas: tuple[str, ...]
    addresses: tuple[tuple[str, bytes, bytes], ...]


def group_names(conn: Connection, organisation_id: str) -> set[str]:
    """The groups an organisation has."""
    query = sa.select(audience_group.c.name).where(audience_group.c.organisation_id == organisation_id)
    return set(conn.scalars(query))


def languages(conn: Connection, organisation_id: str) -> list[str]:
    """The languages its recipients read, or read before they left the list: a correction may go to them. Not those
    of public channels."""
    query = sa.select(recipient.c.language).where(recipient.c.organisation_id == organisation_id, ~recipient.c.public)
    return sorted(conn.scalars(query.distinct()))


# Readers in the order of the list, each with its addresses: CROSS JOIN holds SQLite to that order, in which both tables
# are read from front to back (by mark a million addresses took five times as long), and MATERIALIZED keeps it from
# reading the variants anew for each of them. The same mark twice is rare: only those are looked at one by one, and
# all copies but the first are spared. PostgreSQL knows nothing of a list that came in just now, and would go through
# all marks anew for every reader if they did not stand there once.
_CHOSEN = """
    WITH variant AS MATERIALIZED (SELECT * FROM {variants} v),
    reader AS MATERIALIZED (
        SELECT a.id AS address_id, a.kind AS kind, a.mark AS mark, r.id AS recipient_id, v.position AS rendition
        FROM recipient r CROSS JOIN address a CROSS JOIN variant v
        WHERE a.recipient_id = r.id AND v.kind = a.kind AND v.language = r.language
          AND v.public = CASE WHEN r.public THEN 1 ELSE 0 END
          AND r.organisation_id = :organisation AND r.retired_at IS NULL
          AND a.retired_at IS NULL AND a.opted_out_at IS NULL AND (r.public OR (({areas}) AND ({groups})))),
    several AS MATERIALIZED (SELECT kind, mark FROM address GROUP BY kind, mark HAVING count(*) > 1),
    spared AS (
        SELECT address_id FROM (
            SELECT address_id, row_number() OVER (PARTITION BY kind, mark ORDER BY address_id) AS copy FROM reader
            WHERE (kind, mark) IN (SELECT kind, mark FROM several)) c
        WHERE copy > 1),
    chosen AS (SELECT * FROM reader WHERE address_id NOT IN (SELECT address_id FROM spared))
"""
IN_AREAS = "r.id IN (SELECT ra.recipient_id FROM recipient_area ra WHERE ra.area_id IN (SELECT item FROM {areas} w))"
IN_GROUPS = """r.id IN (SELECT rg.recipient_id FROM recipient_group rg JOIN audience_group g ON g.id = rg.group_id
    WHERE g.organisation_id = :organisation AND g.name IN (SELECT item FROM {groups} w))"""


def _chosen(conn: Connection, audience: Audience) -> str:
    # Neither groups nor areas is nobody, never everybody: public channels alone.
    nobody = not audience.areas and not audience.groups
    return _CHOSEN.format(
        variants=dialect.rows(conn, "variants", VARIANT),
        areas=IN_AREAS.format(areas=dialect.texts(conn, "areas")) if audience.areas else "1 = 0" if nobody else "1 = 1",
        groups=IN_GROUPS.format(groups=dialect.texts(conn, "groups")) if audience.groups else "1 = 1",
    )


def freeze(
    conn: Connection,
    alert_id: str,
    organisation_id: str,
    audience: Audience,
    variants: Sequence[Variant],
    posts: Sequence[Variant] = (),
    telling: Telling | None = None,
) -> AddresseesSeal:
    """Write who gets which rendition, and seal it. `variants`: for people, `posts`: for public channels, which get
    the alert whatever the audience. A recipient's channels stand together, so all channels start at once.
    Addressees that are there already (see `corrections.address`) go first, and nobody is added twice."""
    parameters = {"alert": alert_id, **_parameters(organisation_id, audience, variants, posts)}
    numbered = (
        "SELECT (SELECT count(*) FROM addressee WHERE alert_id = :alert)"
        " + row_number() OVER (ORDER BY recipient_id, kind, address_id) AS n, address_id, rendition"
        " FROM chosen WHERE mark NOT IN (SELECT a.mark FROM addressee e"
        " JOIN address a ON a.id = e.address_id WHERE e.alert_id = :alert)"
    )
    with dialect.in_bulk(conn), counting(conn, telling) as (n, given):
        query = (
            f"INSERT INTO addressee (alert_id, n, address_id, rendition) {_chosen(conn, audience)}"
            f" SELECT :alert, {n}, address_id, rendition FROM ({numbered}) numbered"
        )
        conn.execute(text(query), {**parameters, **given})
    return sealed(conn, alert_id, telling)


def as_variants(variants: Sequence[Variant], posts: Sequence[Variant]) -> str:
    """The parameter for rows of `VARIANT`: which rendition people get, and which public channels."""
    return dialect.as_rows([*((*variant, 0) for variant in variants), *((*post, 1) for post in posts)])


def _parameters(
    organisation_id: str, audience: Audience, variants: Sequence[Variant], posts: Sequence[Variant]
) -> dict[str, str]:
    given = {"organisation": organisation_id, "variants": as_variants(variants, posts)}
    if audience.areas:
        given["areas"] = dialect.as_rows(audience.areas)
    if audience.groups:
        given["groups"] = dialect.as_rows(audience.groups)
    return given


def sealed(conn: Connection, alert_id: str, telling: Telling | None = None) -> AddresseesSeal:
    """Count and SHA-256 over "number address rendition" of every addressee, in order, with what it waits
    for when it does."""
    query = dialect.sql(
        "SELECT n || ' ' || address_id || ' ' || rendition"
        " || CASE WHEN pending_n IS NULL THEN '' ELSE ' ' || pending_n END"
        " FROM addressee WHERE alert_id = :alert ORDER BY n"
    )
    hasher, count, all_ = hashlib.sha256(), 0, last_number(conn, alert_id) if telling else 0
    lines = iter(conn.scalars(query, {"alert": alert_id}, execution_options={"yield_per": 10_000}))
    while part := list(islice(lines, 10_000)):
        hasher.update("\n".join([*part, ""]).encode())
        count += len(part)
        if telling is not None:
            telling.at(Step.SEALING, count, all_)
    return AddresseesSeal(count, hasher.hexdigest())


def last_number(conn: Connection, alert_id: str) -> int:
    """The number of an alert's last addressee; they count from 1. 0 when it has none."""
    query = "SELECT max(n) FROM addressee WHERE alert_id = :alert"
    return int(conn.scalar(dialect.sql(query), {"alert": alert_id}) or 0)


def joined_since(
    conn: Connection,
    alert_id: str,
    organisation_id: str,
    audience: Audience,
    variants: Sequence[Variant],
    posts: Sequence[Variant] = (),
) -> int:
    """How many would be addressed now who are not among the frozen addressees."""
    query = (
        f"{_chosen(conn, audience)} SELECT count(*) FROM chosen c WHERE NOT EXISTS"
        " (SELECT 1 FROM addressee e WHERE e.alert_id = :alert AND e.address_id = c.address_id)"
    )
    given = {"alert": alert_id, **_parameters(organisation_id, audience, variants, posts)}
    with dialect.in_bulk(conn):
        return int(conn.execute(text(query), given).scalar_one())


def sizes(conn: Connection, organisation_id: str) -> tuple[dict[str, int], dict[str, int]]:
    """How many recipients each group and each area of an organisation has."""
    standing = "r.organisation_id = :organisation AND r.retired_at IS NULL GROUP BY 1"
    groups = (
        "SELECT g.name, count(*) FROM recipient_group rg JOIN audience_group g ON g.id = rg.group_id"
        f" JOIN recipient r ON r.id = rg.recipient_id WHERE {standing}"
    )
    areas = (
        "SELECT ra.area_id, count(*) FROM recipient_area ra"
        f" JOIN recipient r ON r.id = ra.recipient_id WHERE {standing}"
    )
    given = {"organisation": organisation_id}
    return _tally(conn, groups, given), _tally(conn, areas, given)


def _tally(conn: Connection, query: str, given: Mapping[str, str]) -> dict[str, int]:
    """How many of each name, from a query that gives (name, count)."""
    return {str(name): int(count) for name, count in conn.execute(text(query), given)}


def reach(
    conn: Connection,
    organisation_id: str,
    audience: Audience,
    variants: Sequence[Variant],
    posts: Sequence[Variant] = (),
) -> dict[tuple[str, int], int]:
    """How many addresses of each channel kind and rendition would get a message now, public channels among them."""
    query = f"{_chosen(conn, audience)} SELECT kind, rendition, count(*) FROM chosen GROUP BY 1, 2"
    given = _parameters(organisation_id, audience, variants, posts)
    with dialect.in_bulk(conn):
        return {(str(kind), int(position)): int(count) for kind, position, count in conn.execute(text(query), given)}


def counts(conn: Connection, alert_id: str) -> tuple[dict[str, int], dict[str, int]]:
    """How many addressees by channel kind, and by language of what they get."""
    query = text(
        "SELECT r.kind, r.language, count(*) FROM addressee e JOIN rendition r ON r.alert_id = e.alert_id"
        " AND r.position = e.rendition WHERE e.alert_id = :alert GROUP BY r.kind, r.language"
    )
    by_channel: dict[str, int] = {}
    by_language: dict[str, int] = {}
    for kind, language, count in conn.execute(query, {"alert": alert_id}):
        by_channel[kind] = by_channel.get(kind, 0) + count
        by_language[language] = by_language.get(language, 0) + count
    return by_channel, by_language


def by_rendition(conn: Connection, alert_id: str) -> dict[int, int]:
    """How many addressees each rendition of an alert has, by its position."""
    query = "SELECT rendition, count(*) FROM addressee WHERE alert_id = :alert GROUP BY rendition"
    return {int(position): int(count) for position, count in conn.execute(text(query), {"alert": alert_id})}


def group_ids(conn: Connection, organisation_id: str, names: set[str]) -> Mapping[str, int]:
    """The ids of all groups by name; those of `names` that are missing are made."""
    missing = names - group_names(conn, organisation_id)
    if missing:
        conn.execute(
            audience_group.insert(), [{"organisation_id": organisation_id, "name": name} for name in sorted(missing)]
        )
    query = sa.select(audience_group.c.name, audience_group.c.id).where(
        audience_group.c.organisation_id == organisation_id
    )
    return {row.name: row.id for row in conn.execute(query)}
