"""Letting devices in: with a code, once, for one point; and out again."""

import pytest

from broadcaster.model.device import CODE_IN, DeviceKind
from broadcaster.seal import fingerprint, new_key
from broadcaster.web.callers import KNOWN_IN
from tests.houses import TestHouse, board_signers
from tests.integration.web.site import MovableClock, Reply, Site
from tests.outposts import jwk, let_in


async def enrol(site: Site, code: str, **changed: object) -> Reply:
    body = {"code": code, "kind": "relay", "name": "Kast in de hal", "key": jwk(new_key())} | changed
    return await site.post(None, "/v1/devices", {name: value for name, value in body.items() if value is not None})


async def code_for(site: Site, kind: str = "relay", point: str = "wijkhuis-noord") -> str:
    reply = await site.post("carla", "/v1/devices/codes", {"point": point, "kind": kind})
    assert reply.status_code == 201
    return str(reply.json["code"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_code_lets_in_one_device_once(site: Site) -> None:
    code = await code_for(site)
    reply = await enrol(site, code.lower().replace("-", " "))
    assert reply.status_code == 201
    assert (reply.json["point"], reply.json["points"]) == ("wijkhuis-noord", ["wijkhuis-noord"])
    roots = {mode.value: fingerprint(signer.root) for mode, signer in board_signers().items()}
    assert reply.json["roots"] == roots
    again = await enrol(site, code)
    assert (again.status_code, again.rules) == (422, [("code", "unknown")])
    listed = (await site.get("vera", "/v1/devices")).json["items"]
    assert [(item["id"], item["name"]) for item in listed] == [(reply.json["id"], "Kast in de hal")]
    assert (await site.get(None, "/v1/reports/receipts", **bearer(reply.json["token"]))).status_code == 200


async def test_a_code_is_for_its_kind_and_a_relay_brings_a_key(site: Site) -> None:
    code = await code_for(site, "display")
    assert (await enrol(site, code)).rules == [("code", "unknown")]  # a relay
    display = await enrol(site, code, kind="display", key=None)
    assert display.status_code == 201
    code = await code_for(site)
    assert (await enrol(site, code, key=None)).rules == [("key", "missing")]
    assert (await enrol(site, code, key={"kty": "OKP", "crv": "Ed25519", "x": "AA"})).rules == [("key", "key")]
    key = jwk(new_key())
    assert (await enrol(site, code, key=key)).status_code == 201  # what was wrong with the key did not use it up
    assert (await enrol(site, await code_for(site), key=key)).rules == [("key", "known")]


async def test_a_code_is_worth_nothing_after_a_day(site: Site, clock: MovableClock) -> None:
    code = await code_for(site)
    clock.move(CODE_IN.total_seconds())
    assert (await enrol(site, code)).rules == [("code", "unknown")]


async def test_a_letter_that_was_typed_wrong_costs_no_try_and_guessing_does(site: Site) -> None:
    code = await code_for(site)
    wrong = ("3" if code[0] == "2" else "2") + code[1:]
    for _ in range(10):
        assert (await enrol(site, wrong)).rules == [("code", "check")]
    used = code
    assert (await enrol(site, code)).status_code == 201
    replies = [await enrol(site, used) for _ in range(7)]
    assert [reply.status_code for reply in replies] == [422] * 6 + [429]
    assert int(replies[-1].headers["Retry-After"]) >= 1


async def test_a_revoked_device_is_refused_within_five_seconds(site: Site, h: TestHouse, clock: MovableClock) -> None:
    post = await let_in(h, "wijkhuis-noord")
    assert (await site.get(None, "/v1/reports/receipts", **bearer(post.token))).status_code == 200
    path = f"/v1/devices/{post.device.id}/revoke"
    revoked = await site.post("beheer", path)
    assert revoked.json["revoked_at"] is not None
    assert (await site.post("anna", path)).problem == "conflict"
    assert KNOWN_IN < 5
    clock.move(KNOWN_IN)
    for path in ("/v1/reports/receipts", "/v1/boards/wijkhuis-noord"):
        assert (await site.get(None, path, **bearer(post.token))).status_code == 401


async def test_a_device_reads_no_more_than_its_own_board(site: Site, h: TestHouse) -> None:
    post = await let_in(h, "wijkhuis-noord", DeviceKind.DISPLAY)
    for path in ("/v1/devices", "/v1/reports", "/v1/drafts", "/v1/alerts", "/v1/boards/buurthuis-zuid"):
        assert (await site.get(None, path, **bearer(post.token))).status_code == 403, path
    other = "/v1/points/buurthuis-zuid/showing"
    assert (await site.post(None, other, {}, **bearer(post.token))).status_code == 403


@pytest.mark.parametrize("point", ["nergens", ""])
async def test_a_code_is_for_a_point_that_exists(site: Site, point: str) -> None:
    reply = await site.post("anna", "/v1/devices/codes", {"point": point, "kind": "relay"})
    assert reply.rules[0][0] == "point"
