"""The settings, to read: each with its value and where it comes from, and no secret."""

import html
import re

import pytest

from broadcaster.settings import listed, load
from tests.houses import CONFIGURATION, SECRET, TestHouse
from tests.integration.web.site import Site

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""Nothing here is another on another engine."""


def origin(page: str, key: str) -> str:
    found = re.search(rf"<code>{key}</code></th><td>.*?</td><td>(.*?)</td>", page)
    assert found, key
    return re.sub("<.*?>", "", found[1])


async def test_each_setting_says_where_it_comes_from_and_no_secret_is_among_them(site: Site, h: TestHouse) -> None:
    cookie = await site.signed_in("beheer")
    (h.folder / "secrets" / "email.main.password").write_text("een geheim van de mail", "utf-8")
    page = (await site.get(None, "/console/instellingen", Cookie=cookie)).text
    assert (origin(page, "public_url"), origin(page, "grace")) == ("omroeper.toml", "standaard")
    table = html.unescape(page).partition('[manual."website"]')[2].partition("</table>")[0]
    assert (origin(table, "name"), origin(table, "opens")) == ("standaard", "standaard")
    assert "Website van de gemeente" in table
    assert "Extreme = 10, Severe = 15" in table
    assert "token: gezet" in page
    assert "password: gezet" in page
    assert "Geen accordeur kan herinnerd worden" in page
    assert SECRET not in page
    assert "een geheim van de mail" not in page
    (h.folder / "secrets" / "sms.primary.token").unlink()
    assert "token: ontbreekt" in (await site.get(None, "/console/instellingen", Cookie=cookie)).text


def test_a_variable_is_named_and_what_opens_something_is_left_out(h: TestHouse) -> None:
    file = h.folder / "omroeper.toml"
    text = CONFIGURATION.replace('base_url = "http://127.0.0.1:1"', 'base_url = "https://piet:geheim1@x.example"')
    file.write_text(text, "utf-8")
    environ = {
        "OMROEPER_STORE__URL": "postgresql://omroeper:geheim2@db.example/omroeper?password=geheim3",
        "OMROEPER_CHANNEL__SMS_PRIMARY__FROM": "Elders",
        "OMROEPER_SECRET__SMS_PRIMARY__TOKEN": "geheim4",
    }
    tables = listed(load(file, environ))
    found = {(table, one.key): one for table, settings in tables.items() for one in settings}
    assert found["store", "url"].origin == "OMROEPER_STORE__URL"
    assert found["store", "url"].value == "postgresql://…@db.example/omroeper?password=…"
    sender = found['channel."sms.primary"', "from"]
    assert (sender.value, sender.origin) == ("Elders", "OMROEPER_CHANNEL__SMS_PRIMARY__FROM")
    assert found['area."noord"', "circle"].origin == "omroeper.toml"
    assert "geheim" not in str(found)


def test_a_channel_that_people_work_says_which_file_names_it_and_so_does_a_house_without_any(h: TestHouse) -> None:
    file = h.folder / "omroeper.toml"
    own = '[[manual]]\nid = "kabelkrant"\nname = "Kabelkrant"\ntext = "web"\n'
    file.write_text(CONFIGURATION + own, "utf-8")
    tables = listed(load(file, {}))
    assert [name for name in tables if name.startswith("manual")] == ['manual."kabelkrant"']
    found = {one.key: (one.value, one.origin) for one in tables['manual."kabelkrant"']}
    assert found["name"] == ("Kabelkrant", "omroeper.toml")
    assert found["opens"] == ("", "")
    file.write_text("manual = []\n" + CONFIGURATION, "utf-8")
    [none] = listed(load(file, {}))["manual"]
    assert (none.value, none.origin) == ("[]", "omroeper.toml")
