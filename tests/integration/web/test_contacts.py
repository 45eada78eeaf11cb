"""The register of contacts over HTTP, and on its page."""

from typing import Any

from tests.integration.web.site import Site


async def proposed(site: Site, value: str = "14 033", who: str = "anna", **more: str) -> dict[str, str]:
    body = {"kind": "phone", "value": value, "label": "Gemeente Voorbeeldstad", **more}
    reply = await site.post(who, "/v1/contacts", body)
    assert reply.status_code == 201, reply.text
    return dict(reply.json)


async def test_a_contact_is_proposed_by_one_and_verified_by_another(site: Site) -> None:
    line = await proposed(site)
    assert (line["standing"], line["origin"]) == ("proposed", "register")
    own = await site.post("anna", f"/v1/contacts/{line['id']}/verify")
    assert (own.status_code, own.problem) == (403, "forbidden")
    done = await site.post("bert", f"/v1/contacts/{line['id']}/verify", {"valid_until": "2027-11-24T12:00:00+01:00"})
    assert (done.status_code, done.json["standing"]) == (200, "verified")
    assert done.json["verified_by"] != done.json["proposed_by"]
    assert done.json["valid_until"].startswith("2027-11-24T12:00:00")


async def test_the_list_has_the_countrys_own_with_where_they_come_from(site: Site) -> None:
    await proposed(site)
    items = (await site.get("anna", "/v1/contacts")).json["items"]
    national = {item["value"]: item for item in items if item["origin"] == "configuration"}
    assert national["112"]["standing"] == "verified"
    assert national["112"]["source"] == "https://www.112.nl"
    assert all(item["id"] is None for item in national.values())
    assert [item["value"] for item in items if item["origin"] == "register"] == ["14 033"]


async def test_an_unknown_contact_is_refused_at_submit_with_its_field_and_value(site: Site) -> None:
    infos = site.house.content()["infos"]
    wrong = {**infos, "en": {**infos["en"], "instruction": "Call 0900 \u200b1234 or see tips.example."}}
    draft = await site.draft(infos=wrong)
    reply = await site.post("anna", f"/v1/drafts/{draft['id']}/submit")
    assert reply.status_code == 422
    assert reply.rules == [
        ("infos.en.instruction", "contact-unknown:+319001234"),
        ("infos.en.instruction", "contact-unknown:tips.example"),
    ]
    assert "0900 1234" in reply.json["errors"][0]["message"]


async def test_what_was_retired_since_it_was_submitted_is_not_approved(site: Site) -> None:
    line = await proposed(site)
    await site.post("bert", f"/v1/contacts/{line['id']}/verify")
    infos = site.house.content()["infos"]
    alert = await site.submitted(infos={**infos, "nl": {**infos["nl"], "contact": "Bel 14 033"}})
    for who in ("anna", "carla"):
        assert (await site.post(who, f"/v1/contacts/{line['id']}/retire")).status_code == 200
    reply = await site.approve("bert", alert)
    assert (reply.status_code, reply.problem) == (409, "conflict")
    assert reply.rules == [("infos.nl.contact", "contact-unknown:14033")]


async def test_a_refused_proposal_says_what_is_wrong(site: Site) -> None:
    reply = await site.post("anna", "/v1/contacts", {"kind": "phone", "value": "bel ons", "label": "x"})
    assert (reply.status_code, reply.rules) == (422, [("value", "form")])
    reply = await site.post("anna", "/v1/contacts", {"kind": "fax", "value": "1", "label": "x", "extra": 1})
    assert (reply.status_code, sorted(field for field, _ in reply.rules)) == (400, ["extra", "kind"])
    taken = await site.post("anna", "/v1/contacts", {"kind": "phone", "value": "1 1 2", "label": "x"})
    assert (taken.status_code, taken.rules) == (409, [("value", "known")])


async def test_a_text_message_says_how_many_get_it_and_goes_without_accents_when_asked(site: Site) -> None:
    infos = site.house.content()["infos"]
    dear = {**infos, "nl": {**infos["nl"], "short": "Geëvacueerd: blijf thuis en gebruik een zaklamp. " * 4}}
    draft = await site.draft(infos=dear)

    async def dutch() -> dict[str, Any]:
        items = (await site.get("anna", f"/v1/drafts/{draft['id']}/renditions")).json["items"]
        return next(item for item in items if (item["channel"], item["language"]) == ("sms", "nl"))

    before = await dutch()
    assert "sms-accents:ë" in [finding["code"] for finding in before["findings"]]
    patch = {"without_accents": ["nl"]}
    await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", patch, If_Match='"1"')
    after = await dutch()
    assert (before["encoding"], after["encoding"]) == ("UCS-2", "GSM-7")
    assert after["segments"] < before["segments"]
    assert "Geevacueerd" in after["text"]
    alert = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    counted = {(item["channel"], item["language"]): item["recipients"] for item in alert["renditions"]}
    assert counted["sms", "nl"] == 3  # two in Dutch, and one whose language there is no text in
    assert sum(counted.values()) == alert["audience"]["count"]


async def test_a_draft_says_who_wrote_and_who_checked_each_language(site: Site) -> None:
    draft = await site.draft(who="anna")
    patch = {"infos": {"nl": {"headline": "Geen stroom"}}}
    changed = await site.call("carla", "PATCH", f"/v1/drafts/{draft['id']}", patch, If_Match='"1"')
    people = {name: caller.person_id for name, caller in site.house.callers.items()}
    texts = changed.json["translations"]
    assert (texts["nl"]["by"], texts["en"]["by"], texts["en"]["stale"]) == (people["carla"], people["anna"], True)
    path = f"/v1/drafts/{draft['id']}/languages/en/check"
    assert (await site.post("bert", path, If_Match='"1"')).status_code == 412
    checked = await site.post("bert", path, If_Match='"2"')
    assert checked.status_code == 200
    assert checked.json["translations"]["en"]["checked_by"] == people["bert"]
    assert checked.json["translations"]["en"]["stale"] is False
    assert (await site.post("bert", f"/v1/drafts/{draft['id']}/languages/pl/check")).status_code == 404


# --- the page ----------------------------------------------------------------------------------------


async def test_the_page_offers_each_officer_what_they_may_do(site: Site) -> None:
    line = await proposed(site)
    verify = f'action="/console/contacten/{line["id"]}/verify"'
    pages = {
        who: await site.get(None, "/console/contacten", Cookie=await site.signed_in(who))
        for who in ("anna", "bert", "vera")
    }
    assert verify not in pages["anna"].text
    assert "Een ander moet dit controleren" in pages["anna"].text
    assert verify in pages["bert"].text
    assert '<form method="post" action="/console/contacten"' not in pages["vera"].text


async def test_a_contact_goes_its_way_over_the_page(site: Site) -> None:
    anna, bert = await site.signed_in("anna"), await site.signed_in("bert")
    typed = {"kind": "url", "value": "https://elders.example", "label": "Gemeente"}
    reply = await site.form("/console/contacten", typed, Cookie=anna)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/contacten")
    [line] = [item for item in (await site.get("anna", "/v1/contacts")).json["items"] if item["id"]]
    assert (await site.form(f"/console/contacten/{line['id']}/verify", Cookie=bert)).status_code == 303
    edit = await site.get(None, f"/console/contacten?replaces={line['id']}", Cookie=bert)
    assert f'name="replaces" value="{line["id"]}"' in edit.text
    assert (await site.form(f"/console/contacten/{line['id']}/retire", Cookie=bert)).status_code == 303
    assert "in twijfel" in (await site.get(None, "/console/contacten", Cookie=anna)).text
    assert (await site.form(f"/console/contacten/{line['id']}/retire", Cookie=anna)).status_code == 303
    page = (await site.get(None, "/console/contacten", Cookie=anna)).text
    assert "112" in (table := page.partition("<tbody>")[2].partition("</tbody>")[0])
    assert "elders.example" not in table


async def test_what_is_wrong_with_a_proposal_stands_beside_its_field(site: Site) -> None:
    anna = await site.signed_in("anna")
    reply = await site.form("/console/contacten", {"kind": "phone", "value": "bel ons", "label": ""}, Cookie=anna)
    assert reply.status_code == 422
    assert "vul in van wie het is" in reply.text
    assert 'value="bel ons"' in reply.text
