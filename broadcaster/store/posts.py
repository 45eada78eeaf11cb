"""Public channels of ours, as recipients: each organisation has every one that is configured."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from broadcaster.store import dialect
from broadcaster.store.columns import millis
from broadcaster.store.tables import address, recipient


class Post(NamedTuple):
    """A public channel: its kind, the language of what it gets, and its address."""

    kind: str
    language: str
    sealed: bytes
    mark: bytes


def sync(
    conn: Connection, organisation_id: str, posts: Sequence[Post], name: bytes, now: datetime
) -> tuple[list[str], list[str]]:
    """Bring an organisation's public channels in line with the configuration; what was added and what was retired,
    as "kind language". `name`: what they are called, sealed."""
    query = dialect.sql(
        "SELECT r.id, a.kind, r.language, a.mark FROM recipient r JOIN address a ON a.recipient_id = r.id"
        " WHERE r.organisation_id = :organisation AND r.public AND r.retired_at IS NULL ORDER BY r.id"
    )
    wanted = {(post.kind, post.language, post.mark): post for post in posts}
    retired = []
    for id_, kind, language, mark in conn.execute(query, {"organisation": organisation_id}).all():
        if wanted.pop((kind, language, bytes(mark)), None) is None:
            _retire(conn, id_, now)
            retired.append(f"{kind} {language}")
    for post in wanted.values():
        _add(conn, organisation_id, post, name, now)
    return [f"{post.kind} {post.language}" for post in wanted.values()], retired


def _retire(conn: Connection, recipient_id: int, now: datetime) -> None:
    for statement in (
        "UPDATE recipient SET retired_at = :now WHERE id = :id",
        "UPDATE address SET retired_at = :now WHERE recipient_id = :id AND retired_at IS NULL",
    ):
        conn.execute(dialect.sql(statement), {"now": millis(now), "id": recipient_id})


def _add(conn: Connection, organisation_id: str, post: Post, name: bytes, now: datetime) -> None:
    values = {"organisation_id": organisation_id, "name": name, "language": post.language, "added_at": now}
    added = conn.execute(recipient.insert().values(public=True, **values).returning(recipient.c.id)).scalar_one()
    conn.execute(
        address.insert().values(recipient_id=added, kind=post.kind, sealed=post.sealed, mark=post.mark, added_at=now)
    )
