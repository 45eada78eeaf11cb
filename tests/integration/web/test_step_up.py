"""Who approves in a session shows once more that it is them: for that digest, for five minutes; nothing is lost."""

from collections.abc import Mapping
from typing import Any

import pyotp
import pytest

from broadcaster.store import journal, sessions
from broadcaster.workflow import second_factor, stepping_up
from tests.houses import TestHouse
from tests.integration.web.site import PASSWORD, MovableClock, Reply, Site, cookie_of

WRONG = "een ander wachtwoord"
FAR = {"groups": ["bewoners"], "areas": ["noord"], "expected": 100}
"""An audience whose size is ticked and typed over."""


async def _approve(site: Site, cookie: str, alert: Mapping[str, Any], **typed: str) -> Reply:
    """The form of the page, as who accepts all of it sends it."""
    codes = [item["code"] for item in alert["findings"] if item["kind"] == "to-accept"]
    fields = {"digest": alert["digest"], "expected": str(alert["audience"]["count"])} | typed
    if codes:
        fields.setdefault("accepts", codes[0])
    return await site.form(f"/console/alerts/{alert['alert']}/approve", fields, Cookie=cookie)


async def _stage(site: Site, alert: Mapping[str, Any]) -> str:
    return str((await site.get("vera", f"/v1/alerts/{alert['alert']}")).json["stage"])


async def _events(h: TestHouse, *kinds: str) -> list[dict[str, Any]]:
    return [line for line in await h.store.read(lambda conn: list(journal.lines(conn))) if line["kind"] in kinds]


async def _with_code(h: TestHouse, name: str) -> pyotp.TOTP:
    """A person whose app asks for codes."""
    caller = h.callers[name]
    app = pyotp.TOTP(await h.store.run(second_factor.begin, h.seal, caller, h.clock.now()))
    assert await h.store.run(second_factor.confirm, h.seal, caller, app.at(h.clock.now()), h.clock.now())
    return app


def _v1(cookie: str) -> dict[str, str]:
    return {"Cookie": cookie, "Sec_Fetch_Site": "same-origin"}


# --- on the page -----------------------------------------------------------------------------------


async def test_a_password_stands_beside_the_button_and_approves_in_one_go(site: Site, h: TestHouse) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    page = await site.get(None, f"/console/alerts/{alert['alert']}", Cookie=cookie)
    form = page.text[
        page.text.index('class="decide__form"') : page.text.index("</form>", page.text.index("decide__form"))
    ]
    assert 'type="password" autocomplete="current-password"' in form
    assert 'name="code"' not in form
    reply = await _approve(site, cookie, alert, password=PASSWORD)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/console/alerts/{alert['alert']}")
    assert await _stage(site, alert) == "approved"
    [line] = await _events(h, "SteppedUp")
    assert (line["actor"], line["object"]) == (h.callers["dirk"].person_id, alert["alert"])
    assert line["data"] == {"digest": alert["digest"], "how": "password"}


@pytest.mark.parametrize(("password", "rule"), [("", "typ uw wachtwoord"), (WRONG, "dit wachtwoord klopt niet")])
async def test_without_the_password_nothing_goes_out_and_nothing_typed_is_lost(
    site: Site, h: TestHouse, password: str, rule: str
) -> None:
    alert, cookie = await site.submitted(audience=FAR), await site.signed_in("dirk")
    reply = await _approve(site, cookie, alert, password=password, accepts="audience-unexpected", expected="6 ")
    assert reply.status_code == 403
    assert rule in reply.text
    assert 'value="audience-unexpected" checked' in reply.text
    assert 'name="expected" value="6 "' in reply.text
    assert password not in reply.text or not password
    assert await _stage(site, alert) == "submitted"
    assert len(await _events(h, "StepUpRefused")) == bool(password)
    assert (await _approve(site, cookie, alert, password=PASSWORD)).status_code == 303


async def test_who_has_a_code_app_gives_the_code_too_and_a_wrong_password_uses_none_up(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    app = await _with_code(h, "dirk")
    assert 'name="code"' in (await site.get(None, f"/console/alerts/{alert['alert']}", Cookie=cookie)).text
    clock.move(60)
    code = app.at(clock.now())
    for typed in ({"password": PASSWORD}, {"password": PASSWORD, "code": "000000"}, {"password": WRONG, "code": code}):
        assert (await _approve(site, cookie, alert, **typed)).status_code == 403
    assert (await _approve(site, cookie, alert, password=PASSWORD, code=code)).status_code == 303


async def test_who_guesses_has_to_wait_and_reads_until_when_with_all_that_was_typed(
    site: Site, clock: MovableClock
) -> None:
    alert, cookie = await site.submitted(audience=FAR), await site.signed_in("dirk")
    codes = [(await _approve(site, cookie, alert, password=WRONG)).status_code for _ in range(6)]
    assert codes == [403] * 6
    late = await _approve(site, cookie, alert, password=PASSWORD)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "1")
    assert "te vaak iets verkeerds" in late.text
    assert 'value="audience-unexpected" checked' in late.text
    assert (await site.sign_in("dirk", PASSWORD)).status_code == 429  # guesses count for signing in as well
    clock.move(2)
    assert (await _approve(site, cookie, alert, password=PASSWORD)).status_code == 303


async def test_a_finding_that_was_forgotten_does_not_ask_for_the_password_twice(site: Site) -> None:
    alert, cookie = await site.submitted(audience=FAR), await site.signed_in("dirk")
    reply = await _approve(site, cookie, alert, password=PASSWORD, accepts="")
    assert reply.status_code == 422
    assert "U liet zien dat u het bent" in reply.text
    assert 'name="password"' not in reply.text
    assert (await _approve(site, cookie, alert)).status_code == 303


async def test_what_was_shown_holds_for_five_minutes(site: Site, clock: MovableClock) -> None:
    assert stepping_up.GOOD_FOR.total_seconds() == 300
    alert, cookie = await site.submitted(audience=FAR), await site.signed_in("dirk")
    await _approve(site, cookie, alert, password=PASSWORD, accepts="")
    clock.move(300)
    assert (await _approve(site, cookie, alert)).status_code == 403
    assert await _stage(site, alert) == "submitted"


async def test_what_was_shown_holds_for_that_digest_and_that_session_alone(site: Site) -> None:
    shown, other = await site.submitted(audience=FAR), await site.submitted()
    cookie = await site.signed_in("dirk")
    await _approve(site, cookie, shown, password=PASSWORD, accepts="")
    assert (await _approve(site, cookie, other)).status_code == 403
    elsewhere = cookie_of(await site.sign_in("dirk", PASSWORD))
    assert (await _approve(site, elsewhere, shown)).status_code == 403
    assert (await _approve(site, cookie, shown)).status_code == 303


async def test_the_password_of_another_shows_nothing(site: Site) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    await site.give_password("bert", "het wachtwoord van Bert")
    assert (await _approve(site, cookie, alert, password="het wachtwoord van Bert")).status_code == 403


async def test_a_digest_that_is_not_the_one_that_waits_is_refused_before_anything_is_asked(
    site: Site, h: TestHouse
) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    reply = await _approve(site, cookie, alert, password=PASSWORD, digest="0" * 64)
    assert reply.status_code == 409
    assert await _events(h, "SteppedUp", "StepUpRefused") == []


# --- for programs ----------------------------------------------------------------------------------


async def test_a_session_approves_over_the_api_only_after_its_step_up(site: Site, h: TestHouse) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    path, body = f"/v1/alerts/{alert['alert']}", {"digest": alert["digest"]}
    first = await site.post(None, f"{path}/approve", body, **_v1(cookie))
    assert (first.status_code, first.problem, first.rules) == (403, "step-up", [("password", "step-up")])
    wrong = await site.post(None, f"{path}/step-up", body | {"password": WRONG}, **_v1(cookie))
    assert (wrong.status_code, wrong.problem, wrong.rules) == (403, "step-up", [("password", "wrong")])
    shown = await site.post(None, f"{path}/step-up", body | {"password": PASSWORD}, **_v1(cookie))
    assert (shown.status_code, list(shown.json)) == (200, ["until"])
    done = await site.post(None, f"{path}/approve", body, **_v1(cookie))
    assert (done.status_code, done.json["stage"]) == (200, "approved")


async def test_a_bearer_token_is_its_own_proof(site: Site) -> None:
    alert = await site.submitted()
    needless = await site.post("dirk", f"/v1/alerts/{alert['alert']}/step-up", {"digest": alert["digest"]})
    assert (needless.status_code, needless.problem) == (409, "conflict")
    assert (await site.approve("dirk", alert)).status_code == 200


@pytest.mark.parametrize("who", ["anna", "bert", "dirk"])
async def test_a_step_up_changes_nothing_about_who_may(site: Site, h: TestHouse, who: str) -> None:
    draft = await site.draft("anna")
    await site.call("bert", "PATCH", f"/v1/drafts/{draft['id']}", {"source": "Gemeente"}, If_Match='"1"')
    alert = (await site.post("carla", f"/v1/drafts/{draft['id']}/submit")).json
    reply = await _approve(site, await site.signed_in(who), alert, password=PASSWORD)
    assert reply.status_code == (303 if who == "dirk" else 403)
    assert (await _stage(site, alert) == "approved") == (who == "dirk")


async def test_no_password_is_kept_from_a_step_up_with_a_key(site: Site, h: TestHouse) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    body = {"digest": alert["digest"], "password": PASSWORD}
    named = _v1(cookie) | {"Idempotency_Key": "een sleutel".replace(" ", "-")}
    assert (await site.post(None, f"/v1/alerts/{alert['alert']}/step-up", body, **named)).status_code == 200
    assert await h.store.read(lambda conn: conn.exec_driver_sql("SELECT key FROM answer").all()) == []


async def test_an_old_session_is_forgotten_with_all_that_was_shown_in_it(
    site: Site, h: TestHouse, clock: MovableClock
) -> None:
    alert, cookie = await site.submitted(), await site.signed_in("dirk")
    await _approve(site, cookie, alert, password=PASSWORD)
    clock.move(31 * 24 * 3600)
    await h.store.run(sessions.forget, clock.now())
    for table in ("session", "step_up"):
        assert await h.store.read(lambda conn, table=table: conn.exec_driver_sql(f"SELECT * FROM {table}").all()) == []
