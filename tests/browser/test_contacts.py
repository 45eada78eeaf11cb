"""The contacts page in browsers: two officers, a keyboard, and what a draft offers of them; and a number in Arabic."""

import html
from datetime import datetime
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from broadcaster.render.languages import isolated
from broadcaster.workflow import drafting
from tests.browser.looking import axe, picture
from tests.browser.offices import Office


async def test_a_contact_goes_from_one_officer_to_the_other_and_then_a_draft_offers_it(
    office: Office, context: BrowserContext, contexts: Any
) -> None:
    anna = await office.sign_in(context, "anna")
    await anna.get_by_role("link", name="Contacten").click()
    await anna.get_by_label("Wat is het").select_option("phone")
    await anna.get_by_label("Nummer of adres").fill("14 033")
    await anna.get_by_label("Van wie").focus()
    await anna.keyboard.type("Gemeente Elders")
    await anna.keyboard.press("Enter")
    row = anna.get_by_role("row").filter(has_text="14 033")
    await expect(row).to_contain_text("Een ander moet dit controleren.")
    await axe(anna)

    bert = await office.sign_in(await contexts(), "bert", "/console/contacten")
    await bert.get_by_role("button", name="Het klopt: 14 033").focus()
    await bert.keyboard.press("Enter")
    await expect(bert.get_by_role("row").filter(has_text="14 033")).to_contain_text("gecontroleerd door bert")
    await axe(bert)
    await picture(bert, "contacts")
    await bert.goto(office.at("/console/contacten"))
    await bert.get_by_role("link", name="Wijzigen: 14 033").click()
    await expect(bert.get_by_role("heading", name="In plaats van 14 033")).to_be_visible()
    await expect(bert.get_by_label("Nummer of adres")).to_have_value("14 033")

    draft = await office.house.draft("anna", office.house.content(scenario="power-outage", infos=None))
    await anna.goto(office.at(f"/console/drafts/{draft.id}"))
    field = anna.get_by_label("Telefoonnummer voor vragen")
    offered = await field.evaluate("one => [...one.list.options].map(option => option.value)")
    assert "14 033" in offered
    assert "https://voorbeeldstad.example" not in offered


async def test_an_officer_confirms_facts_and_a_translation_and_takes_the_accents_off(
    office: Office, context: BrowserContext
) -> None:
    infos = office.house.content()["infos"]
    accents = {**infos, "nl": {**infos["nl"], "short": "Geëvacueerd: geïnformeerd blijven, één zaklamp mee. " * 3}}
    draft = await office.house.draft("anna", office.house.content(infos=accents))
    anna = await office.sign_in(context, "anna", f"/console/drafts/{draft.id}")
    headline = anna.locator("#field-infos-nl-headline")
    await headline.fill("Stroomuitval in heel Noord")
    await headline.press("Enter")  # the form is kept, and no other button of it is pressed
    await expect(anna.locator("#findings")).to_contain_text(
        "De tekst in het Engels is ouder dan de tekst die hij vertaalt"
    )
    await axe(anna)
    assert "without_accents" not in await _content(office, draft.id)
    await anna.get_by_role("button", name="Nagekeken, de tekst klopt: Engels").click()
    await expect(anna.locator("#findings")).not_to_contain_text("ouder dan de tekst")
    await anna.get_by_role("button", name="Stuur deze sms zonder accenten").click()
    await expect(anna.get_by_role("button", name="Zet de accenten terug in deze sms")).to_be_visible()
    assert (await _content(office, draft.id))["without_accents"] == ["nl"]
    before = (await _content(office, draft.id))["as_of"]
    office.clock.move(600)
    await anna.get_by_role("button", name="De feiten kloppen nu").click()
    await expect(anna.locator("#saved")).to_contain_text("Bewaard als versie")
    after = (await _content(office, draft.id))["as_of"]
    assert datetime.fromisoformat(after) > datetime.fromisoformat(before)


async def _content(office: Office, draft_id: str) -> dict[str, Any]:
    return (await office.house.store.read(drafting.read, draft_id)).content


ORDER = """
() => {
  const node = document.querySelector("p").firstChild, text = node.data, found = [];
  for (const part of text.match(/[0-9]+/g)) {
    const range = document.createRange(), at = text.indexOf(part);
    range.setStart(node, at); range.setEnd(node, at + part.length);
    found.push(range.getBoundingClientRect().left);
  }
  return found;
}
"""


@pytest.mark.parametrize("number", ["14 030", "+31 88 765 43 21", "0800-1351"])
async def test_a_phone_number_in_arabic_is_read_in_its_own_order(page: Page, number: str) -> None:
    async def lefts(text: str) -> list[float]:
        await page.set_content(f'<p lang="ar" dir="rtl">{html.escape(text)}</p>')
        return list(await page.evaluate(ORDER))

    text = f"اتصل على {number} الآن"
    wrong, right = await lefts(text), await lefts(isolated(text, "ar"))
    assert right == sorted(right)
    assert wrong != sorted(wrong)  # what it is for
