"""Drafts and their revisions. Every revision is kept, with who wrote it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from broadcaster.model import translations
from broadcaster.model.alert import Stage
from broadcaster.model.cap import MsgType
from broadcaster.model.people import Caller
from broadcaster.model.translations import Translation
from broadcaster.store.tables import draft, draft_revision


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft at its latest revision. `content` is the JSON of a `DraftContent`; `translations` says who wrote and
    checked each language."""

    id: str
    organisation_id: str
    stage: Stage
    revision: int
    msg_type: MsgType
    replaces_id: str | None
    content: dict[str, Any]
    translations: Mapping[str, Translation] = field(default_factory=dict)


def create(conn: Connection, row: DraftRow, caller: Caller, now: datetime) -> DraftRow:
    """Store a new draft at revision 1; it comes back with who wrote its texts."""
    translated = _translated(None, row.content, 1, caller, now)
    conn.execute(
        draft.insert().values(
            id=row.id,
            organisation_id=row.organisation_id,
            incident_id=row.content.get("incident"),
            status=row.content["status"],
            msg_type=row.msg_type.value,
            replaces_id=row.replaces_id,
            stage=Stage.DRAFT.value,
            revision=1,
            created_at=now,
            translations=translated,
        )
    )
    _add_revision(conn, row.id, 1, row.content, caller, now)
    return replace(row, translations=translations.read(translated))


def _translated(
    before: DraftRow | None, content: Mapping[str, Any], revision: int, caller: Caller, now: datetime
) -> dict[str, Any]:
    known, old = (before.translations, before.content.get("infos", {})) if before else ({}, {})
    at = now.isoformat(timespec="seconds")
    made = translations.revised(known, old, content.get("infos", {}), revision, caller.person_id, at)
    return translations.stored(made)


def _add_revision(
    conn: Connection, draft_id: str, revision: int, content: dict[str, Any], caller: Caller, now: datetime
) -> None:
    values = {"draft_id": draft_id, "revision": revision, "content": content, "at": now}
    who = {"author_id": caller.person_id, "token_id": None if caller.person_id else caller.token_id}
    conn.execute(draft_revision.insert().values(values | who))


_CURRENT = (
    sa.select(draft, draft_revision.c.content)
    .join(
        draft_revision,
        sa.and_(draft_revision.c.draft_id == draft.c.id, draft_revision.c.revision == draft.c.revision),
    )
    .where(draft.c.deleted_at.is_(None))
)


def _row(row: sa.Row[Any]) -> DraftRow:
    return DraftRow(
        row.id,
        row.organisation_id,
        Stage(row.stage),
        row.revision,
        MsgType(row.msg_type),
        row.replaces_id,
        row.content,
        translations.read(row.translations),
    )


def get(conn: Connection, draft_id: str) -> DraftRow | None:
    """The draft at its latest revision; None when there is none, or no longer."""
    row = conn.execute(_CURRENT.where(draft.c.id == draft_id)).one_or_none()
    return None if row is None else _row(row)


def revise(
    conn: Connection, draft_id: str, expected: int, content: dict[str, Any], caller: Caller, now: datetime
) -> bool:
    """Store the next revision; False when another one came first."""
    query = draft.update().where(
        draft.c.id == draft_id, draft.c.revision == expected, draft.c.stage == Stage.DRAFT.value
    )
    translated = _translated(get(conn, draft_id), content, expected + 1, caller, now)
    values = {"revision": expected + 1, "incident_id": content.get("incident"), "translations": translated}
    if conn.execute(query.values(values)).rowcount != 1:
        return False
    _add_revision(conn, draft_id, expected + 1, content, caller, now)
    return True


def check(conn: Connection, row: DraftRow, language: str, person_id: str, now: datetime) -> bool:
    """Note that a person went over a language at this revision; False when the draft was changed meanwhile."""
    at = now.isoformat(timespec="seconds")
    made = translations.checked(row.translations, language, row.revision, person_id, at)
    query = draft.update().where(draft.c.id == row.id, draft.c.revision == row.revision)
    return conn.execute(query.values(translations=translations.stored(made))).rowcount == 1


def move(conn: Connection, draft_id: str, before: Stage, after: Stage, revision: int | None = None) -> bool:
    """Change the stage; False when the draft is not where (or at the revision) it was thought to be."""
    query = draft.update().where(draft.c.id == draft_id, draft.c.stage == before.value, draft.c.deleted_at.is_(None))
    if revision is not None:
        query = query.where(draft.c.revision == revision)
    return conn.execute(query.values(stage=after.value)).rowcount == 1


def delete(conn: Connection, draft_id: str, expected: int, now: datetime) -> bool:
    """Put a draft out of sight; its revisions stay for whoever evaluates. False when it was changed or
    submitted meanwhile."""
    query = draft.update().where(
        draft.c.id == draft_id, draft.c.revision == expected, draft.c.stage == Stage.DRAFT.value
    )
    return conn.execute(query.where(draft.c.deleted_at.is_(None)).values(deleted_at=now)).rowcount == 1


def listed(conn: Connection, before: str | None, limit: int) -> list[DraftRow]:
    """Open drafts, newest first, those older than `before`."""
    # One statement: a draft deleted between two would shorten the page, and a short page is the last.
    query = _CURRENT.where(draft.c.stage != Stage.APPROVED.value)
    if before is not None:
        query = query.where(draft.c.id < before)
    return [_row(row) for row in conn.execute(query.order_by(draft.c.id.desc()).limit(limit))]


def correcting(conn: Connection, alert_id: str, msg_type: MsgType) -> DraftRow | None:
    """The latest draft that would update (or cancel) an alert and still changes; None when there is none."""
    query = _CURRENT.where(draft.c.replaces_id == alert_id, draft.c.msg_type == msg_type.value)
    query = query.where(draft.c.stage == Stage.DRAFT.value).order_by(draft.c.id.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else _row(row)


def written_by(conn: Connection, person_id: str, limit: int) -> list[DraftRow]:
    """Drafts that still change, of which a person wrote a revision; newest first."""
    wrote = sa.select(draft_revision.c.draft_id).where(draft_revision.c.author_id == person_id)
    query = sa.select(draft.c.id).where(
        draft.c.stage == Stage.DRAFT.value, draft.c.deleted_at.is_(None), draft.c.id.in_(wrote)
    )
    found = conn.scalars(query.order_by(draft.c.id.desc()).limit(limit)).all()
    return [row for row in (get(conn, draft_id) for draft_id in found) if row is not None]


def last_change(conn: Connection, row: DraftRow) -> tuple[str | None, datetime]:
    """Who wrote a draft's latest revision (None: a machine), and when."""
    return _change(conn, row.id, row.revision)


def first_change(conn: Connection, row: DraftRow) -> tuple[str | None, datetime]:
    """Who began a draft (None: a machine), and when."""
    return _change(conn, row.id, 1)


def _change(conn: Connection, draft_id: str, revision: int) -> tuple[str | None, datetime]:
    query = sa.select(draft_revision.c.author_id, draft_revision.c.at)
    wanted = (draft_revision.c.draft_id == draft_id, draft_revision.c.revision == revision)
    found = conn.execute(query.where(*wanted)).one()
    return found.author_id, found.at


def content_at(conn: Connection, draft_id: str, revision: int) -> dict[str, Any] | None:
    """The content of an earlier revision; None when there is none."""
    query = sa.select(draft_revision.c.content)
    found = conn.scalar(query.where(draft_revision.c.draft_id == draft_id, draft_revision.c.revision == revision))
    return None if found is None else dict(found)


def writers_since(conn: Connection, draft_id: str, since: datetime) -> list[tuple[str, datetime]]:
    """The people who wrote a revision since then, each with when they did last; the latest first."""
    last = sa.func.max(draft_revision.c.at, type_=draft_revision.c.at.type)
    query = sa.select(draft_revision.c.author_id, last.label("last")).where(
        draft_revision.c.draft_id == draft_id, draft_revision.c.at >= since, draft_revision.c.author_id.is_not(None)
    )
    found = conn.execute(query.group_by(draft_revision.c.author_id).order_by(sa.desc("last")))
    return [(row.author_id, row.last) for row in found]


def scenarios_used(conn: Connection, among: int) -> list[str]:
    """The scenarios of the latest drafts, whatever became of them; the last one first, each once."""
    first = sa.select(draft_revision.c.content).where(draft_revision.c.revision == 1)
    contents = conn.scalars(first.order_by(draft_revision.c.draft_id.desc()).limit(among))
    return list(dict.fromkeys(content["scenario"] for content in contents if content.get("scenario")))
