"""What happens to officers on other days than the good one: returned, held, withdrawn, sent again, signed out."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.async_api import BrowserContext, Page, expect

from broadcaster import ids
from broadcaster.store import incidents
from broadcaster.workflow import publishing
from tests.browser.looking import axe, picture
from tests.browser.offices import PASSWORD, Office, fill_in
from tests.browser.watching import Watch
from tests.houses import ORGANISATION
from tests.integration.web.test_recordings import spoken

KEPT = "sessionStorage.getItem('omroeper.kept')"


async def test_what_is_returned_comes_back_with_its_reason_and_what_changed_is_marked(
    office: Office, context: BrowserContext, contexts: Any
) -> None:
    alert = (await office.house.submit("anna")).alert
    bert = await office.sign_in(context, "bert", f"/console/alerts/{alert.id}")
    await bert.get_by_text("Stuur terug", exact=True).click()
    await bert.get_by_label("Wat moet anders?").fill("Noem de kaarsen.")
    await axe(bert)
    await bert.get_by_role("button", name="Stuur terug met deze reden").click()
    await expect(bert).to_have_url(office.at("/console"))

    anna = await office.sign_in(await contexts(), "anna")
    await expect(anna.locator(".card--back")).to_contain_text("Noem de kaarsen.")
    await anna.get_by_role("link", name="Concept: Stroomuitval").click()
    await expect(anna.get_by_text("bert stuurde dit terug")).to_be_visible()
    await axe(anna)
    await anna.locator("#field-infos-nl-instruction").fill("Blijf thuis als dat kan. Gebruik geen kaarsen.")
    await anna.get_by_role("button", name="Bied aan voor akkoord").click()
    await expect(anna).to_have_url(re.compile("/console/alerts/"))

    await bert.goto(anna.url)
    since = bert.locator("section", has=bert.get_by_role("heading", name="Veranderd sinds nr 1, dat terugging"))
    assert await since.locator("del").all_inner_texts() == ["een", "zaklamp."]
    assert await since.locator("ins").all_inner_texts() == ["geen", "kaarsen."]
    await axe(bert)
    await picture(bert, "returned", whole=False)
    await bert.goto(office.at(f"/console/alerts/{alert.id}"))
    await expect(bert.locator(".figure")).to_have_text("Dit bericht ging terug naar de schrijver. Niemand kreeg het.")


async def test_a_release_that_is_too_late_waits_for_somebody_who_lets_it_go(
    office: Office, context: BrowserContext
) -> None:
    soon = office.clock.now() + timedelta(minutes=5)
    planned = office.house.content(release_at=soon.isoformat(timespec="seconds"))
    alert = await office.house.released(planned)
    office.clock.move(3600)
    await office.house.store.run(publishing.release_due, office.house.house, office.clock.now())
    bert = await office.sign_in(context, "bert")
    await axe(bert)
    await bert.get_by_role("link", name="Nr 1 is te laat en wacht op u").click()
    await expect(bert.locator(".figure")).to_contain_text("het geplande moment ging voorbij")
    await expect(bert.locator(".under")).to_contain_text("te laat, nog niet weg")
    await expect(bert.locator(".channelbar")).to_have_count(0)
    await axe(bert)
    await picture(bert, "held", whole=False)
    await bert.get_by_role("button", name=f"Verstuur ECHT naar {alert.addressees.count} adressen").click()
    await expect(bert.locator(".figure")).to_contain_text(f"van {alert.addressees.count} adressen bereikt")
    await expect(bert.get_by_text("Alsnog versturen")).to_have_count(0)


async def test_a_message_is_taken_back_without_a_word_to_type(
    office: Office, context: BrowserContext, contexts: Any
) -> None:
    alert = await office.house.released()
    await office.expanded(alert, "delivered")
    anna = await office.sign_in(context, "anna", f"/console/alerts/{alert.id}")
    await anna.get_by_role("button", name="Intrekken", exact=True).click()
    await expect(anna.locator(".under")).to_contain_text("trekt nr 1 in")
    await expect(anna.locator("#findings-title")).to_have_text(re.compile("^(Niets houdt dit tegen|Aanbieden kan)"))
    await axe(anna)
    await picture(anna, "withdrawal", whole=False)
    await anna.get_by_role("button", name="Bied aan voor akkoord").click()
    bert = await office.sign_in(await contexts(), "bert", anna.url.removeprefix(office.at("")))
    for box in await bert.get_by_role("checkbox").all():
        await box.check()
    await bert.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await bert.get_by_role("button", name="Verstuur ECHT naar").click()
    await expect(bert.locator(".figure")).to_contain_text("bereikt")
    await bert.goto(office.at(f"/console/alerts/{alert.id}"))
    await expect(bert.locator(".under")).to_contain_text("ingetrokken")
    await expect(bert.get_by_role("link", name="vervangen door nr 2")).to_be_visible()


async def test_what_failed_is_sent_once_more(office: Office, context: BrowserContext) -> None:
    alert = await office.house.released()
    await office.expanded(alert, "failed")
    anna = await office.sign_in(context, "anna", f"/console/alerts/{alert.id}")
    await expect(anna.get_by_role("heading", name="Wie mist het nog?")).to_be_visible()
    await anna.get_by_text("Nog eens sturen", exact=True).click()
    await axe(anna)
    await expect(anna.get_by_label("mislukt", exact=True)).to_be_checked()
    await anna.get_by_role("button", name="Stuur nog eens").click()
    await expect(anna.locator(".timeline")).to_contain_text("Nog eens gestuurd anna")
    await expect(anna.locator(".legend").first).to_contain_text("mislukt 0")


async def test_the_incident_and_its_grip_level_stand_in_the_bar(office: Office, context: BrowserContext) -> None:
    name, incident_id = "Stroomuitval Noord", ids.new_id(office.clock.now())
    await office.house.store.run(incidents.add, incident_id, ORGANISATION, name, 2, office.clock.now())
    draft = await office.house.draft("anna", office.house.content())
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    await expect(anna.locator(".bar__incident")).to_have_count(0)
    await anna.get_by_label("Hoort bij incident").select_option("Stroomuitval Noord (GRIP 2)")
    await anna.get_by_role("button", name="Bied aan voor akkoord").click()
    await expect(anna.locator(".bar__incident")).to_have_text("Stroomuitval Noord (GRIP 2)")
    await axe(anna)
    await picture(anna, "incident", whole=False)
    # Another level is seen on what was submitted already; a closed one stays with what is about it.
    await office.house.store.run(incidents.set_grip, incident_id, 3)
    await office.house.store.run(incidents.close, incident_id, office.clock.now())
    await anna.reload()
    await expect(anna.locator(".bar__incident")).to_have_text("Stroomuitval Noord (GRIP 3)")
    await anna.goto(office.at(f"/console/drafts/{(await office.house.draft('anna', office.house.content())).id}"))
    await expect(anna.get_by_label("Hoort bij incident")).to_have_count(0)


# --- who is no longer signed in ----------------------------------------------------------------------


async def _writing(office: Office, page: Page) -> str:
    """The instruction of a draft on a page; its session has ended, which nobody told yet."""
    await office.end_sessions("anna")
    typed = "Ga naar boven en blijf daar."
    await page.locator("#field-infos-nl-instruction").fill(typed)
    return typed


async def test_what_was_typed_when_a_session_ended_is_there_again_after_signing_in(
    office: Office, context: BrowserContext, watch: Watch
) -> None:
    watch.expect("401")
    draft = await office.house.draft("anna", office.house.content())
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    typed = await _writing(office, anna)
    await expect(anna.get_by_text("U bent niet meer aangemeld.")).to_be_visible()
    await axe(anna)
    await fill_in(anna, "anna")
    await expect(anna.get_by_text("Wat u het laatst typte, staat weer in het formulier.")).to_be_visible()
    await expect(anna.locator("#field-infos-nl-instruction")).to_have_value(typed)
    await expect(anna.locator("#saved")).to_contain_text("Bewaard als versie 2")
    assert await anna.evaluate(KEPT) is None
    await axe(anna)
    await anna.reload()
    await expect(anna.locator("#kept")).to_be_hidden()
    await expect(anna.locator("#field-infos-nl-instruction")).to_have_value(typed)


@pytest.mark.parametrize("who", ["anna", "carla"])
async def test_what_was_typed_is_for_nobody_else_and_not_for_later(
    office: Office, context: BrowserContext, watch: Watch, who: str
) -> None:
    watch.expect("401")
    draft = await office.house.draft("anna", office.house.content())
    page = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    typed = await _writing(office, page)
    await expect(page.get_by_text("U bent niet meer aangemeld.")).to_be_visible()
    if who == "anna":  # looks at something else first
        await page.goto(office.at("/console/sign-in"))
    await fill_in(page, who)
    await expect(page.locator(".bar__person")).to_have_text(who)
    await expect(page.locator("#kept")).to_be_hidden()
    assert typed not in await page.locator("body").inner_html()
    assert await page.evaluate(KEPT) is None
    await page.goto(office.at(f"/console/drafts/{draft.id}"))
    await expect(page.locator("#kept")).to_be_hidden()
    assert typed not in await page.locator("#field-infos-nl-instruction").input_value()


async def test_a_reason_that_was_typed_is_not_lost_either(office: Office, context: BrowserContext) -> None:
    alert = (await office.house.submit("anna")).alert
    bert = await office.sign_in(context, "bert", f"/console/alerts/{alert.id}")
    await bert.get_by_text("Stuur terug", exact=True).click()
    await bert.get_by_label("Wat moet anders?").fill("Noem de kaarsen.")
    await office.end_sessions("bert")
    await bert.get_by_role("button", name="Stuur terug met deze reden").click()
    await fill_in(bert, "bert")
    await expect(bert.get_by_label("Wat moet anders?")).to_have_value("Noem de kaarsen.")
    await bert.get_by_role("button", name="Stuur terug met deze reden").click()
    await expect(bert).to_have_url(office.at("/console"))
    assert await bert.evaluate(KEPT) is None


async def test_what_was_ticked_before_an_approval_is_not_lost_and_no_password_is_kept(
    office: Office, context: BrowserContext
) -> None:
    wanted = office.house.content(audience={"areas": ["noord"], "expected": 100})
    alert = (await office.house.submit("anna", wanted)).alert
    bert = await office.sign_in(context, "bert", f"/console/alerts/{alert.id}")
    await bert.get_by_role("checkbox").first.check()
    await bert.get_by_label("Typ het aantal adressen over").fill(str(alert.addressees.count))
    await bert.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await office.end_sessions("bert")
    await bert.get_by_role("button", name="Verstuur ECHT naar").click()
    await expect(bert.get_by_text("U bent niet meer aangemeld.")).to_be_visible()
    assert PASSWORD not in str(await bert.evaluate(KEPT))
    await fill_in(bert, "bert")
    await expect(bert.get_by_role("checkbox").first).to_be_checked()
    await expect(bert.get_by_label("Uw wachtwoord")).to_have_value("")
    await bert.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await bert.get_by_role("button", name="Verstuur ECHT naar").click()
    await expect(bert.locator(".figure")).to_contain_text("bereikt")


async def test_nothing_stays_behind_in_the_browser_after_signing_out(office: Office, context: BrowserContext) -> None:
    draft = await office.house.draft("anna", office.house.content())
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    await anna.evaluate("sessionStorage.setItem('omroeper.kept', '{}')")
    await anna.get_by_role("button", name="Afmelden").click()
    await expect(anna.get_by_role("heading", name="Aanmelden")).to_be_visible()
    await expect(anna.get_by_text("U bent niet meer aangemeld.")).to_have_count(0)
    assert await anna.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert [cookie["name"] for cookie in await context.cookies()] == []


@pytest.mark.parametrize(("language", "wrong", "later"), [
    ("nl", "horen niet bij elkaar", "te vaak een verkeerd wachtwoord"),
    ("en", "do not belong together", "wrong password was given too often"),
])  # fmt: skip
async def test_a_wrong_password_and_a_wait_are_said_in_words(
    office: Office, page: Page, watch: Watch, language: str, wrong: str, later: str
) -> None:
    watch.expect("403")
    watch.expect("429")
    await page.goto(office.at("/console/sign-in"))
    if language == "en":
        await page.get_by_role("button", name="English").click()
        await page.goto(office.at("/console/sign-in"))
    await fill_in(page, "anna", "verkeerd")
    await expect(page.get_by_role("alert")).to_contain_text(wrong)
    await expect(page.locator("#name")).to_have_value("anna")
    await expect(page.locator("#password")).to_be_focused()
    await axe(page)
    for _ in range(12):  # the first waits are shorter than a browser may need for a try
        await fill_in(page, "anna", "verkeerd")
        if later in await page.get_by_role("alert").inner_text():
            break
    await expect(page.get_by_role("alert")).to_contain_text(later)
    await axe(page)
    if language == "nl":
        await picture(page, "sign-in-wait", whole=False)
    office.clock.move(600)
    await fill_in(page, "anna", PASSWORD)
    await expect(page.locator(".bar__person")).to_have_text("anna")


# --- English -------------------------------------------------------------------------------------------

DUTCH = re.compile(
    r"\b(het|een|niet|moet|wordt|voor|naar|wacht|deze|dit|kan|geen|tekst|bericht|kies|vul)\b", re.IGNORECASE
)
OURS = """() => {
    const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    const said = [];
    while (walk.nextNode()) {
        const around = walk.currentNode.parentElement;
        if (!around.closest("script, [lang]:not(html)")) said.push(walk.currentNode.textContent);
    }
    document.querySelectorAll("[aria-label], [placeholder], [title]").forEach(one =>
        said.push(one.getAttribute("aria-label"), one.getAttribute("placeholder"), one.getAttribute("title")));
    return [document.documentElement.lang, said.join("\\n")];
}"""


async def _is_english(page: Page) -> None:
    language, said = await page.evaluate(OURS)
    assert language == "en"
    assert DUTCH.findall(said) == [], said


async def test_on_the_english_console_everything_is_english(office: Office, page: Page, watch: Watch) -> None:
    watch.expect("404")
    watch.expect("422")
    await page.goto(office.at("/console/sign-in"))
    await page.get_by_role("button", name="English").click()
    await _is_english(page)
    await fill_in(page, "anna")
    await _is_english(page)
    await page.get_by_role("link", name="New message").click()
    await page.get_by_role("button", name="Start writing").click()
    await expect(page.locator("#summary")).to_contain_text("choose whether this is real")
    await _is_english(page)
    await page.get_by_role("radio", name=re.compile("EXERCISE")).check()
    await page.get_by_role("radio", name=re.compile("Power outage")).check()
    await page.get_by_role("button", name="Start writing").click()
    await page.get_by_label("Since what time").fill("zojuist")
    await page.get_by_role("button", name="Submit for approval").click()
    await expect(page.locator("#summary")).to_contain_text("Since what time: this must be a time")
    await expect(page.locator("#findings")).to_contain_text("Fill in: Where is the power out")
    await _is_english(page)
    alert = (
        await office.house.submit(
            "carla", office.house.content(event="Power cut", audience={"areas": ["noord"], "expected": 400})
        )
    ).alert
    for path in (
        "/console",
        "/console/drafts",
        "/console/alerts",
        f"/console/alerts/{alert.id}",
        f"/console/alerts/{'0' * 26}",
    ):
        await page.goto(office.at(path))
        await _is_english(page)
    await office.house.approve("bert", alert)
    await page.goto(office.at(f"/console/alerts/{alert.id}"))
    await _is_english(page)


# --- their own access --------------------------------------------------------------------------------


async def test_an_officer_sets_up_a_code_and_signs_in_with_it(office: Office, context: BrowserContext) -> None:
    anna = await office.sign_in(context, "anna", "/console")
    await anna.get_by_role("link", name="anna").click()
    await axe(anna)
    await anna.get_by_role("button", name="Stel een code in").click()
    await expect(anna.get_by_role("img", name="QR-code")).to_be_visible()
    await axe(anna)
    await picture(anna, "access", whole=False)
    app = pyotp.TOTP(await anna.locator(".secret").inner_text())
    await anna.get_by_label("Code van zes cijfers").fill(app.at(office.clock.now()))
    await anna.get_by_role("button", name="Zet de code aan").click()
    await expect(anna.get_by_text("De code staat aan.")).to_be_visible()
    await axe(anna)
    await anna.get_by_role("button", name="Afmelden").click()
    office.clock.move(60)
    await fill_in(anna, "anna")
    await expect(anna.get_by_label("Code van zes cijfers")).to_be_focused()
    await axe(anna)
    await anna.keyboard.type(app.at(office.clock.now()))
    await anna.keyboard.press("Enter")
    await expect(anna.get_by_role("heading", name="Start")).to_be_visible()


# --- recordings --------------------------------------------------------------------------------------


async def test_a_message_that_was_read_aloud_is_heard_before_it_is_approved(
    office: Office, context: BrowserContext, contexts: Any, tmp_path: Path, watch: Watch
) -> None:
    watch.expect("422")
    (tmp_path / "nl.wav").write_bytes(spoken(1.0))
    draft = await office.house.draft("anna", office.house.content())
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    await anna.get_by_text("Opname om te beluisteren").click()
    await anna.locator("#field-audio-nl").set_input_files(tmp_path / "nl.wav")
    await expect(anna.get_by_role("button", name="Haal de opname weg")).to_be_visible()
    await axe(anna)
    await picture(anna, "recording", whole=False)
    await anna.get_by_role("button", name="Bied aan voor akkoord").click()
    await expect(anna).to_have_url(re.compile("/console/alerts/"))

    bert = await office.sign_in(await contexts(), "bert", anna.url.removeprefix(office.at("")))
    await bert.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await bert.get_by_role("button", name="Verstuur ECHT naar").click()
    await expect(bert.locator(".utrecht-alert--error")).to_contain_text(
        "luister eerst de hele opname in het Nederlands"
    )
    await axe(bert)
    await bert.locator("audio").evaluate("player => player.play()")
    await expect(bert.get_by_text("U hebt deze opname helemaal gehoord.")).to_be_visible()
    await picture(bert, "listening", whole=False)
    await bert.get_by_role("button", name="Verstuur ECHT naar").click()
    await expect(bert.locator(".figure")).to_contain_text("bereikt")
