"""What comes to the hooks from whoever: no request makes the hub fail, and no forged word is taken (R18)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from broadcaster import ids
from broadcaster.channel import Inbound
from broadcaster.clock import SystemClock
from broadcaster.store import deliveries
from broadcaster.web.bodies import MAX_BYTES
from broadcaster.workflow import receiving
from channels import sms_cm
from tests.corpora.reading import corpus
from tests.houses import RECIPIENTS, SECRET, TestHouse
from tests.integration.web.site import Site, serving

ACCOUNT = "sms.primary"
REPORTS = corpus("hooks")["report"]


@pytest.fixture
async def open_site(h: TestHouse) -> AsyncIterator[Site]:
    """A site that takes what providers send, as a hub does."""

    async def hook(account: str, key: str, inbound: Inbound) -> bool:
        if account not in (ACCOUNT, "email.main") or not receiving.is_hook_key(h.seal, account, key):
            return False
        await h.store.run(receiving.receive, h.seal, account, inbound, h.clock.now())
        return True

    async with serving(h, hook=hook) as served:
        yield served


@pytest.fixture
async def known(open_site: Site, h: TestHouse) -> dict[str, str]:
    """A delivery that a gateway accepted, and what its reports are made of."""
    alert = await h.released(h.content(channels=["sms"]))
    await h.store.run(deliveries.expand, alert.id, {"sms": ACCOUNT}, h.clock.now())
    await h.store.run(_accepted, alert.id)
    reference = ids.reference(alert.id, 1)
    mine = await h.store.read(_address, h, alert.id)
    other = next(a for item in RECIPIENTS for kind, a in item.addresses if kind == "sms" and a != mine)
    key = receiving.hook_key(h.seal, ACCOUNT)
    numbers = {"number": mine.replace("+", "00"), "other": other.replace("+", "00")}
    return {"reference": reference, "REFERENCE": reference.upper(), "key": key, "KEY": key.upper(), **numbers}


def _accepted(conn: Connection, alert_id: str) -> None:
    conn.execute(text("UPDATE delivery SET state = 'accepted', due_at = NULL WHERE alert_id = :a"), {"a": alert_id})


def _address(conn: Connection, h: TestHouse, alert_id: str) -> str:
    query = "SELECT a.sealed FROM addressee e JOIN address a ON a.id = e.address_id WHERE e.alert_id = :a AND e.n = 1"
    return h.seal.open(bytes(conn.scalar(text(query), {"a": alert_id}) or b""), "sms")


def _state(conn: Connection) -> str:
    return str(conn.scalar(text("SELECT state FROM delivery WHERE n = 1")))


def _others(conn: Connection) -> set[str]:
    return set(conn.scalars(text("SELECT state FROM delivery WHERE n > 1")))


def _filled(template: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        template = template.replace(f"{{{name}}}", value)
    return template


async def _apply(h: TestHouse) -> None:
    account = sms_cm.connect(ACCOUNT, _settings(h), {"token": SECRET}, SystemClock())
    last: int | None = 0
    while last is not None:
        last = await h.store.run(receiving.apply_waiting, h.seal, {ACCOUNT: account.facts}, last, h.clock.now())


def _settings(h: TestHouse) -> Any:
    return sms_cm.Settings.model_validate({"base_url": "http://127.0.0.1:1", "from": "Voorbeeld"})


async def test_only_what_is_true_is_taken_and_once(open_site: Site, h: TestHouse, known: dict[str, str]) -> None:
    path = f"/hooks/{ACCOUNT}/{known['key']}"
    expected = "accepted"
    for entry in REPORTS:
        body = _filled(entry["body"], known) + entry.get("repeat", entry["body"]) * entry.get("times", 0)
        query = _filled(entry.get("query", ""), known)
        headers = {"Content_Type": entry.get("content_type", "application/json")}
        for _ in range(3):  # as often as it comes
            reply = await open_site.post(None, f"{path}?{query}", body.encode(), **headers)
            assert reply.status_code == 204, entry["why"]
        await _apply(h)
        expected = entry.get("state", expected)
        assert await h.store.read(_state) == expected, entry["why"]
    assert await h.store.read(_others) == {"accepted"}


async def test_who_does_not_know_the_key_finds_nothing(open_site: Site, h: TestHouse, known: dict[str, str]) -> None:
    body = _filled(REPORTS[-2]["body"], known).encode()
    for entry in corpus("hooks")["place"]:
        for method in ("POST", "GET"):
            reply = await open_site.call(None, method, _filled(entry["path"], known), body)
            assert reply.problem == "not-found", entry["why"]
    await _apply(h)
    assert await h.store.read(_state) == "accepted"
    assert await h.store.read(_kept) == 0


def _kept(conn: Connection) -> int:
    return int(conn.scalar(text("SELECT count(*) FROM fact")) or 0)


async def test_what_is_too_large_or_packed_is_refused_unread(
    open_site: Site, h: TestHouse, known: dict[str, str]
) -> None:
    path = f"/hooks/{ACCOUNT}/{known['key']}"
    assert (await open_site.post(None, path, b"x" * MAX_BYTES * 4)).problem == "too-large"
    assert (await open_site.post(None, path, b"x", Content_Encoding="gzip")).problem == "unsupported-type"
    assert await h.store.read(_kept) == 0
