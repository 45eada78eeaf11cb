"""How large an audience is, from every side: numbers alone."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from broadcaster.store import audience


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of one organisation. people: on the list now, public channels not among them. groups, areas, languages: people by
    name. channels: addresses by kind that get our messages; opted_out: those that want none."""

    people: int
    groups: dict[str, int]
    areas: dict[str, int]
    languages: dict[str, int]
    channels: dict[str, int]
    opted_out: dict[str, int]


_STANDING = "r.organisation_id = :organisation AND r.retired_at IS NULL AND NOT r.public"


def of(conn: Connection, organisation_id: str) -> Sizes:
    """Count everything."""
    given = {"organisation": organisation_id}
    groups, areas = audience.sizes(conn, organisation_id)
    read = text(f"SELECT r.language, count(*) FROM recipient r WHERE {_STANDING} GROUP BY 1")
    languages = {str(language): int(count) for language, count in conn.execute(read, given)}
    query = text(
        "SELECT a.kind, sum(CASE WHEN a.opted_out_at IS NULL THEN 1 ELSE 0 END), count(a.opted_out_at)"
        " FROM address a JOIN recipient r ON r.id = a.recipient_id"
        f" WHERE {_STANDING} AND a.retired_at IS NULL GROUP BY 1"
    )
    kinds = [(str(kind), int(on), int(off)) for kind, on, off in conn.execute(query, given)]
    channels, opted_out = {kind: on for kind, on, _ in kinds}, {kind: off for kind, _, off in kinds if off}
    return Sizes(sum(languages.values()), groups, areas, languages, channels, opted_out)
