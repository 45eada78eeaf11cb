"""Accidents of the past in front of the screen where they happened; the rest of each stands in `tests/failures`."""

from itertools import combinations
from typing import Any

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.looking import axe, picture
from tests.browser.offices import PASSWORD, Office
from tests.browser.watching import Watch

ASKS = """() => {
    const form = document.querySelector(".decide__form");
    const bar = getComputedStyle(document.querySelector(".bar"));
    const frame = getComputedStyle(document.body, "::after").borderImageSource;
    return {
        title: document.title.split(":")[0],
        mode: document.querySelector(".bar__mode").textContent,
        sure: form.querySelector("p").textContent,
        button: form.querySelector("button").textContent.trim(),
        icon: document.querySelector("link[rel=icon]").href,
        bar: bar.backgroundImage + bar.backgroundColor,
        framed: frame.includes("repeating-linear-gradient"),
    };
}"""


async def _asked(office: Office, page: Page, status: str) -> dict[str, Any]:
    """How the page of the second person asks to let an alert of this status go."""
    alert = (await office.house.submit("anna", office.house.content(status=status))).alert
    await page.goto(office.at(f"/console/alerts/{alert.id}"))
    return dict(await page.evaluate(ASKS))


async def test_hawaii_2018_the_confirmation_of_a_test_is_not_that_of_a_real_message(
    office: Office, context: BrowserContext
) -> None:
    page = await office.sign_in(context, "bert")
    asked = {status: await _asked(office, page, status) for status in ("Actual", "Exercise", "Test")}
    await axe(page)
    await picture(page, "test", whole=False)
    assert "TEST" in await page.locator("body").inner_text()
    assert "ECHT" not in await page.locator("body").inner_text()
    for one, other in combinations(asked.values(), 2):
        for part in ("title", "mode", "sure", "button"):
            assert one[part] != other[part]
        shared = set(one["button"].lower().split()) & set(other["button"].lower().split())
        assert shared <= {"naar"}, shared
    real = asked.pop("Actual")
    assert (real["mode"], real["framed"]) == ("ECHT", False)
    for made_up in asked.values():
        assert made_up["framed"]
        assert made_up["icon"] != real["icon"]
        assert made_up["bar"] != real["bar"]


async def test_hawaii_2018_nothing_is_chosen_for_whoever_begins(office: Office, page: Page, watch: Watch) -> None:
    watch.expect("422")
    page = await office.sign_in(page.context, "anna", "/console/drafts/new")
    modes = page.get_by_role("group", name="Is dit echt?")
    assert await modes.get_by_role("radio").count() == 3
    assert await modes.locator(":checked").count() == 0
    await page.get_by_role("button", name="Begin met schrijven").click()
    await page.get_by_role("link", name="kies of dit echt is, een oefening of een test").click()
    await expect(page.locator("#field-status")).to_be_focused()
    await modes.get_by_role("radio", name="TEST").check()
    await page.get_by_role("radio", name="Eigen tekst").check()
    await page.get_by_role("button", name="Begin met schrijven").click()
    await expect(page).to_have_title("TEST: Concept: zonder naam | Omroeper")


async def test_los_angeles_2025_a_size_that_nobody_expected_is_typed_over(
    office: Office, context: BrowserContext, watch: Watch
) -> None:
    watch.expect("422")
    everybody = {"areas": ["noord", "zuid"], "expected": 1}
    alert = (await office.house.submit("anna", office.house.content(audience=everybody))).alert
    size = alert.addressees.count
    page = await office.sign_in(context, "bert", f"/console/alerts/{alert.id}")
    await expect(page.locator(".figure--unexpected")).to_contain_text(f"{size} adressen")
    await expect(
        page.get_by_text("De schrijver verwacht er 1. Dit is een groot verschil. Klopt het gebied?")
    ).to_be_visible()
    typed, send = page.get_by_label("Typ het aantal adressen over"), page.get_by_role("button", name="Verstuur ECHT")
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await page.get_by_label("Uw wachtwoord").fill(PASSWORD)
    await send.click()
    await expect(typed).to_be_focused()  # the browser asks for it; nothing was sent
    await typed.fill(str(size * 10))
    await send.click()
    await expect(page.get_by_role("alert")).to_contain_text(f"typ het aantal adressen over: {size}")
    await axe(page)
    await typed.fill(str(size))
    await send.click()
    await expect(page.locator(".figure")).to_contain_text(f"van {size} adressen bereikt")
