"""What everybody on the list has, counted for a choice of groups and areas: who would miss a message, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from broadcaster.model.draft import Audience
from broadcaster.store import dialect
from broadcaster.store.audience import IN_AREAS, IN_GROUPS

NONE, OPTED_OUT, OPEN = 0, 1, 2
"""What somebody has for a channel kind: no address; one that they ended; one to send to."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How many are alike. in_areas, in_groups: whether they are in one that was chosen; so is everybody when none of
    that sort was. has: for each kind that was asked about, in its order."""

    in_areas: bool
    in_groups: bool
    language: str
    has: tuple[int, ...]
    count: int


# Everybody once with the addresses they have, in one go over both tables; then those alike together: some hundred rows
# for a list of any length.
_PROFILES = """
    WITH member AS (
        SELECT r.id, r.language, CASE WHEN {areas} THEN 1 ELSE 0 END AS in_areas,
            CASE WHEN {groups} THEN 1 ELSE 0 END AS in_groups
        FROM recipient r WHERE r.organisation_id = :organisation AND r.retired_at IS NULL AND NOT r.public),
    everybody AS (
        SELECT m.in_areas, m.in_groups, m.language{each}
        FROM member m LEFT JOIN address a ON a.recipient_id = m.id AND a.retired_at IS NULL
        GROUP BY m.id, m.in_areas, m.in_groups, m.language)
    SELECT count(*), everybody.* FROM everybody GROUP BY in_areas, in_groups, language{names}
"""
_HAS = (
    f", max(CASE WHEN a.kind = :kind{{n}} THEN CASE WHEN a.opted_out_at IS NULL THEN {OPEN} ELSE {OPTED_OUT} END"
    f" ELSE {NONE} END) AS has{{n}}"
)


def profiles(conn: Connection, organisation_id: str, audience: Audience, kinds: Sequence[str]) -> list[Profile]:
    """Everybody on the list, counted by what matters. Public channels are not on it."""
    query = _PROFILES.format(
        areas=IN_AREAS.format(areas=dialect.texts(conn, "areas")) if audience.areas else "1 = 1",
        groups=IN_GROUPS.format(groups=dialect.texts(conn, "groups")) if audience.groups else "1 = 1",
        each="".join(_HAS.format(n=n) for n in range(len(kinds))),
        names="".join(f", has{n}" for n in range(len(kinds))),
    )
    given = {"organisation": organisation_id, **{f"kind{n}": kind for n, kind in enumerate(kinds)}}
    given |= {"areas": dialect.as_rows(audience.areas)} if audience.areas else {}
    given |= {"groups": dialect.as_rows(audience.groups)} if audience.groups else {}
    with dialect.in_bulk(conn):
        found = conn.execute(text(query), given).all()
    return [
        Profile(bool(in_areas), bool(in_groups), language, tuple(has), count)
        for count, in_areas, in_groups, language, *has in found
    ]
