"""The console's pages over HTTP, without a script: what a browser that runs none gets."""

import gzip
import itertools
import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from broadcaster.render import scenarios
from broadcaster.render.desk import DESKS
from broadcaster.store import drafts, journal
from broadcaster.workflow import drafting
from tests.houses import TestHouse
from tests.integration.web.site import Reply, Site, serving

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(2)> '{{ 7*7 }}' &lt;b&gt;"""
DAY = {"expires.day": "2099-01-02", "expires.time": "06:00"}


async def _post(site: Site, who: str, path: str, /, **fields: Any) -> Reply:
    """Send a form. A name's two underscores are a dot; `script=True` says that a script sends it."""
    headers = {"Content_Type": "application/x-www-form-urlencoded"}
    if fields.pop("script", False):
        headers["HX_Request"] = "true"
    raw = urlencode({name.replace("__", "."): value for name, value in fields.items()}, doseq=True).encode()
    return await site.call(who, "POST", path, raw, **headers)


def _text(reply: Reply) -> str:
    """What people read of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", reply.text)).split())


async def _begun(site: Site, status: str = "Actual", scenario: str = "free") -> str:
    reply = await _post(site, "anna", "/console/drafts", status=status, scenario=scenario)
    assert reply.status_code == 303, reply.text
    return reply.headers["Location"].removeprefix("/console/drafts/")


def _event(site: Site, draft_id: str) -> Any:
    return site.house.store.read(lambda conn: drafting.read(conn, draft_id).content.get("event"))


@pytest.mark.parametrize("chosen", [{"scenario": "free"}, {"status": "", "scenario": "free"}, {"status": "Actual"}])
async def test_nothing_begins_before_the_mode_and_the_subject_are_chosen(site: Site, chosen: dict[str, str]) -> None:
    fresh = await site.get("anna", "/console/drafts/new")
    assert " checked" not in fresh.text
    reply = await _post(site, "anna", "/console/drafts", **chosen)
    assert reply.status_code == 422
    assert 'href="#field-' in reply.text
    assert await site.house.store.read(drafts.listed, None, 10) == []


async def test_what_is_in_a_hurry_stands_first_in_the_order_of_its_name(site: Site) -> None:
    names = re.findall(r'name="scenario" value="([a-z-]+)"', (await site.get("anna", "/console/drafts/new")).text)
    listed = [scenarios.load(name) for name in names if name != "free"]
    phases = [scenario.phase for scenario in listed]
    assert [phase for phase, _ in itertools.groupby(phases)] == ["first-72-hours", "cold", "aftermath"]
    urgent = [scenario.title for scenario in listed if scenario.phase == "first-72-hours"]
    assert urgent == sorted(urgent)


async def test_what_is_typed_is_kept_and_stands_there_the_next_time(site: Site) -> None:
    draft_id = await _begun(site, scenario="power-outage")
    typed = {"fields__place": "Noord", "fields__since": "02:40", "fields__phone": "14 030"}
    reply = await _post(
        site, "anna", f"/console/drafts/{draft_id}", revision=1, areas="noord", channels="sms", **typed, **DAY
    )
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/console/drafts/{draft_id}#preview")
    page = await site.get("anna", f"/console/drafts/{draft_id}")
    for value in ('value="Noord"', 'value="02:40"', 'value="14 030"', 'value="06:00"', 'value="2099-01-02" selected'):
        assert value in page.text
    assert "Stroomuitval in Noord" in _text(page)


def _offered(reply: Reply) -> list[str]:
    return [name for name in re.findall(r'name="scenario" value="([a-z-]+)"', reply.text) if name != "free"]


async def test_scenarios_are_found_without_a_script_by_word_phase_and_subject(site: Site) -> None:
    path = "/console/drafts/new?"
    for query, names in (
        ("q=gas", ["gas-leak"]),
        ("q=rook+RAMEN", ["smoke"]),
        ("phase=aftermath", ["psychosocial-help", "damage"]),
        ("subject=outage&q=112", ["telecom-outage", "telephone-outage"]),
        ("q=xyzzy", []),
    ):
        reply = await site.get("anna", path + query)
        assert set(_offered(reply)) == set(names), query
        assert ("none-found" in re.sub(r"<p[^>]* hidden>", "", reply.text)) is not bool(names)
    every = await site.get("anna", path + "phase=none&subject=none")
    assert len(_offered(every)) == len(scenarios.names()) - 1  # the withdrawal belongs to its notice
    assert "De stroom is weg, in een wijk of overal." in _text(every)


async def test_what_was_used_last_stands_first_and_once(site: Site) -> None:
    for name in ("smoke", "power-outage", "smoke", "heat", "flood"):
        await _begun(site, scenario=name)
    await _begun(site)
    names = _offered(await site.get("anna", "/console/drafts/new"))
    assert names[:3] == ["flood", "heat", "smoke"]
    assert len(names) == len(set(names))


async def test_an_officer_sees_which_texts_nobody_read_and_how_readable_the_dutch_is(site: Site) -> None:
    assert "voorbereiding, in 9 talen, niet nagelezen" in _text(await site.get("anna", "/console/drafts/new"))
    draft_id = await _begun(site, scenario="power-outage")
    typed = {"fields__place": "Noord", "fields__since": "02:40", "fields__phone": "14 030"}
    await _post(site, "anna", f"/console/drafts/{draft_id}", revision=1, areas="noord", channels="sms", **typed, **DAY)
    page = _text(await site.get("anna", f"/console/drafts/{draft_id}"))
    assert re.search(
        r"Nederlands · niet nagelezen\s+Leesbaarheid [0-9]+ van 100 \(.*?\)\. Gemiddeld [0-9]+ woorden", page
    )
    assert "Türkçe (Turks) · niet nagelezen" in page


async def test_of_two_who_write_at_once_neither_loses_a_word(site: Site) -> None:
    draft_id = await _begun(site)
    path = f"/console/drafts/{draft_id}"
    assert (await _post(site, "carla", path, revision=1, event="Brand")).status_code == 303
    late = await _post(site, "anna", path, revision=1, event="Stroomuitval", source="Brandweer")
    assert late.status_code == 409
    assert "carla veranderde dit concept ook" in _text(late)
    for words in ("U schreef Stroomuitval", "carla schreef Brand"):
        assert words in re.sub(r"\s+", " ", _text(late))
    assert 'value="Stroomuitval"' in late.text
    # The other field is kept; the one that both wrote is carla's until somebody chooses, however often it is sent.
    content = (await site.get("anna", f"/v1/drafts/{draft_id}")).json
    assert (content["event"], content["source"]) == ("Brand", "Brandweer")
    again = await _post(site, "anna", path, revision=3, event="Stroomuitval", source="Brandweer", clash="event")
    assert again.status_code == 409
    assert (await _post(site, "anna", f"{path}/submit", revision=3, event="X", clash="event")).status_code == 422
    assert await _event(site, draft_id) == "Brand"
    chosen = {"clash": "event", "choice__event": "mine"}
    assert (await _post(site, "anna", path, revision=3, event="Stroomuitval", **chosen)).status_code == 303
    assert await _event(site, draft_id) == "Stroomuitval"
    assert (
        await _post(site, "carla", path, revision=4, event="Vuur", clash="event", choice__event="theirs")
    ).status_code == 303
    assert await _event(site, draft_id) == "Stroomuitval"


async def test_looking_again_makes_no_new_version(site: Site) -> None:
    draft_id = await _begun(site)
    for _ in range(3):
        assert (await _post(site, "anna", f"/console/drafts/{draft_id}", revision=1, event="Brand")).status_code == 303
    lines = await site.house.store.read(journal.about, [draft_id], ["DraftRevised"])
    assert [line["data"]["revision"] for line in lines] == [2]


async def test_a_time_that_does_not_exist_is_said_beside_its_field_and_nothing_is_kept(site: Site) -> None:
    draft_id = await _begun(site)
    typed = {"event": "Brand", "next_update__day": "2027-03-28", "next_update__time": "02:30"}
    reply = await _post(site, "anna", f"/console/drafts/{draft_id}", revision=1, **typed)
    assert reply.status_code == 422
    assert re.search(r'id="fault-next_update">[^<]*bestaat niet', reply.text)
    assert 'value="Brand"' in reply.text
    assert await _event(site, draft_id) is None


async def test_a_script_gets_the_pieces_that_changed(site: Site) -> None:
    draft_id = await _begun(site)
    reply = await _post(site, "anna", f"/console/drafts/{draft_id}", script=True, revision=1, event="Brand")
    assert reply.status_code == 200
    assert "<html" not in reply.text
    assert '<input type="hidden" name="revision" value="2">' in reply.text
    wrong = await _post(site, "anna", f"/console/drafts/{draft_id}", script=True, revision=2, expires__time="36:00")
    assert re.search(r'id="fault-expires" hx-swap-oob="true">[^<]+<', wrong.text)


async def test_submitting_keeps_what_was_typed_and_names_all_that_is_missing(site: Site) -> None:
    draft_id = await _begun(site)
    reply = await _post(site, "anna", f"/console/drafts/{draft_id}/submit", revision=1, event="Brand")
    assert reply.status_code == 422
    assert await _event(site, draft_id) == "Brand"
    for field in ("severity", "areas", "expires"):
        assert f'href="#field-{field}"' in reply.text


async def test_the_author_sees_why_another_must_approve(site: Site) -> None:
    alert = await site.submitted()
    own = await site.get("anna", f"/console/alerts/{alert['alert']}")
    assert "Daarom moet een ander akkoord geven" in _text(own)
    assert "/approve" not in own.text
    other = await site.get("dirk", f"/console/alerts/{alert['alert']}")
    assert f'action="/console/alerts/{alert["alert"]}/approve"' in other.text


async def test_the_approver_sees_the_digest_and_every_text_in_full(site: Site) -> None:
    alert = await site.submitted()
    page = await site.get("dirk", f"/console/alerts/{alert['alert']}")
    assert f'name="digest" value="{alert["digest"]}"' in page.text
    read = _text(page)
    for item in alert["renditions"]:
        assert " ".join(item["text"].split()) in read
        if "html" in item:
            assert f'src="/console/alerts/{alert["alert"]}/mail/{item["language"]}"' in page.text
    main = page.text[page.text.index("<main") : page.text.index("</main>")]
    # To return it, and the texts for desks, which say the same once more; no text that is sent hides in one.
    assert main.count("<details") == 1 + len(DESKS)


async def test_a_mail_is_shown_behind_a_fence_of_its_own(site: Site) -> None:
    alert = await site.submitted()
    mail = await site.get("dirk", f"/console/alerts/{alert['alert']}/mail/nl")
    (html,) = (item["html"] for item in alert["renditions"] if item["channel"] == "email" and item["language"] == "nl")
    assert mail.text == html
    policy = mail.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert (await site.get("dirk", f"/console/alerts/{alert['alert']}/mail/xx")).status_code == 404


async def test_a_size_beyond_what_was_expected_is_ticked_and_typed(site: Site) -> None:
    alert = await site.submitted(audience={"groups": ["bewoners"], "areas": ["noord"], "expected": 100})
    path, digest = f"/console/alerts/{alert['alert']}/approve", alert["digest"]
    unticked = await _post(site, "dirk", path, digest=digest)
    assert unticked.status_code == 422
    untyped = await _post(site, "dirk", path, digest=digest, accepts="audience-unexpected", expected="veel")
    assert untyped.status_code == 422
    assert 'value="audience-unexpected" checked' in untyped.text
    assert 'value="veel"' in untyped.text
    count = alert["audience"]["count"]
    assert f"Verstuur ECHT naar {count} adressen" in _text(untyped)
    typed = await _post(site, "dirk", path, digest=digest, accepts="audience-unexpected", expected=f" {count} ")
    assert (typed.status_code, typed.headers["Location"]) == (303, f"/console/alerts/{alert['alert']}")


async def test_another_digest_than_the_one_shown_is_not_approved(site: Site) -> None:
    alert = await site.submitted()
    reply = await _post(site, "dirk", f"/console/alerts/{alert['alert']}/approve", digest="0" * 64)
    assert reply.status_code == 409


async def test_what_came_back_says_why_on_the_first_page_of_its_author(site: Site) -> None:
    alert = await site.submitted()
    path = f"/console/alerts/{alert['alert']}/return"
    assert (await _post(site, "dirk", path, reason=" ")).status_code == 422
    assert (await _post(site, "dirk", path, reason="Noem het noodsteunpunt.")).status_code == 303
    start = _text(await site.get("anna", "/console"))
    assert "Teruggestuurd door dirk" in start
    assert "Noem het noodsteunpunt." in start
    assert "Noem het noodsteunpunt." not in _text(await site.get("dirk", "/console"))


async def test_the_second_time_what_changed_is_marked(site: Site) -> None:
    draft = await site.draft()
    first = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    await _post(site, "dirk", f"/console/alerts/{first['alert']}/return", reason="Noem Zuid.")
    patch = {"infos": {"nl": {"impact": "Liften en lampen doen het niet."}}}
    await site.call("anna", "PATCH", f"/v1/drafts/{draft['id']}", patch, If_Match=draft_tag(draft))
    second = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json
    page = await site.get("dirk", f"/console/alerts/{second['alert']}")
    assert f"Veranderd sinds nr {first['number']}" in _text(page)
    assert "<del>verlichting</del><ins>lampen</ins>" in page.text


def draft_tag(draft: Any) -> str:
    return f'"{draft["revision"]}"'


async def test_an_exercise_wears_another_dress_on_every_page_about_it(site: Site) -> None:
    for status, drill in (("Actual", False), ("Exercise", True), ("Test", True)):
        draft = await site.draft(status=status)
        alert = (await site.post("anna", f"/v1/drafts/{draft['id']}/submit")).json["alert"]
        other = await site.draft(status=status)
        for path in (f"/console/alerts/{alert}", f"/console/drafts/{other['id']}"):
            page = await site.get("dirk", path)
            word = {"Exercise": "OEFENING", "Test": "TEST", "Actual": "ECHT"}[status]
            assert (f"<title>{word}: " in page.text) == drill
            assert page.text.count(f">{word}</p>") == (2 if drill else 1)
            assert ('class="voorbeeld-theme drill"' in page.text) == drill
            assert ("console/drill.svg" in page.text) == drill
            if drill:
                assert "ECHT" not in page.text
        approve = await site.get("dirk", f"/console/alerts/{alert}")
        assert ("Verstuur ECHT" in approve.text) != drill
        assert ("Speel oefening af: er gaat niets naar buiten" in approve.text) == (status == "Exercise")
        assert ("Draai test: alles blijft binnen" in approve.text) == (status == "Test")
    assert 'class="voorbeeld-theme live"' in (await site.get("dirk", "/console")).text


async def test_hostile_words_are_only_words(site: Site) -> None:
    draft_id = await _begun(site)
    slots = {f"infos.nl.{slot}": HOSTILE for slot in ("headline", "description", "impact", "instruction", "short")}
    reply = await _post(site, "anna", f"/console/drafts/{draft_id}", revision=1, event=HOSTILE, source=HOSTILE, **slots)
    assert reply.status_code == 303
    alert = await site.submitted(
        event=HOSTILE, infos={"nl": dict.fromkeys(("headline", "description", "impact", "instruction"), HOSTILE)}
    )
    await _post(site, "dirk", f"/console/alerts/{alert['alert']}/return", reason=HOSTILE)
    for path in (
        "/console", "/console/drafts", "/console/alerts", f"/console/drafts/{draft_id}",
        f"/console/alerts/{alert['alert']}", f"/console/alerts/{alert['alert']}/progress",
    ):  # fmt: skip
        page = await site.get("anna", path)
        assert page.status_code == 200
        assert HOSTILE.split(">")[1] not in page.text  # the bare tags
        assert "<img" not in page.text
        assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)", "", page.text)
        assert "'{{ 7*7 }}'" in unescape(page.text)


async def test_the_language_is_the_readers_choice(site: Site) -> None:
    assert '<html lang="nl"' in (await site.get("anna", "/console")).text
    reply = await _post(site, "anna", "/console/language", language="en", next="/console/drafts")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/console/drafts")
    page = await site.get("anna", "/console", Cookie=reply.headers["Set-Cookie"].partition(";")[0])
    assert '<html lang="en"' in page.text
    assert "There is nothing to do." in page.text
    elsewhere = await _post(site, "anna", "/console/language", language="en", next="https://example.org/")
    assert elsewhere.headers["Location"] == "/console"


@pytest.mark.parametrize(
    "asked",
    [
        ("GET", "/console/steunpunten?mode=exercise"),
        ("GET", "/console/drafts/new?q=brand"),
        ("POST", "/console/account/password"),
        ("POST", "/console/drafts/{draft}/submit"),
        ("POST", "/console/contacten"),
        ("POST", "/console/mensen"),
    ],
)
async def test_who_chooses_another_language_comes_back_to_a_page(site: Site, asked: tuple[str, str]) -> None:
    """An answer to a form stands at the form's address, which nobody can open."""
    method, path = asked[0], asked[1].format(draft=await _begun(site))
    who = "beheer" if "mensen" in path else "anna"
    page = await (_post(site, who, path) if method == "POST" else site.get(who, path))
    assert "bar__mode" in page.text, page.text
    (back,) = re.findall(r'name="next" value="([^"]+)"', page.text)
    reply = await _post(site, who, "/console/language", language="en", next=unescape(back))
    assert reply.headers["Location"] == (path if method == "GET" else unescape(back))
    assert (await site.get(who, reply.headers["Location"])).status_code == 200


async def test_the_first_page_is_at_most_200_kilobytes_over_the_line(site: Site) -> None:
    page = await site.get("anna", "/console")
    fonts = ["/assets/fonts/noto-sans-latin.woff2"]
    total = len(page.text.encode())
    for path in {*re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text), *fonts}:
        async with site.session.get(site.url + path, headers={"Accept-Encoding": "gzip"}) as response:
            raw = await response.read()
            total += len(raw)
            if response.content_type.startswith("text/"):
                assert response.headers["Content-Encoding"] == "gzip"
                unpacked = {"Accept-Encoding": "identity"}
                async with site.session.get(site.url + path, headers=unpacked) as plain:
                    assert gzip.decompress(raw) == await plain.read()
    assert total <= 200_000


async def test_the_page_of_an_alert_says_that_its_deliveries_cannot_be_made(h: TestHouse) -> None:
    refused, other = await h.released(), await h.released()
    async with serving(h, stuck=lambda: [refused.id]) as site:
        pages = [await site.get("anna", f"/console/alerts/{one.id}/progress") for one in (refused, other)]
    assert ["De rest van dit bericht gaat niet weg" in page.text for page in pages] == [True, False]
