"""A passkey signs in alone, stands beside a password, and approves one digest; nothing that looks like one does."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from broadcaster.seal import passkeys as seal
from broadcaster.store import journal
from broadcaster.wiring import staff
from tests.authenticators import Authenticator, signed_with
from tests.houses import TestHouse
from tests.integration.web.site import PASSWORD, MovableClock, Reply, Site, cookie_of

ORIGIN = "https://crisis.voorbeeldstad.example"
SITE = {"Sec_Fetch_Site": "same-origin"}


async def _asked(site: Site, path: str, body: dict[str, str], **headers: str) -> dict[str, Any]:
    reply = await site.post(None, path, body, **SITE, **headers)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json
    return found


async def _add(site: Site, cookie: str, phone: Authenticator, password: str = PASSWORD, **lies: Any) -> Reply:
    asked = await _asked(site, "/console/account/passkeys/begin", {}, Cookie=cookie)
    made = phone.create(asked["options"], lies.pop("origin", ORIGIN), **lies)
    fields = {"name": "Telefoon van het werk", "password": password, "new_ticket": asked["ticket"], "new_passkey": made}
    return await site.form("/console/account/passkeys", fields, Cookie=cookie)


async def _owner(site: Site, name: str, count: int = 0) -> tuple[str, Authenticator]:
    """Somebody with a passkey: their cookie, and what they sign with."""
    cookie, phone = await site.signed_in(name), Authenticator(count)
    reply = await _add(site, cookie, phone)
    assert (reply.status_code, "De passkey is toegevoegd." in reply.text) == (200, True), reply.text
    return cookie, phone


async def _sign_in(site: Site, phone: Authenticator, origin: str = ORIGIN, **lies: Any) -> Reply:
    asked = await _asked(site, "/console/sign-in/passkey/begin", {})
    return await _send(site, asked["ticket"], phone.get(asked["options"], origin, **lies))


async def _send(site: Site, ticket: str, signed: str) -> Reply:
    fields = {"ticket": ticket, "passkey": signed, "next": "/console/drafts"}
    return await site.form("/console/sign-in/passkey", fields)


async def _events(h: TestHouse, *kinds: str) -> list[dict[str, Any]]:
    return [line for line in await h.store.read(lambda conn: list(journal.lines(conn))) if line["kind"] in kinds]


# --- signing in ------------------------------------------------------------------------------------


async def test_a_passkey_alone_lets_its_owner_in(site: Site, h: TestHouse) -> None:
    _, phone = await _owner(site, "anna")
    reply = await _sign_in(site, phone)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/drafts")
    assert (await site.get(None, "/v1/drafts", Cookie=cookie_of(reply))).status_code == 200
    [*_, line] = await _events(h, "SignedIn")
    assert (line["actor"], line["data"]) == (h.callers["anna"].person_id, {"how": "passkey"})


LIES: dict[str, dict[str, Any]] = {
    "made for another site": {"origin": "https://crisis.elders.example"},
    "over plain http": {"origin": ORIGIN.replace("https", "http")},
    "for another domain": {"domain": "elders.example"},
    "with nobody verified": {"verified": False},
    "with nobody present": {"present": False},
    "of something else": {"challenge": "A" * 43},
    "as a new passkey": {"type": "webauthn.create"},
    "by another key": {"key": ec.generate_private_key(ec.SECP256R1())},
}


async def test_no_signature_lets_in_that_is_not_of_this_site_for_this_challenge_by_a_verified_owner(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    _, phone = await _owner(site, "anna")
    for lie, how in LIES.items():
        reply = await _sign_in(site, phone, **how)
        assert (reply.status_code, "Set-Cookie" in reply.headers) == (403, False), lie
        clock.move(600)
    stranger = await _sign_in(site, Authenticator())
    assert (stranger.status_code, "niet bekend" in stranger.text) == (403, True)
    assert [line["object"] for line in await _events(h, "SignInRefused")] == ["unknown"] * (len(LIES) + 1)


@pytest.mark.parametrize("nonsense", ["", "{}", "[]", "geen", '{"id": 3}', '{"id": "é"}', "x" * 20_000])
async def test_what_is_no_passkey_at_all_is_refused_like_one(site: Site, nonsense: str) -> None:
    asked = await _asked(site, "/console/sign-in/passkey/begin", {})
    assert (await _send(site, asked["ticket"], nonsense)).status_code == 403


async def test_a_signature_is_good_once_and_for_five_minutes(site: Site, clock: MovableClock) -> None:
    _, phone = await _owner(site, "anna")
    asked = await _asked(site, "/console/sign-in/passkey/begin", {})
    signed = phone.get(asked["options"], ORIGIN)
    assert (await _send(site, asked["ticket"], signed)).status_code == 303
    assert (await _send(site, asked["ticket"], signed)).status_code == 403
    late = await _asked(site, "/console/sign-in/passkey/begin", {})
    signed = phone.get(late["options"], ORIGIN)
    clock.move(301)
    assert (await _send(site, late["ticket"], signed)).status_code == 403


async def test_a_passkey_that_counts_backwards_was_copied_and_lets_in_nobody_any_more(site: Site, h: TestHouse) -> None:
    cookie, phone = await _owner(site, "anna", count=1)
    copy = Authenticator(phone.count, phone.credential_id, phone.key)
    assert (await _sign_in(site, phone)).status_code == 303
    assert (await _sign_in(site, phone)).status_code == 303
    assert (await _sign_in(site, copy)).status_code == 403
    copy.count += 10
    assert (await _sign_in(site, copy)).status_code == 403
    assert (await _sign_in(site, phone)).status_code == 403
    assert len(await _events(h, "PasskeyCopied")) == 1
    assert "er is een kopie van" in (await site.get(None, "/console/account", Cookie=cookie)).text


async def test_who_guesses_has_to_wait(site: Site) -> None:
    _, phone = await _owner(site, "anna")
    codes = [(await _sign_in(site, phone, verified=False)).status_code for _ in range(8)]
    assert 429 in codes
    assert 303 not in codes


async def test_beside_a_password_a_passkey_does_as_well_as_a_code(site: Site) -> None:
    _, phone = await _owner(site, "anna")
    page = await site.sign_in("anna", PASSWORD)
    assert (page.status_code, "Set-Cookie" in page.headers) == (200, False)
    assert 'action="/console/sign-in/passkey"' in page.text
    assert 'name="code"' not in page.text  # she has no app
    assert (await _sign_in(site, phone)).status_code == 303


async def test_a_person_who_left_is_not_let_in_by_passkey(site: Site, h: TestHouse) -> None:
    _, phone = await _owner(site, "carla")
    await h.store.run(staff.disable, "carla")
    assert (await _sign_in(site, phone)).status_code == 403


# --- adding and removing ---------------------------------------------------------------------------


async def test_a_passkey_is_added_by_who_knows_the_password_and_is_in_the_journal(site: Site, h: TestHouse) -> None:
    cookie, phone = await site.signed_in("anna"), Authenticator()
    wrong = await _add(site, cookie, phone, password="geraden")
    assert (wrong.status_code, "dit wachtwoord klopt niet" in wrong.text) == (403, True)
    assert 'value="Telefoon van het werk"' in wrong.text
    assert await _events(h, "PasskeyAdded") == []
    page = await _add(site, cookie, phone)
    assert "Telefoon van het werk" in page.text
    [line] = await _events(h, "PasskeyAdded")
    assert line["object"] == line["actor"] == h.callers["anna"].person_id
    again = await _add(site, cookie, phone)
    assert (again.status_code, "is hier al bekend" in again.text) == (409, True)


@pytest.mark.parametrize("lie", [{"origin": "https://elders.example"}, {"domain": "elders.example"},
    {"verified": False}, {"challenge": "A" * 43}, {"type": "webauthn.get"}])  # fmt: skip
async def test_no_passkey_is_added_that_was_not_made_here_by_a_verified_owner(site: Site, lie: dict[str, Any]) -> None:
    cookie, phone = await site.signed_in("anna"), Authenticator()
    assert (await _add(site, cookie, phone, **lie)).status_code == 422
    assert (await _sign_in(site, phone)).status_code == 403


async def test_a_passkey_begun_in_one_session_is_not_added_in_another(site: Site) -> None:
    anna, bert, phone = await site.signed_in("anna"), await site.signed_in("bert"), Authenticator()
    asked = await _asked(site, "/console/account/passkeys/begin", {}, Cookie=anna)
    fields = {
        "name": "x", "password": PASSWORD, "new_ticket": asked["ticket"],
        "new_passkey": phone.create(asked["options"], ORIGIN),
    }  # fmt: skip
    assert (await site.form("/console/account/passkeys", fields, Cookie=bert)).status_code == 422


async def test_a_passkey_is_removed_by_who_knows_the_password_and_by_nobody_else(site: Site, h: TestHouse) -> None:
    cookie, phone = await _owner(site, "anna")
    page = await site.get(None, "/console/account", Cookie=cookie)
    found = re.search(r'action="(/console/account/passkeys/\w{26}/remove)"', page.text)
    assert found
    other = await site.signed_in("bert")
    assert (await site.form(found[1], {"password": PASSWORD}, Cookie=other)).status_code == 404
    assert (await site.form(found[1], {"password": "geraden"}, Cookie=cookie)).status_code == 403
    assert (await site.form(found[1], {"password": PASSWORD}, Cookie=cookie)).status_code == 200
    assert (await _sign_in(site, phone)).status_code == 403
    assert len(await _events(h, "PasskeyRemoved")) == 1
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303  # the password is enough again


async def test_another_password_from_the_administrator_takes_passkeys_away(site: Site, h: TestHouse) -> None:
    _, phone = await _owner(site, "anna")
    await h.store.run(staff.reset, "anna", PASSWORD)
    assert (await _sign_in(site, phone)).status_code == 403
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


# --- approving -------------------------------------------------------------------------------------


async def _challenge(site: Site, cookie: str, alert: Any) -> dict[str, Any]:
    path = f"/v1/alerts/{alert['alert']}/step-up/challenge"
    return await _asked(site, path, {"digest": alert["digest"]}, Cookie=cookie)


def _approve(site: Site, cookie: str, alert: Any, ticket: str, signed: str) -> Any:
    fields = {"digest": alert["digest"], "ticket": ticket, "passkey": signed}
    return site.form(f"/console/alerts/{alert['alert']}/approve", fields, Cookie=cookie)


async def test_a_passkey_approves_and_the_journal_proves_for_ever_which_digest_it_signed(
    site: Site, h: TestHouse
) -> None:
    alert, (cookie, phone) = await site.submitted(), await _owner(site, "dirk")
    page = await site.get(None, f"/console/alerts/{alert['alert']}", Cookie=cookie)
    body = re.search(r'data-passkey="get" data-begin="([^"]+)" data-body="([^"]+)"', page.text)
    assert body
    asked = await _asked(site, body[1], json.loads(unescape(body[2])), Cookie=cookie)
    reply = await _approve(site, cookie, alert, asked["ticket"], phone.get(asked["options"], ORIGIN))
    assert reply.status_code == 303, reply.text
    [added], [shown] = await _events(h, "PasskeyAdded"), await _events(h, "SteppedUp")
    data = shown["data"]
    assert (data["how"], data["passkey"]) == ("passkey", added["data"]["passkey"])
    assert signed_with(added["data"]["public_key"], data) == seal.challenge(data["nonce"], alert["digest"])


async def test_a_signature_for_one_digest_approves_no_other(site: Site) -> None:
    shown, other = await site.submitted(), await site.submitted()
    cookie, phone = await _owner(site, "dirk")
    asked = await _challenge(site, cookie, shown)
    signed = phone.get(asked["options"], ORIGIN)
    assert (await _approve(site, cookie, other, asked["ticket"], signed)).status_code == 403
    mine = await _challenge(site, cookie, other)  # a ticket of the other, a signature of the first
    assert (await _approve(site, cookie, other, mine["ticket"], signed)).status_code == 403
    assert (await _approve(site, cookie, shown, asked["ticket"], signed)).status_code == 303


Bad = Callable[[Site, str, Authenticator, Any], Any]


async def _of_sign_in(site: Site, _cookie: str, phone: Authenticator, _alert: Any) -> tuple[str, str]:
    asked = await _asked(site, "/console/sign-in/passkey/begin", {})
    return asked["ticket"], phone.get(asked["options"], ORIGIN)


async def _of_another(site: Site, cookie: str, _phone: Authenticator, alert: Any) -> tuple[str, str]:
    _, berts = await _owner(site, "bert")
    asked = await _challenge(site, cookie, alert)
    return asked["ticket"], berts.get(asked["options"], ORIGIN)


async def _of_another_session(site: Site, _cookie: str, phone: Authenticator, alert: Any) -> tuple[str, str]:
    elsewhere = cookie_of(await _sign_in(site, phone))
    asked = await _challenge(site, elsewhere, alert)
    return asked["ticket"], phone.get(asked["options"], ORIGIN)


async def _unverified(site: Site, cookie: str, phone: Authenticator, alert: Any) -> tuple[str, str]:
    asked = await _challenge(site, cookie, alert)
    return asked["ticket"], phone.get(asked["options"], ORIGIN, verified=False)


@pytest.mark.parametrize("bad", [_of_sign_in, _of_another, _of_another_session, _unverified])
async def test_no_other_signature_approves(site: Site, bad: Bad) -> None:
    alert, (cookie, phone) = await site.submitted(), await _owner(site, "dirk")
    reply = await _approve(site, cookie, alert, *await bad(site, cookie, phone, alert))
    assert reply.status_code == 403
    assert (await site.get("vera", f"/v1/alerts/{alert['alert']}")).json["stage"] == "submitted"


async def test_who_has_no_passkey_is_told_to_type_the_password(site: Site) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    path, body = f"/v1/alerts/{alert['alert']}/step-up/challenge", {"digest": alert["digest"]}
    reply = await site.post(None, path, body, **SITE, Cookie=cookie)
    assert (reply.status_code, reply.rules) == (403, [("passkey", "none")])
