"""What else is made of an alert, over HTTP and on the console."""

import re
from html import unescape

import pytest

from broadcaster.render.desk import DESKS
from broadcaster.store import alerts
from broadcaster.workflow import bulletins
from tests.houses import TestHouse
from tests.integration.web.site import Site

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)  # of texts, whatever keeps the alert


async def test_what_is_made_of_an_alert_is_listed_and_each_is_there(site: Site, h: TestHouse) -> None:
    alert = await site.submitted()
    await site.approve("bert", alert)
    listed = (await site.get("vera", f"/v1/alerts/{alert['alert']}/outputs")).json["items"]
    assert [item["name"] for item in listed] == [*DESKS, "cap", "poster-a4", "poster-a3"]
    for item in listed:
        reply = await site.get("vera", item["href"])
        assert (reply.status_code, reply.headers["Content-Type"].partition(";")[0]) == (200, item["media_type"])
    row = await h.store.read(alerts.get, alert["alert"])
    assert row is not None
    told = await h.store.read(bulletins.of_alert, h.house, row)
    for name, made in DESKS.items():
        assert (await site.get("vera", f"/v1/alerts/{row.id}/outputs/{name}")).text == made(told)
    assert "anna" in DESKS["lcms"](told)
    assert "Akkoord: bert" in DESKS["lcms"](told)


async def test_only_who_may_read_alerts_gets_a_text(site: Site) -> None:
    alert = (await site.submitted())["alert"]
    for path in (f"/v1/alerts/{alert}/outputs", f"/v1/alerts/{alert}/outputs/radio"):
        assert (await site.get(None, path)).status_code == 401
        assert (await site.get("scherm-noord", path)).status_code == 403
        assert (await site.get("machine", path)).status_code == 403
        assert (await site.get("vera", path)).status_code == 200
    assert (await site.get("vera", f"/v1/alerts/{alert}/outputs/poem")).status_code == 404
    assert (await site.get("vera", f"/v1/alerts/{'0' * 26}/outputs")).status_code == 404


_BEGINS = {"nl-alert": "AANVRAAG NL-ALERT", "radio": "RADIOTEKST", "lcms": "CRISISCOMMUNICATIE"}


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_the_console_offers_each_text_while_drafting_at_the_approval_and_after(site: Site, language: str) -> None:
    draft = await site.draft()
    named = {"Cookie": await site.signed_in("bert"), "Accept_Language": language}
    pages = [await site.get(None, f"/console/drafts/{draft['id']}", **named)]
    alert = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    pages.append(await site.get(None, f"/console/alerts/{alert['alert']}", **named))
    await site.approve("bert", alert)
    pages.append(await site.get(None, f"/console/alerts/{alert['alert']}", **named))
    for page in pages:
        assert page.status_code == 200
        for name in DESKS:
            texts = dict(re.findall(r'class="also__text" id="([^"]+)"[^>]*>(.*?)</div>', page.text, re.DOTALL))
            place = next((id_ for id_, text in texts.items() if _BEGINS[name] in unescape(text)), "")
            assert place, name
            assert f'data-copy="{place}"' in page.text
            assert "Stroomuitval in Noord" in unescape(texts[place])
    assert "geef dit niet door" in pages[0].text
    assert "geef dit niet door" in pages[1].text
    assert "geef dit niet door" not in pages[2].text
    assert f"/v1/alerts/{alert['alert']}.cap" in pages[2].text
