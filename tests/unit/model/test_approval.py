"""One digest over everything that goes out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.model.approval import AddresseesSeal, beyond_expected, digest
from broadcaster.model.cap import MsgType, Status
from broadcaster.model.rendition import Hole, Rendition
from broadcaster.store.alerts import AlertRow

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALERT = AlertRow(
    id="a", draft_id="d", revision=1, organisation_id="o", number=3, status=Status.ACTUAL, msg_type=MsgType.ALERT,
    replaces_id=None, content={"channels": ["sms"], "infos": {"nl": {"headline": "Brand"}}}, sent_at=AT,
    expires_at=AT + timedelta(hours=4), release_at=None, zone="Europe/Amsterdam", submitter_id="anna",
)  # fmt: skip
SMS = Rendition("a.0", "sms", "nl", "Brand", b"Brand", encoding="GSM-7", segments=1)
MAIL = Rendition("a.1", "email", "nl", "Brand", b"Brand \x1arecipient\x1a", "Brand", "<p>Brand</p>", (Hole.RECIPIENT,))
SEAL = AddresseesSeal(2, "ab")


def of(alert: AlertRow = ALERT, items: tuple[Rendition, ...] = (SMS, MAIL), seal: AddresseesSeal = SEAL) -> str:
    return digest(alert.as_digested(), list(items), seal)


CHANGED_ALERTS = [
    replace(ALERT, id="b"),
    replace(ALERT, organisation_id="p"),
    replace(ALERT, number=4),
    replace(ALERT, status=Status.EXERCISE),
    replace(ALERT, status=Status.TEST),
    replace(ALERT, msg_type=MsgType.CANCEL),
    replace(ALERT, replaces_id="z"),
    replace(ALERT, content={"channels": ["sms", "email"], "infos": {"nl": {"headline": "Brand"}}}),
    replace(ALERT, content={"channels": ["sms"], "infos": {"nl": {"headline": "Brand."}}}),
    replace(ALERT, sent_at=AT + timedelta(seconds=1)),
    replace(ALERT, expires_at=AT + timedelta(hours=5)),
    replace(ALERT, release_at=AT),
    replace(ALERT, zone="Europe/Brussels"),
]
CHANGED_RENDITIONS = [
    replace(SMS, kind="telegram"),
    replace(SMS, language="en"),
    replace(SMS, text="Brand!"),
    replace(SMS, payload=b"Brand!"),
    replace(SMS, subject="Brand"),
    replace(SMS, html="<p>"),
    replace(SMS, holes=(Hole.RECIPIENT,)),
    replace(SMS, encoding="UCS-2"),
    replace(SMS, segments=2),
]


@pytest.mark.parametrize("changed", CHANGED_ALERTS)
def test_any_change_of_the_alert_is_another_digest(changed: AlertRow) -> None:
    assert of(changed) != of()


@pytest.mark.parametrize("changed", CHANGED_RENDITIONS)
def test_any_change_of_a_rendition_is_another_digest(changed: Rendition) -> None:
    assert of(items=(changed, MAIL)) != of()


@pytest.mark.parametrize("items", [(SMS,), (MAIL,), (), (SMS, MAIL, replace(SMS, language="en"))])
def test_a_rendition_more_or_less_is_another_digest(items: tuple[Rendition, ...]) -> None:
    assert of(items=items) != of()


@pytest.mark.parametrize("seal", [AddresseesSeal(3, "ab"), AddresseesSeal(2, "ac")])
def test_other_addressees_are_another_digest(seal: AddresseesSeal) -> None:
    assert of(seal=seal) != of()


def test_nothing_else_is_in_the_digest() -> None:
    elsewhere = replace(ALERT, sent_at=AT.astimezone(timezone(timedelta(hours=1))), submitter_id="bert", halted_at=AT)
    assert of(elsewhere, (MAIL, SMS)) == of()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(derandomize=True, deadline=None)
@given(texts, texts, st.binary(max_size=20), st.binary(max_size=20))
def test_two_renditions_have_one_digest_only_if_they_are_the_same(a: str, b: str, x: bytes, y: bytes) -> None:
    first, second = replace(SMS, text=a, payload=x), replace(SMS, text=b, payload=y)
    assert (of(items=(first,)) == of(items=(second,))) == (first == second)


@pytest.mark.parametrize(
    ("count", "expected", "beyond"),
    [
        (100, None, False), (100, 100, False), (120, 100, False), (121, 100, True), (80, 100, False), (79, 100, True),
        (0, 0, False), (1, 0, True), (0, 1, True),
    ],
)  # fmt: skip
def test_an_audience_may_differ_a_fifth_from_what_was_expected(count: int, expected: int | None, beyond: bool) -> None:
    assert beyond_expected(count, expected) is beyond
