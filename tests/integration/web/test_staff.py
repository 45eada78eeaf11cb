"""What an administrator does at a browser: with their own password each time, in the journal under their id, and never
in a way that lets them write or approve."""

import asyncio
import re
import threading

import pytest
from sqlalchemy import Connection, text

from broadcaster.model.events import SYSTEM
from broadcaster.model.people import Role
from broadcaster.store import dialect, journal, people, second_factors, staff
from broadcaster.workflow import second_factor, staffing
from broadcaster.workflow.refusals import Refused
from tests.houses import TestHouse
from tests.integration.web.site import PASSWORD, MovableClock, Reply, Site

MOMENT = 6.0  # longer than an ended session, or a role, is believed


def person(h: TestHouse, name: str) -> str:
    found = h.callers[name].person_id
    assert found is not None
    return found


async def act(site: Site, cookie: str, name: str, what: str, password: str = PASSWORD, **fields: str) -> Reply:
    path = f"/console/mensen/{person(site.house, name)}/{what}"
    return await site.form(path, {"password": password, **fields}, Cookie=cookie)


def shown_secret(reply: Reply) -> str:
    found = re.search(r'class="secret">([\w-]+)<', reply.text)
    assert found, reply.text
    return found[1]


async def last_event(h: TestHouse) -> tuple[str, str, str]:
    [*_, line] = await h.store.read(lambda conn: list(journal.lines(conn)))
    return line["kind"], line["actor"], line["object"]


async def test_a_new_person_is_known_by_the_password_that_was_shown_once(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("beheer")
    fields = {"name": " Noor  de Wit ", "role": "author", "password": PASSWORD}
    reply = await site.form("/console/mensen", fields, Cookie=cookie)
    assert reply.status_code == 200
    assert (await last_event(h))[:2] == ("PersonAdded", person(h, "beheer"))
    assert "Kies uw eigen wachtwoord" in (await site.sign_in("Noor de Wit", shown_secret(reply))).text
    page = await site.get(None, "/console/mensen", Cookie=cookie)
    assert "Noor de Wit" in page.text
    assert shown_secret(reply) not in page.text


@pytest.mark.parametrize("password", ["", "een verkeerd wachtwoord"])
async def test_nothing_changes_without_the_administrators_own_password(site: Site, h: TestHouse, password: str) -> None:
    cookie = await site.signed_in("beheer")
    before = await h.store.read(staff.everyone, h.clock.now())
    for what in ("roles", "reset", "disable", "enable", "sessions"):
        assert (await act(site, cookie, "carla", what, password, role="viewer")).status_code == 403
    added = await site.form("/console/mensen", {"name": "X", "role": "viewer", "password": password}, Cookie=cookie)
    made = await site.form("/console/sleutels", {"password": password}, Cookie=cookie)
    assert {added.status_code, made.status_code} <= {403, 429}  # who guesses has to wait
    assert await h.store.read(staff.everyone, h.clock.now()) == before


@pytest.mark.parametrize("other", ["author", "approver"])
async def test_an_administrator_gets_no_role_that_writes_or_approves(site: Site, h: TestHouse, other: str) -> None:
    cookie = await site.signed_in("beheer")
    roles = f"password={PASSWORD.replace(' ', '+')}&role=admin&role={other}".encode()
    headers = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin", "Cookie": cookie}
    for name in ("beheer", "carla"):
        reply = await site.call(None, "POST", f"/console/mensen/{person(h, name)}/roles", roles, **headers)
        assert reply.status_code == 422
    assert await h.store.read(people.roles, person(h, "beheer")) == {Role.ADMIN}
    assert await h.store.read(people.roles, person(h, "carla")) == {Role.AUTHOR}


async def test_a_role_that_is_taken_away_is_gone_within_five_seconds(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    cookie, carla = await site.signed_in("beheer"), await site.signed_in("carla")
    assert (await site.get(None, "/console/drafts/new", Cookie=carla)).status_code == 200
    assert (await act(site, cookie, "carla", "roles", role="viewer")).status_code == 200
    assert (await last_event(h)) == ("PersonRolesChanged", person(h, "beheer"), person(h, "carla"))
    clock.move(MOMENT)
    assert (await site.get(None, "/console/drafts/new", Cookie=carla)).status_code == 403


async def test_nobody_takes_their_own_office_away_and_the_last_administrator_stays(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("beheer")
    for what, fields in (("disable", {}), ("roles", {"role": "viewer"})):
        reply = await act(site, cookie, "beheer", what, **fields)
        assert (reply.status_code, "vraag een andere beheerder" in reply.text) == (409, True)
    with pytest.raises(Refused, match="laatste beheerder"):
        await h.store.run(staffing.disable, SYSTEM, person(h, "beheer"), h.clock.now())
    with pytest.raises(Refused, match="laatste beheerder"):
        await h.store.run(staffing.change_roles, SYSTEM, person(h, "beheer"), {Role.VIEWER}, h.clock.now())


async def test_of_two_administrators_who_remove_each_other_at_once_one_stays(h: TestHouse) -> None:
    first, second = person(h, "beheer"), person(h, "vera")
    await h.store.run(staffing.change_roles, SYSTEM, second, {Role.ADMIN}, h.clock.now())
    begun, over = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slowly(conn: Connection) -> None:
        """Remove the other, and end only when they are done with us, or wait for us."""
        staffing.disable(conn, first, second, h.clock.now())
        loop.call_soon_threadsafe(begun.set)
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        for _ in range(0 if dialect.is_sqlite(conn) else 1000):  # SQLite has one writer
            if over.wait(0.02) or conn.scalar(waiting):
                return

    removing = asyncio.create_task(h.store.run(slowly))
    async with asyncio.timeout(20):
        await begun.wait()
    with pytest.raises(Refused, match="geen beheerder meer"):
        await h.store.run(staffing.disable, second, first, h.clock.now())
    over.set()
    await removing
    assert await h.store.read(people.admins) == {first}


async def test_a_reset_ends_sessions_and_takes_code_and_passkeys(site: Site, h: TestHouse, clock: MovableClock) -> None:
    cookie, anna = await site.signed_in("beheer"), await site.signed_in("anna")
    await h.store.run(second_factors.put, person(h, "anna"), b"sealed", h.clock.now())
    await h.store.run(second_factors.confirm, person(h, "anna"), h.clock.now())
    reply = await act(site, cookie, "anna", "reset")
    clock.move(MOMENT)
    assert (await site.get(None, "/console", Cookie=anna)).status_code == 303
    assert not await h.store.read(second_factor.needed, person(h, "anna"))
    assert (await site.sign_in("anna", PASSWORD)).status_code == 403
    assert "Kies uw eigen wachtwoord" in (await site.sign_in("anna", shown_secret(reply))).text


async def test_who_has_no_access_any_more_gets_it_back_without_the_tokens(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    cookie, carla = await site.signed_in("beheer"), await site.signed_in("carla")
    assert (await act(site, cookie, "carla", "disable")).status_code == 200
    clock.move(MOMENT)
    assert (await site.get(None, "/console", Cookie=carla)).status_code == 303
    assert (await act(site, cookie, "carla", "enable")).status_code == 200
    clock.move(MOMENT)
    assert (await site.sign_in("carla", PASSWORD)).status_code == 303
    assert (await site.get("carla", "/v1/drafts")).status_code == 401


async def test_sessions_of_another_end_and_nothing_else(site: Site, h: TestHouse, clock: MovableClock) -> None:
    cookie, anna = await site.signed_in("beheer"), await site.signed_in("anna")
    assert (await act(site, cookie, "anna", "sessions")).status_code == 200
    clock.move(MOMENT)
    assert (await site.get(None, "/console", Cookie=anna)).status_code == 303
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


async def test_an_administrator_makes_tokens_for_machines_and_never_one_that_acts_as_a_person(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    cookie = await site.signed_in("beheer")
    secret = shown_secret(await site.form("/console/sleutels", {"password": PASSWORD}, Cookie=cookie))
    caller = await h.store.read(people.caller, secret)
    assert caller is not None
    assert (caller.person_id, caller.roles) == (None, frozenset({Role.AUTHOR}))
    wanted = (h.house.settings, person(h, "beheer"), person(h, "bert"), None, h.clock.now())
    with pytest.raises(Refused, match="op de machine van de centrale"):
        await h.store.run(staffing.create_token, *wanted)
    gone = await site.form(f"/console/sleutels/{caller.token_id}/revoke", {"password": PASSWORD}, Cookie=cookie)
    assert gone.status_code == 200
    clock.move(MOMENT)
    assert await h.store.read(people.caller, secret) is None
    assert (await last_event(h)) == ("TokenRevoked", person(h, "beheer"), caller.token_id)


async def test_who_is_no_administrator_any_more_changes_nobody(h: TestHouse) -> None:
    def demoted(conn: Connection) -> None:
        people.set_roles(conn, person(h, "beheer"), frozenset({Role.VIEWER}))
        staffing.reset(conn, person(h, "beheer"), person(h, "anna"), "stored", h.clock.now())

    with pytest.raises(Refused, match="geen beheerder meer"):
        await h.store.run(demoted)


async def test_the_list_says_what_each_has_and_no_address(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("beheer")
    page = await site.get(None, "/console/mensen", Cookie=cookie)
    assert page.text.count('href="/console/mensen/0') == len(h.callers) - 3  # neither machine nor displays
    assert "mag zelf niet schrijven of accorderen" in page.text
    vera = await site.signed_in("vera")
    assert "/console/mensen" not in (await site.get(None, "/console", Cookie=vera)).text
