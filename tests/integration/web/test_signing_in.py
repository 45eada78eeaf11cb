"""People sign in at a browser: with a name and a password for a session that ends."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import quote

import argon2

from broadcaster.model.people import Role
from broadcaster.seal.passwords import Passwords
from broadcaster.store import journal, people, sessions
from broadcaster.store.journal import Head
from broadcaster.web.assets import ASSETS
from broadcaster.web.callers import COOKIE, KNOWN_IN
from broadcaster.wiring import staff
from broadcaster.workflow import signing_in
from tests.houses import CHEAP, TestHouse
from tests.integration.web.site import PASSWORD, MovableClock, Site, cookie_of, serving

WRONG = "een ander wachtwoord"


async def _journal(h: TestHouse) -> list[tuple[str, str, str]]:
    lines = await h.store.read(lambda conn: list(journal.lines(conn)))
    kinds = ("SignedIn", "SignInRefused", "SignedOut", "SessionEnded", "PasswordReset")
    return [(line["kind"], line["actor"], line["object"]) for line in lines if line["kind"] in kinds]


async def _is_in(site: Site, cookie: str) -> bool:
    reply = await site.get(None, "/v1/drafts", Cookie=cookie)
    assert reply.status_code in (200, 401)
    return reply.status_code == 200


# --- the form --------------------------------------------------------------------------------------


async def test_a_name_and_its_password_give_a_session_that_no_script_and_no_other_site_can_use(site: Site) -> None:
    await site.give_password("anna")
    reply = await site.sign_in("anna", PASSWORD)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console")
    value, *attributes = reply.headers["Set-Cookie"].split("; ")
    assert value.startswith(f"{COOKIE}=")
    assert len(value) >= len(COOKIE) + 1 + 43  # 256 bits in base 64
    assert set(attributes) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    assert await _is_in(site, value)


async def test_a_session_is_the_same_caller_as_a_token(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("anna")
    draft = await site.post(None, "/v1/drafts", h.content(), Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert draft.status_code == 201
    submitted = await site.post("carla", f"/v1/drafts/{draft.json['id']}/submit")
    refused = await site.post("anna", f"/v1/alerts/{submitted.json['alert']}/approve", {"digest": "0" * 64})
    assert refused.status_code == 403  # she wrote it, whichever way she came in


async def test_a_session_lets_nobody_do_more_than_their_role(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("vera")
    reply = await site.post(None, "/v1/drafts", h.content(), Cookie=cookie, Sec_Fetch_Site="same-origin")
    assert (reply.status_code, reply.problem) == (403, "forbidden")


async def test_what_is_stored_of_a_session_is_of_no_use_to_who_reads_it(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("anna")
    secret = cookie.partition("=")[2]
    [row] = await h.store.read(lambda conn: conn.exec_driver_sql("SELECT * FROM session").all())
    assert secret not in repr(row)
    for stored in (row.id, bytes(row.hash).hex()):
        assert not await _is_in(site, f"{COOKIE}={stored}")
    assert (await site.get(None, "/v1/drafts", Authorization=f"Bearer {secret}")).status_code == 401


async def test_the_page_names_its_fields_and_needs_no_script(site: Site) -> None:
    reply = await site.get(None, "/console/sign-in?next=/console/drafts")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers["Referrer-Policy"] == "same-origin"
    assert (reply.headers["Cache-Control"], reply.headers["Vary"]) == ("no-store", "Cookie, Accept-Encoding")
    assert reply.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in reply.headers["Permissions-Policy"]
    assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"  # others reach this hub over https
    forms = re.findall(r'<form method="post" action="([^"]+)"', reply.text)
    assert "/console/sign-in" in forms  # a script adds passkeys, and the password works without
    assert set(re.findall(r"<script([^>]*)>", reply.text)) == {
        f' src="{ASSETS.url(name)}" defer' for name in ("console/signing-in.js", "console/passkeys.js")
    }
    for piece in ('lang="nl"', 'for="name"', 'for="password"', 'type="password"', 'value="/console/drafts"'):
        assert piece in reply.text


async def test_who_is_signed_in_already_need_not_do_it_again(site: Site) -> None:
    cookie = await site.signed_in("anna")
    reply = await site.get(None, "/console/sign-in?next=/console/drafts", Cookie=cookie)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/drafts")


ELSEWHERE = (
    "//elders.example/",
    "https://elders.example/",
    "/\\elders.example",
    "\\\\elders.example",
    "javascript:alert(1)",
    "/console\r\nSet-Cookie: a=b",
    "/console\x00",
    "elders",
    "",
    "/console/sign-in?next=/console",
)


async def test_after_signing_in_nobody_is_sent_to_another_site(site: Site) -> None:
    cookie = await site.signed_in("anna")
    for wanted in ELSEWHERE:
        reply = await site.sign_in("anna", PASSWORD, wanted)
        assert reply.headers.get("Location", "/console") == "/console", wanted
        assert reply.status_code == (400 if "\x00" in wanted else 303)
        asked = await site.get(None, f"/console/sign-in?next={quote(wanted)}", Cookie=cookie)
        assert (asked.status_code, asked.headers["Location"]) == (303, "/console")


async def test_after_signing_in_a_person_is_where_they_wanted_to_be(site: Site) -> None:
    await site.give_password("anna")
    reply = await site.sign_in("anna", PASSWORD, "/console/drafts?stage=draft")
    assert reply.headers["Location"] == "/console/drafts?stage=draft"


async def test_a_new_session_at_each_sign_in(site: Site) -> None:
    first, second = await site.signed_in("anna"), await site.signed_in("anna")
    assert first != second


# --- who is not let in -----------------------------------------------------------------------------


class Counting(Passwords):
    """Counts how often it compared."""

    compared = 0

    def matches(self, stored: str | None, password: str) -> bool:
        self.compared += 1
        return super().matches(stored, password)


async def test_whether_a_name_exists_shows_in_nothing(h: TestHouse) -> None:
    await h.store.run(people.disable, h.callers["carla"].person_id, h.clock.now())
    counting, pages = Counting(argon2.profiles.CHEAPEST), []
    async with serving(h, passwords=counting) as site:
        await site.give_password("anna")
        for name in ("anna", "niemand", "carla", "bert"):  # wrong password, nobody, disabled, has no password
            reply = await site.sign_in(name, WRONG)
            pages.append((reply.status_code, reply.text.replace(name, "-"), sorted(reply.headers.keys())))
    assert counting.compared == len(pages)
    assert pages[0][0] == 403
    assert all(page == pages[0] for page in pages)
    assert "Deze naam en dit wachtwoord horen niet bij elkaar" in pages[0][1]


def test_comparing_with_no_stored_password_costs_what_comparing_costs() -> None:
    passwords = Passwords()
    nobodys, real = passwords.nobodys, passwords.hashed(PASSWORD)
    assert nobodys.split("$")[:4] == real.split("$")[:4]
    assert [len(part) for part in nobodys.split("$")] == [len(part) for part in real.split("$")]
    assert not passwords.matches(None, PASSWORD)
    assert not passwords.matches("no hash at all", PASSWORD)


async def test_the_journal_has_who_signed_in_and_who_was_refused_but_no_name_that_was_typed(
    site: Site, h: TestHouse
) -> None:
    await site.give_password("anna")
    await site.sign_in("anna", WRONG)
    await site.sign_in("mijn geheime zin", WRONG)  # typed in the wrong field
    await site.sign_in("anna", PASSWORD)
    anna = h.callers["anna"].person_id
    [*refused, (kind, actor, session)] = await _journal(h)
    assert refused == [("SignInRefused", "system", anna), ("SignInRefused", "system", "unknown")]
    assert (kind, actor) == ("SignedIn", anna)
    assert [item["id"] for item in await h.store.read(sessions.listed, anna, h.clock.now())] == [session]
    whole = str(await h.store.read(lambda conn: list(journal.lines(conn))))
    assert "geheime zin" not in whole
    assert isinstance(await h.store.read(journal.verify), Head)


async def test_wrong_passwords_make_a_name_wait_ever_longer(site: Site, clock: MovableClock) -> None:
    await site.give_password("anna")
    codes = [(await site.sign_in("anna", WRONG)).status_code for _ in range(6)]
    assert codes == [403] * 6
    waited = []
    for _ in range(3):
        reply = await site.sign_in("anna", PASSWORD)  # even the right one is not looked at
        assert reply.status_code == 429
        assert "Probeer het opnieuw om" in reply.text
        waited.append(int(reply.headers["Retry-After"]))
        clock.move(waited[-1])
        assert (await site.sign_in("anna", WRONG)).status_code == 403
    assert waited == [1, 2, 4]
    clock.move(8)
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


async def test_a_hundred_guesses_at_once_are_no_way_round_the_wait(site: Site) -> None:
    await site.give_password("anna")
    replies = await asyncio.gather(*(site.sign_in("anna", f"{WRONG} {n}") for n in range(12)))
    assert sorted({reply.status_code for reply in replies}) == [403, 429]
    assert sum(reply.status_code == 403 for reply in replies) <= 6


async def test_a_stranger_who_guesses_does_not_lock_an_officer_out(site: Site) -> None:
    await site.signed_in("anna")
    for _ in range(7):
        await site.sign_in("anna", WRONG, X_Forwarded_For="203.0.113.7")
    assert (await site.sign_in("anna", WRONG, X_Forwarded_For="203.0.113.7")).status_code == 429
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


# --- how a session ends ----------------------------------------------------------------------------


async def test_signing_out_ends_the_session_at_once(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("anna")
    assert await _is_in(site, cookie)
    reply = await site.form("/console/sign-out", Cookie=cookie)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/sign-in")
    assert "Max-Age=0" in reply.headers["Set-Cookie"]
    assert not await _is_in(site, cookie)
    assert [kind for kind, *_ in await _journal(h)] == ["SignedIn", "SignedOut"]


async def test_another_password_ends_every_session_within_five_seconds(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    cookies = [await site.signed_in("anna") for _ in range(2)]
    other = await site.signed_in("bert")
    assert [await _is_in(site, cookie) for cookie in (*cookies, other)] == [True, True, True]
    await h.store.run(staff.reset, "anna", "een heel ander wachtwoord")
    clock.move(KNOWN_IN)
    assert [await _is_in(site, cookie) for cookie in (*cookies, other)] == [False, False, True]
    assert (await site.sign_in("anna", PASSWORD)).status_code == 403
    assert (await site.sign_in("anna", "een heel ander wachtwoord")).status_code == 303


async def test_a_session_that_was_ended_at_one_hub_is_dead_at_another_within_five_seconds(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    cookie = await site.signed_in("anna")
    async with serving(h) as other:  # the same database, and a memory of its own
        assert [await _is_in(hub, cookie) for hub in (site, other)] == [True, True]
        await site.form("/console/sign-out", Cookie=cookie)
        clock.move(KNOWN_IN)
        assert [await _is_in(hub, cookie) for hub in (site, other)] == [False, False]


async def test_a_disabled_person_is_out_within_five_seconds(site: Site, h: TestHouse, clock: MovableClock) -> None:
    cookie = await site.signed_in("carla")
    assert await _is_in(site, cookie)
    await h.store.run(staff.disable, "carla")
    clock.move(KNOWN_IN)
    assert not await _is_in(site, cookie)


async def test_a_session_ends_after_a_quarter_of_an_hour_without_its_person(site: Site, clock: MovableClock) -> None:
    cookie = await site.signed_in("anna")
    for _ in range(3):
        clock.move(10 * 60)
        assert await _is_in(site, cookie)
    clock.move(15 * 60 + 1)
    assert not await _is_in(site, cookie)


async def test_what_a_page_asks_by_itself_does_not_keep_a_session_alive(site: Site, clock: MovableClock) -> None:
    cookie = await site.signed_in("anna")
    codes = []
    for _ in range(4):
        clock.move(4.5 * 60)
        codes.append((await site.get(None, "/v1/boards/wijkhuis-noord", Cookie=cookie)).status_code)
    assert codes == [404, 404, 404, 401]  # no board is signed yet


async def test_a_session_ends_after_twelve_hours_whoever_is_there(site: Site, clock: MovableClock) -> None:
    cookie = await site.signed_in("anna")
    for _ in range(12 * 6 - 1):
        clock.move(10 * 60)
        assert await _is_in(site, cookie)
    clock.move(10 * 60)
    assert not await _is_in(site, cookie)


async def test_a_person_who_works_costs_one_write_a_minute(site: Site, h: TestHouse, clock: MovableClock) -> None:
    cookie, anna = await site.signed_in("anna"), h.callers["anna"].person_id
    seen = set()
    for _ in range(24):
        clock.move(5)
        assert await _is_in(site, cookie)
        [row] = await h.store.read(sessions.listed, anna, clock.now())
        seen.add(row["seen_at"])
    assert len(seen) in (2, 3)


async def test_a_person_sees_and_ends_their_own_sessions_and_nobody_elses(site: Site, h: TestHouse) -> None:
    await site.signed_in("anna")
    await site.signed_in("bert")
    anna, bert, now = h.callers["anna"], h.callers["bert"], h.clock.now()
    [own] = await h.store.read(sessions.listed, anna.person_id, now)
    assert not await h.store.run(signing_in.end_session, bert, own["id"], now)
    assert await h.store.run(signing_in.end_session, anna, own["id"], now)
    assert not await h.store.run(signing_in.end_session, anna, own["id"], now)
    assert await h.store.read(sessions.listed, anna.person_id, now) == []


async def test_old_sessions_are_forgotten(site: Site, h: TestHouse, clock: MovableClock) -> None:
    await site.signed_in("anna")
    await h.store.run(sessions.forget, clock.now() + timedelta(days=29))
    assert len(await h.store.read(lambda conn: conn.exec_driver_sql("SELECT id FROM session").all())) == 1
    await h.store.run(sessions.forget, clock.now() + timedelta(days=31))
    assert await h.store.read(lambda conn: conn.exec_driver_sql("SELECT id FROM session").all()) == []


async def test_a_password_hashed_long_ago_is_hashed_anew(site: Site, h: TestHouse) -> None:
    old = argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    await h.store.run(people.set_password, h.callers["anna"].person_id, old)
    reply = await site.sign_in("anna", PASSWORD)
    assert reply.status_code == 303
    stored = await h.store.read(people.credentials, "anna")
    assert stored is not None
    assert not CHEAP.is_outdated(stored[1] or "")
    assert await _is_in(site, cookie_of(reply))
    assert (await site.sign_in("anna", PASSWORD)).status_code == 303


async def test_a_password_is_the_same_on_another_keyboard(site: Site) -> None:
    await site.give_password("anna", "Cafe\u0301 om de hoek")
    assert (await site.sign_in("anna", "Caf\u00e9 om de hoek")).status_code == 303


async def test_a_person_added_and_reset_signs_in_with_the_last_password(site: Site, h: TestHouse) -> None:
    await h.store.run(staff.add, "M. Jansen", frozenset({Role.VIEWER}), "het eerste wachtwoord")
    assert (await site.sign_in(" M. Jansen ", "het eerste wachtwoord")).status_code == 303
    await h.store.run(staff.reset, "M. Jansen", "het tweede wachtwoord")
    assert (await site.sign_in("M. Jansen", "het eerste wachtwoord")).status_code == 403
    assert (await site.sign_in("M. Jansen", "het tweede wachtwoord")).status_code == 303
