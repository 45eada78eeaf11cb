"""A code beside the password: asked for once it is confirmed, good once, and gone when the telephone is lost."""

import re
from collections.abc import AsyncIterator

import pyotp
import pytest

from broadcaster.store import second_factors, sessions
from broadcaster.wiring import staff
from broadcaster.workflow import second_factor
from tests.houses import TestHouse
from tests.integration.web.site import PASSWORD, MovableClock, Reply, Site, cookie_of, serving


@pytest.fixture
async def site(h: TestHouse) -> AsyncIterator[Site]:
    async with serving(h) as opened:
        yield opened


async def _set_up(site: Site, name: str = "anna") -> tuple[str, pyotp.TOTP]:
    """A person with a confirmed app: what their browser holds, and the app."""
    cookie = await site.signed_in(name)
    await site.form("/console/account/factor", {}, Cookie=cookie)
    page = await site.get(None, "/console/account", Cookie=cookie)
    found = re.search(r'class="secret">([A-Z2-7]+)<', page.text)
    assert found
    app = pyotp.TOTP(found[1])
    code = app.at(site.house.clock.now())
    confirmed = await site.form("/console/account/factor/confirm", {"code": code}, Cookie=cookie)
    assert confirmed.status_code == 200, confirmed.text
    return cookie, app


async def _ticket(site: Site, name: str = "anna") -> str:
    reply = await site.sign_in(name, PASSWORD)
    assert (reply.status_code, "Set-Cookie" in reply.headers) == (200, False)
    found = re.search(r'name="ticket" value="([^"]+)"', reply.text)
    assert found
    return found[1]


async def _give(site: Site, ticket: str, code: str) -> Reply:
    return await site.form("/console/sign-in/code", {"ticket": ticket, "code": code, "next": "/console/drafts"})


async def test_a_password_alone_lets_in_no_more_and_the_code_does(site: Site, clock: MovableClock) -> None:
    _, app = await _set_up(site)
    clock.move(60)
    reply = await _give(site, await _ticket(site), app.at(clock.now()))
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/drafts")
    assert (await site.get(None, "/v1/drafts", Cookie=cookie_of(reply))).status_code == 200


async def test_a_code_is_good_once(site: Site, clock: MovableClock) -> None:
    """RFC 6238, section 5.2: whoever looks over a shoulder comes too late."""
    _, app = await _set_up(site)
    clock.move(60)
    code = app.at(clock.now())
    assert (await _give(site, await _ticket(site), code)).status_code == 303
    assert (await _give(site, await _ticket(site), code)).status_code == 403


@pytest.mark.parametrize("seconds", [-90, 90])
async def test_a_code_of_another_minute_is_refused(site: Site, clock: MovableClock, seconds: int) -> None:
    _, app = await _set_up(site)
    clock.move(300)
    ticket = await _ticket(site)
    assert (await _give(site, ticket, app.at(int(clock.now().timestamp()) + seconds))).status_code == 403
    assert (await _give(site, ticket, f" {app.at(clock.now())[:3]} {app.at(clock.now())[3:]} ")).status_code == 303


async def test_who_guesses_codes_has_to_wait(site: Site, clock: MovableClock) -> None:
    await _set_up(site)
    clock.move(60)
    ticket = await _ticket(site)
    found = [(await _give(site, ticket, "000000")).status_code for _ in range(8)]
    assert 429 in found
    assert 303 not in found


@pytest.mark.parametrize("how", ["old", "forged", "of another password"])
async def test_a_ticket_is_good_for_minutes_and_for_that_password(site: Site, clock: MovableClock, how: str) -> None:
    _, app = await _set_up(site)
    ticket = await _ticket(site)
    clock.move(301 if how == "old" else 60)
    if how == "of another password":
        await site.give_password("anna", "een ander lang wachtwoord")
    if how == "forged":
        ticket = ticket[:-8] + "AAAAAAA="
    reply = await _give(site, ticket, app.at(clock.now()))
    assert (reply.status_code, "Set-Cookie" in reply.headers) == (200, False)
    assert 'name="password"' in reply.text


async def test_an_app_that_was_not_confirmed_asks_for_nothing(site: Site) -> None:
    cookie = await site.signed_in("anna")
    await site.form("/console/account/factor", {}, Cookie=cookie)
    wrong = await site.form("/console/account/factor/confirm", {"code": "123 456"}, Cookie=cookie)
    assert wrong.status_code == 422
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


async def test_the_secret_is_shown_until_it_is_confirmed_and_stands_nowhere(site: Site, h: TestHouse) -> None:
    cookie, app = await _set_up(site)
    page = await site.get(None, "/console/account", Cookie=cookie)
    assert app.secret not in page.text
    again = await site.form("/console/account/factor", {}, Cookie=cookie)  # no new one while this one stands
    assert again.status_code == 303
    person_id = h.callers["anna"].person_id or ""
    found = await h.store.read(second_factors.of, person_id)
    assert found is not None
    assert found.confirmed_at is not None
    assert app.secret.encode() not in found.sealed


async def test_it_is_taken_away_by_who_knows_the_password(site: Site) -> None:
    cookie, _ = await _set_up(site)
    wrong = await site.form("/console/account/factor/remove", {"password": "geraden"}, Cookie=cookie)
    assert wrong.status_code == 403
    done = await site.form("/console/account/factor/remove", {"password": PASSWORD}, Cookie=cookie)
    assert done.status_code == 200
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


async def test_another_password_from_the_administrator_takes_it_away_too(site: Site, h: TestHouse) -> None:
    await _set_up(site)
    await h.store.run(staff.reset, "anna", PASSWORD)
    assert not await h.store.read(second_factor.needed, h.callers["anna"].person_id)
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


async def test_own_sessions_are_listed_and_another_one_can_be_ended(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    first, second = await site.signed_in("anna"), cookie_of(await site.sign_in("anna", PASSWORD))
    listed = await h.store.read(sessions.listed, h.callers["anna"].person_id, h.clock.now())
    assert len(listed) == 2
    oldest = listed[-1]["id"]
    done = await site.form(f"/console/account/sessions/{oldest}/end", {}, Cookie=second)
    assert done.status_code == 200
    assert (await site.get(None, "/v1/drafts", Cookie=second)).status_code == 200
    strange = await site.form(f"/console/account/sessions/{oldest}/end", {}, Cookie=second)
    assert strange.status_code == 404
    clock.move(6)  # what was looked up before is believed for five seconds
    assert (await site.get(None, "/v1/drafts", Cookie=first)).status_code == 401
