"""Who gets a password of somebody else can do nothing with it but choose their own, and sees who gave it."""

import re

from broadcaster.store import journal, passwords, second_factors
from broadcaster.workflow import own_passwords, signing_in
from tests.houses import CHEAP, TestHouse
from tests.integration.web.site import PASSWORD, MovableClock, Reply, Site, cookie_of
from tests.integration.web.test_staff import MOMENT, act, person, shown_secret

OWN = "vier woorden die niemand raadt"


def ticket_in(reply: Reply) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', reply.text)
    assert found, reply.text
    return found[1]


async def choose(site: Site, ticket: str, new: str = OWN, again: str | None = None) -> Reply:
    fields = {"ticket": ticket, "new": new, "again": new if again is None else again, "next": "/console/drafts"}
    return await site.form("/console/sign-in/choose", fields)


async def was_reset(site: Site, name: str) -> str:
    """The password that the administrator gave this person."""
    return shown_secret(await act(site, await site.signed_in("beheer"), name, "reset"))


async def steps(h: TestHouse, name: str) -> list[tuple[str, str]]:
    """What was done to a person's password, and by whom."""
    kinds = ("PersonAdded", "PasswordReset", "PasswordChosen")
    return [(line["kind"], line["actor"]) for line in await h.store.read(journal.about, [person(h, name)], kinds)]


async def test_a_password_that_was_given_opens_nothing_until_its_owner_chose_another(site: Site, h: TestHouse) -> None:
    given = await was_reset(site, "anna")
    page = await site.sign_in("anna", given)
    assert (page.status_code, "Set-Cookie" in page.headers) == (200, False)
    assert "beheer gaf u dit wachtwoord" in page.text
    ticket = ticket_in(page)
    for new, again, why in (
        ("kort", None, "van 12 tot 1000 tekens"),
        ("a" * 30, None, "te makkelijk te raden"),
        (OWN, OWN + " ", "twee keer hetzelfde"),
        (given, None, "een ander wachtwoord dan u kreeg"),
    ):
        reply = await choose(site, ticket, new, again)
        assert (reply.status_code, why in reply.text, "Set-Cookie" in reply.headers) == (422, True, False), why
    chosen = await choose(site, ticket)
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/console/drafts")
    assert (await site.get(None, "/v1/drafts", Cookie=cookie_of(chosen))).status_code == 200
    assert "Set-Cookie" not in (await choose(site, ticket, "nog een ander wachtwoord")).headers  # it is used up
    assert (await site.sign_in("anna", given)).status_code == 403
    assert (await site.sign_in("anna", OWN)).status_code == 303
    assert await steps(h, "anna") == [("PasswordReset", person(h, "beheer")), ("PasswordChosen", person(h, "anna"))]


async def test_no_session_answers_while_its_owner_must_choose(site: Site, h: TestHouse, clock: MovableClock) -> None:
    """Not even one that nobody ended."""
    anna = await site.signed_in("anna")
    given = (person(h, "anna"), CHEAP.hashed(OWN), person(h, "beheer"), clock.now())
    await h.store.run(lambda conn: passwords.give(conn, *given, own=False))
    clock.move(MOMENT)
    assert (await site.get(None, "/v1/drafts", Cookie=anna)).status_code == 401
    assert (await site.get(None, "/console", Cookie=anna)).headers["Location"].startswith("/console/sign-in")


async def test_who_was_reset_unasked_notices_it_whoever_chose_in_their_place(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    await site.signed_in("anna")
    taken = await choose(site, ticket_in(await site.sign_in("anna", await was_reset(site, "anna"))))
    assert taken.status_code == 303  # the administrator is in as anna
    assert (await site.sign_in("anna", PASSWORD)).status_code == 403  # and she cannot, so she asks
    page = await site.sign_in("anna", await was_reset(site, "anna"))
    cookie = cookie_of(await choose(site, ticket_in(page), "iets heel anders dan dat"))
    clock.move(MOMENT)
    assert (await site.get(None, "/console", Cookie=cookie_of(taken))).status_code == 303  # out again
    account = (await site.get(None, "/console/account", Cookie=cookie)).text
    assert account.count("beheer gaf u een wachtwoord") == 2
    assert account.count("onder uw naam is een eigen wachtwoord gekozen") == 2
    assert "beheer gaf u een wachtwoord" in (await site.get(None, "/console", Cookie=cookie)).text
    clock.move(8 * 86400)
    later = cookie_of(await site.sign_in("anna", "iets heel anders dan dat"))
    assert "gaf u een wachtwoord" not in (await site.get(None, "/console", Cookie=later)).text


async def test_only_who_got_a_password_chooses_one_at_the_door(site: Site, h: TestHouse) -> None:
    """What stands for a known password would else let in without the code that goes with it."""
    await site.give_password("anna")
    await h.store.run(second_factors.put, person(h, "anna"), b"sealed", h.clock.now())
    await h.store.run(second_factors.confirm, person(h, "anna"), h.clock.now())
    reply = await choose(site, ticket_in(await site.sign_in("anna", PASSWORD)))
    assert (reply.status_code, "Set-Cookie" in reply.headers) == (200, False)
    given = ticket_in(await site.sign_in("carla", await was_reset(site, "carla")))
    compared = await h.store.read(signing_in.look_up, "carla")
    await was_reset(site, "carla")
    assert "Set-Cookie" not in (await choose(site, given)).headers  # another was given since
    late = (compared, CHEAP.hashed(OWN), "password", h.clock.now())
    assert await h.store.run(own_passwords.choose, *late) is None  # even a moment after the ticket was looked at
    assert await steps(h, "anna") == []


async def test_people_change_their_own_password_and_end_what_is_open_elsewhere(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    elsewhere, cookie = await site.signed_in("anna"), await site.signed_in("anna")
    for known, new, status_code in (("geraden", OWN, 403), (PASSWORD, "kort", 422)):
        fields = {"password": known, "new": new, "again": new}
        assert (await site.form("/console/account/password", fields, Cookie=cookie)).status_code == status_code
    assert await steps(h, "anna") == []
    fields = {"password": PASSWORD, "new": OWN, "again": OWN}
    assert (await site.form("/console/account/password", fields, Cookie=cookie)).status_code == 200
    clock.move(MOMENT)
    assert (await site.get(None, "/console/account", Cookie=cookie)).status_code == 200
    assert (await site.get(None, "/console/account", Cookie=elsewhere)).status_code == 303
    assert (await site.sign_in("anna", PASSWORD)).status_code == 403
    assert (await site.sign_in("anna", OWN)).status_code == 303
    assert await steps(h, "anna") == [("PasswordChosen", person(h, "anna"))]
