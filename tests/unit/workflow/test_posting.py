"""Public channels of ours: one post per language, whatever the audience, and never a foreign fallback."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.cap import Lane, MsgType
from broadcaster.store import deliveries, journal, queue
from broadcaster.workflow import posting
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Refused
from channels import telegram_bot
from tests import lives
from tests.clocks import NOON

POSTS = {"nl": "@voorbeeld_nl", "en": "@voorbeeld_en"}
ACCOUNTS = {"sms": "sms.primary", "telegram": "telegram.main"}


def posting_to(house: House, **posts: str) -> House:
    spec = telegram_bot.spec(telegram_bot.Settings(posts=posts))
    return replace(
        house, specs={**house.specs, "telegram": spec}, accounts={**house.accounts, "telegram": "telegram.main"}
    )


@pytest.fixture
def public(conn: Connection, house: House) -> House:
    """A house with a channel in Dutch and one in English."""
    made = posting_to(house, **POSTS)
    posting.sync(conn, lives.SEAL, made, NOON)
    return made


def addressed(conn: Connection, house: House, **changed: Any) -> list[tuple[str, str]]:
    """Whom an alert goes to by Telegram, and the language of what they get."""
    alert = lives.submitted(conn, house, **{"channels": ["telegram"]} | changed)
    query = text(
        "SELECT a.sealed, r.language FROM addressee e JOIN address a ON a.id = e.address_id JOIN rendition r"
        " ON r.alert_id = e.alert_id AND r.position = e.rendition WHERE e.alert_id = :a AND a.kind = 'telegram'"
    )
    found = conn.execute(query, {"a": alert.id})
    return sorted((lives.SEAL.open(bytes(sealed), "telegram"), language) for sealed, language in found)


BOTH = [("@voorbeeld_en", "en"), ("@voorbeeld_nl", "nl")]


@pytest.mark.parametrize(
    "audience",
    [
        {"areas": ["noord"], "groups": ["bewoners"]},
        {"areas": ["zuid"]},
        {"groups": ["bewoners"]},
        {"groups": [], "areas": []},
        None,
    ],
    ids=str,
)
def test_every_public_channel_gets_an_alert_of_its_kind_whatever_the_audience(
    conn: Connection, public: House, audience: dict[str, Any] | None
) -> None:
    assert addressed(conn, public, audience=audience) == BOTH


def test_a_channel_whose_language_the_alert_lacks_gets_nothing(conn: Connection, house: House) -> None:
    made = posting_to(house, **POSTS, pl="@voorbeeld_pl")
    posting.sync(conn, lives.SEAL, made, NOON)
    assert addressed(conn, made) == BOTH
    infos = {"nl": lives.TEXTS, "en": lives.TEXTS, "pl": lives.TEXTS}
    assert addressed(conn, made, infos=infos) == [*BOTH, ("@voorbeeld_pl", "pl")]


def test_people_still_get_a_fallback_and_channels_count_as_no_language_of_theirs(
    conn: Connection, public: House
) -> None:
    lives.listed(conn, ["Inwoner,uk,bewoners,noord,,,4500000001"])
    assert addressed(conn, public) == [("4500000001", "nl"), *BOTH]


def test_a_draft_without_the_kind_posts_nothing(conn: Connection, public: House) -> None:
    assert addressed(conn, public, channels=["sms"]) == []


def test_without_a_public_channel_an_alert_to_nobody_is_refused(conn: Connection, house: House) -> None:
    made = posting_to(house)
    posting.sync(conn, lives.SEAL, made, NOON)
    with pytest.raises(Refused) as refused:
        addressed(conn, made, audience=None)
    assert [fault.rule for fault in refused.value.faults] == ["audience-empty"]


def test_a_channel_that_stands_in_an_audience_file_too_gets_one_post(conn: Connection, public: House) -> None:
    lives.listed(conn, ["Kanaal,nl,bewoners,noord,,,@voorbeeld_nl"])
    assert addressed(conn, public) == BOTH


@pytest.mark.parametrize("msg_type", [MsgType.UPDATE, MsgType.CANCEL])
def test_a_correction_is_posted_where_the_alert_was(conn: Connection, public: House, msg_type: MsgType) -> None:
    alert = lives.expanded(conn, public, channels=["telegram"], audience=None, severity="Moderate", accounts=ACCOUNTS)
    query = "UPDATE delivery SET state = :s, transmissions = :t, due_at = NULL WHERE alert_id = :a AND n = :n"
    for n, state, transmissions in ((1, "uncertain", 1), (2, "failed", 0)):
        conn.execute(text(query), {"s": state, "t": transmissions, "a": alert.id, "n": n})
    correction = lives.corrected(conn, public, alert, msg_type)
    rows = "SELECT e.address_id, r.language FROM addressee e JOIN rendition r ON r.alert_id = e.alert_id"
    where = " AND r.position = e.rendition WHERE e.alert_id = :a ORDER BY e.n"
    [first, _] = conn.execute(text(rows + where), {"a": alert.id}).all()
    assert conn.execute(text(rows + where), {"a": correction.id}).all() == [first]


def test_the_approver_signs_for_the_channels_too(conn: Connection, public: House) -> None:
    draft = lives.drafted(conn, public, channels=["sms", "telegram"])
    offered = lives.offered(conn, public, draft.id)
    assert offered.by_channel == {"sms": 4, "telegram": 2}
    assert offered.alert.addressees.count == 6


def test_the_configuration_decides_and_what_stays_keeps_its_row(conn: Connection, public: House) -> None:
    rows = text("SELECT id FROM recipient WHERE public AND retired_at IS NULL ORDER BY id")
    dutch, english = conn.scalars(rows)
    posting.sync(conn, lives.SEAL, public, NOON)
    assert [*conn.scalars(rows)] == [dutch, english]
    changed = posting_to(public, nl="@voorbeeld_nl", en="@elders_en", ar="@voorbeeld_ar")
    posting.sync(conn, lives.SEAL, changed, NOON)
    assert addressed(conn, changed) == [("@elders_en", "en"), ("@voorbeeld_nl", "nl")]
    found = [*conn.scalars(rows)]
    assert dutch in found
    assert english not in found
    posting.sync(conn, lives.SEAL, posting_to(public), NOON)
    assert [*conn.scalars(rows)] == []


def test_an_audience_file_takes_no_channel_away(conn: Connection, public: House) -> None:
    lives.listed(conn, ["Ander,en,bewoners,noord,,,9"], replace=True)
    assert addressed(conn, public, audience=None) == BOTH


def test_a_change_of_channels_is_in_the_journal_without_their_names(conn: Connection, public: House) -> None:
    [line] = [line for line in journal.lines(conn, 0) if line["kind"] == "PublicChannelsChanged"]
    assert line["data"] == {"added": ["telegram en", "telegram nl"], "retired": []}
    posting.sync(conn, lives.SEAL, public, NOON)
    assert [line["kind"] for line in journal.lines(conn, 0)].count("PublicChannelsChanged") == 1
    assert "voorbeeld_nl" not in str([*journal.lines(conn, 0)])


def test_an_exercise_rehearses_the_posts_and_nothing_of_it_is_live(conn: Connection, public: House) -> None:
    alert = lives.approved(conn, public, status="Exercise", channels=["telegram"], audience=None)
    while deliveries.expand(conn, alert.id, {"telegram": "drill.telegram"}, NOON):
        pass
    found = conn.execute(text("SELECT lane, account FROM delivery WHERE alert_id = :a"), {"a": alert.id}).all()
    assert [tuple(row) for row in found] == [("drill", "drill.telegram")] * 2
    assert queue.claim(conn, Lane.LIVE, "telegram.main", "w", 10, NOON) == []
    assert len(queue.claim(conn, Lane.DRILL, "drill.telegram", "w", 10, NOON)) == 2
    texts = conn.scalars(text("SELECT text FROM rendition WHERE alert_id = :a ORDER BY language"), {"a": alert.id})
    assert [
        (t.startswith(word), t.endswith(word)) for t, word in zip(texts, ("EXERCISE", "OEFENING"), strict=True)
    ] == [(True, True)] * 2
