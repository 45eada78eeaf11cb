"""The host's page without its script: plain forms, as a browser sends them."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from broadcaster import cli
from broadcaster.model.board import Mode
from broadcaster.model.report import Report, Showing
from broadcaster.relay.screens import SILENT_IN
from tests.counters import PIN, POINT, SILENT, Counter, open_counter
from tests.telephones import HOME, Telephone


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_counter(tmp_path) as opened:
        yield opened


@pytest.fixture
async def telephone(counter: Counter) -> AsyncIterator[Telephone]:
    """Signed in, at the front page."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        found = Telephone(session, counter)
        await found.enter()
        yield found


async def _rumour(telephone: Telephone, line: str = "Het water is giftig", **more: str) -> str:
    await telephone.look(f"{HOME}/gehoord")
    fields = {"kind": "rumour", "subject": "water", "line": line} | telephone.hidden() | more
    return await telephone.send(f"{HOME}/gehoord", fields)


def _said(report: Report) -> object:
    return report.opening or report.heard or report.urgent or report.showing


async def test_without_the_pin_nothing_is_shown_and_nothing_is_told(counter: Counter) -> None:
    counter.show(3)
    async with aiohttp.ClientSession() as session:
        stranger = Telephone(session, counter)
        for path in ("", "/open", "/druk-af", "/gehoord", "/dringend", "/berichten", "/regel", "/pincode"):
            assert "Pincode: 6 cijfers" in await stranger.look(HOME + path)
            assert "Stroomuitval" not in stranger.text
            assert "nr 3" not in stranger.text
        for path in ("/open", "/druk-af", "/gehoord", "/dringend", "/regel", "/pincode", "/echt", "/uit"):
            await stranger.send(HOME + path, {"mode": "live", "open": "yes", "text": "Soep", "subject": "water"})
            assert stranger.status_code == 403
        assert counter.kept == []
        assert (await stranger.look(f"/local/{POINT}.json")) == ""


async def test_the_start_page_of_the_relay_leads_there(counter: Counter) -> None:
    async with aiohttp.ClientSession() as session:
        assert 'href="/steunpunt"' in await Telephone(session, counter).look("/")


async def test_a_wrong_pin_is_told_and_after_five_a_wait_is(counter: Counter) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        stranger = Telephone(session, counter)
        for _ in range(6):
            assert "Deze code klopt niet" in await stranger.enter("407194")
            assert stranger.status_code == 403
        assert "Wacht 1 seconden" in await stranger.enter()
        assert stranger.status_code == 429
        counter.time.advance(1.0)
        assert "Wij zijn open" in await stranger.enter("407 193")


async def test_what_a_proxy_passes_on_never_counts_as_somebody_at_the_box(counter: Counter) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        stranger = Telephone(session, counter)
        for _ in range(6):
            await stranger.send(f"{HOME}/pin", {"pin": "407194"}, **{"X-Forwarded-For": "192.0.2.1"})
        await stranger.send(f"{HOME}/pin", {"pin": PIN}, **{"X-Forwarded-For": "127.0.0.1"})
        assert stranger.status_code == 429
        assert "Wij zijn open" in await stranger.enter()  # at the box


async def test_only_a_page_of_this_relay_may_send_a_form(counter: Counter, telephone: Telephone) -> None:
    for origin in ("http://elsewhere.example", "null", f"http://localhost:{counter.port}"):
        await telephone.send(f"{HOME}/open", {"open": "yes", "mode": "live"}, Origin=origin)
        assert telephone.status_code == 403
    assert counter.kept == []


async def test_one_press_opens_the_point_and_the_list_then_tells_what_it_offers(
    counter: Counter, telephone: Telephone
) -> None:
    first = telephone.hidden() | {"open": "yes", "first": "yes"}
    assert "De gemeente hoort dat u open bent" in await telephone.send(f"{HOME}/open", first)
    assert telephone.path == f"{HOME}/open"
    more = [*telephone.hidden().items(), ("open", "yes"), ("services", "water"), ("services", "heat"), ("staff", "3")]
    await telephone.send(f"{HOME}/open", [*more, ("crowd", "busy"), ("ticks", "light")])
    assert "Open sinds 03:20" in telephone.text
    await telephone.look(f"{HOME}/open")
    assert re.search(r'value="light" checked', telephone.text)
    await telephone.send(f"{HOME}/open", telephone.hidden() | {"open": "no"})
    assert "Dicht sinds 03:20" in telephone.text
    openings = [report.opening.model_dump(mode="json") for report in counter.kept if report.opening]
    assert [opening["open"] for opening in openings] == [True, True, False]
    assert openings[1] == {"open": True, "staff": 3, "services": ["water", "heat"], "crowd": "busy"}


async def test_a_double_tap_tells_once_and_another_line_in_the_same_form_is_told_too(
    counter: Counter, telephone: Telephone
) -> None:
    await _rumour(telephone)
    same = {"id": counter.kept[0].id}
    assert "Het telt één keer" in await _rumour(telephone, **same)
    assert len(counter.kept) == 1
    await _rumour(telephone, "De brug is dicht", **same)  # back in the browser, and something else
    assert [report.heard.line for report in counter.kept if report.heard] == ["Het water is giftig", "De brug is dicht"]
    assert len({report.id for report in counter.kept}) == 2


async def test_a_report_says_when_and_whether_the_clock_could_be_trusted(
    counter: Counter, telephone: Telephone
) -> None:
    await _rumour(telephone)
    counter.distrust_time()
    await _rumour(telephone, "De brug is dicht")
    assert [report.clock_known for report in counter.kept] == [True, False]
    assert counter.kept[0].at == counter.time.now()
    assert "klok onzeker" in await telephone.look(f"{HOME}/berichten")
    assert "Deze klok klopt misschien niet" in telephone.text


async def test_own_reports_say_kept_then_sent_then_read(counter: Counter, telephone: Telephone) -> None:
    counter.lose_line()
    assert "zodra er een lijn is" in await _rumour(telephone)
    assert "weg sinds 03:22. Uw berichten worden bewaard" in await telephone.look()
    assert "bewaard" in await telephone.look(f"{HOME}/berichten")
    counter.time.advance(120)
    counter.read(counter.kept[0])
    assert "verstuurd om 03:24" in await telephone.look(f"{HOME}/berichten")
    counter.read(counter.kept[0], at=counter.time.now() + timedelta(minutes=1))
    assert "gelezen om 03:25" in await telephone.look(f"{HOME}/berichten")
    assert "las voor het laatst iets van u om 03:25" in await telephone.look(f"{HOME}/dringend")


async def test_a_box_that_is_switched_off_forgets_nothing(counter: Counter, telephone: Telephone) -> None:
    await telephone.send(f"{HOME}/open", telephone.hidden() | {"open": "yes", "first": "yes"})
    await _rumour(telephone)
    await telephone.send(f"{HOME}/regel", {"text": "Soep om 18:00", "mode": "live"})
    await counter.cut()
    await counter.begin()
    assert "Open sinds 03:20" in await telephone.look()
    assert "Soep om 18:00" in telephone.text
    assert "Het water is giftig" in await telephone.look(f"{HOME}/berichten")


async def test_what_hangs_is_told_with_what_was_not_taken_down(counter: Counter, telephone: Telephone) -> None:
    counter.show(3, replaces=2)
    await telephone.look(f"{HOME}/druk-af")
    assert "Nr 3 hangt" in telephone.text
    assert "Nr 2 is weg" in telephone.text
    await telephone.send(f"{HOME}/druk-af", telephone.hidden() | {"hangs": "3"})
    assert _said(counter.kept[-1]).model_dump()["paper"] == (2, 3)  # type: ignore[attr-defined]
    assert "Nr 3 hangt" in await telephone.look()
    counter.show(4, replaces=3)
    assert "Nr 4 hangt nog niet" in await telephone.look()
    await telephone.look(f"{HOME}/druk-af")
    await telephone.send(f"{HOME}/druk-af", [*telephone.hidden().items(), ("hangs", "4"), ("gone", "2"), ("gone", "3")])
    assert _said(counter.kept[-1]).model_dump()["paper"] == (4,)  # type: ignore[attr-defined]


async def test_what_a_screen_shows_takes_nothing_away_of_what_hangs(counter: Counter, telephone: Telephone) -> None:
    counter.show(3)
    await telephone.look(f"{HOME}/druk-af")
    await telephone.send(f"{HOME}/druk-af", telephone.hidden() | {"hangs": "3"})
    counter.parts.screens.hear((POINT, Mode.LIVE), "192.0.2.1", Showing(seq=1, screen=(3,)))
    counter.parts.screens.tell()
    waiting = [kept.report.showing for kept in counter.parts.outbox.waiting()]
    assert sorted(showing.seq or 0 for showing in waiting if showing) == [0, 1]


async def test_a_screen_that_falls_silent_is_told_of_as_one_that_shows_nothing(counter: Counter) -> None:
    place = POINT, Mode.LIVE
    counter.parts.screens.hear(place, "192.0.2.1", Showing(seq=1, screen=(3,)))
    counter.parts.screens.hear(place, "192.0.2.2", Showing(seq=1, screen=(3,)))
    counter.parts.screens.tell()
    counter.time.advance(SILENT_IN / 2)
    counter.parts.screens.hear(place, "192.0.2.1", Showing(seq=1, screen=(3,)))
    counter.time.advance(SILENT_IN / 2 + 1)  # the second said nothing for longer than that
    counter.parts.screens.tell()
    (told,) = [kept.report.showing for kept in counter.parts.outbox.waiting()]
    assert told == Showing(screen=())
    counter.parts.screens.hear(place, "192.0.2.2", Showing(seq=1, screen=(3,)))
    counter.parts.screens.tell()
    (told,) = [kept.report.showing for kept in counter.parts.outbox.waiting()]
    assert told == Showing(seq=1, screen=(3,))


async def test_an_exercise_is_told_as_one_and_never_counts_as_real(counter: Counter, telephone: Telephone) -> None:
    counter.show(7, mode=Mode.EXERCISE)
    assert (await telephone.look()).count("OEFENING") >= 3  # in the tab, and at both ends
    await _rumour(telephone)
    assert counter.kept[-1].mode is Mode.EXERCISE
    counter.show(8)  # something real happens: it counts for more than the exercise
    await telephone.look()
    assert "OEFENING" not in telephone.text
    assert "U meldde nog niets" in await telephone.look(f"{HOME}/berichten")


async def test_a_form_that_was_opened_before_an_exercise_began_or_ended_is_looked_at_again(
    counter: Counter, telephone: Telephone
) -> None:
    await telephone.look(f"{HOME}/gehoord")
    before = {"kind": "rumour", "subject": "water", "line": "Het water is giftig"} | telephone.hidden()
    counter.show(7, mode=Mode.EXERCISE)
    assert "Er begon een oefening" in await telephone.send(f"{HOME}/gehoord", before)
    assert telephone.status_code == 409
    counter.show(mode=Mode.EXERCISE)
    during = before | {"mode": "exercise"}
    assert "De oefening is voorbij" in await telephone.send(f"{HOME}/gehoord", during)
    assert counter.kept == []
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', telephone.text))
    await telephone.send(f"{HOME}/gehoord", again)
    assert [(report.mode, report.id) for report in counter.kept] == [(Mode.LIVE, before["id"])]


async def test_in_an_exercise_something_real_can_be_told(counter: Counter, telephone: Telephone) -> None:
    counter.show(7, mode=Mode.EXERCISE, languages=SILENT)
    assert "Bel 112" in await telephone.look(f"{HOME}/dringend")  # in an exercise 112 works
    await telephone.send(f"{HOME}/echt", {"real": "yes"})
    assert "U meldt nu echt" in telephone.text
    await telephone.look(f"{HOME}/dringend")
    await telephone.send(f"{HOME}/dringend", telephone.hidden() | {"subject": "care", "line": "Iemand is gevallen"})
    assert counter.kept[-1].mode is Mode.LIVE
    await telephone.send(f"{HOME}/echt", {"real": "no"})
    assert "OEFENING" in telephone.text


async def test_112_stands_with_what_is_urgent_unless_the_municipality_says_that_it_is_down(
    counter: Counter, telephone: Telephone
) -> None:
    assert "Bel 112" in await telephone.look(f"{HOME}/dringend")
    counter.show(4, languages=SILENT)
    await telephone.look(f"{HOME}/dringend")
    assert "Bel 112" not in telephone.text
    assert "112 is niet bereikbaar, zegt bericht nr 4" in telephone.text
    assert "Stuur iemand naar de brandweerkazerne" in telephone.text
    counter.lose_line()
    assert "Wacht daar niet op" in await telephone.look(f"{HOME}/dringend")


async def test_a_line_stands_on_the_screens_of_its_mode_until_midnight(counter: Counter, telephone: Telephone) -> None:
    local = f"/local/{POINT}.json"
    assert "mag er niet in staan" in await telephone.send(f"{HOME}/regel", {"text": "Bel 06-12345678", "mode": "live"})
    assert telephone.status_code == 422
    assert await telephone.look(local) == ""
    await telephone.send(f"{HOME}/regel", {"text": "Soep om <18:00>", "mode": "live"})
    assert '"text":"Soep om <18:00>"' in await telephone.look(local)
    assert await telephone.look("/local/elsewhere.json") == ""
    assert await telephone.look(f"{local}?mode=exercise") == ""
    counter.time.advance(20 * 3600 + 39 * 60)  # 23:59
    assert "Soep" in await telephone.look(local)
    counter.time.advance(60)
    assert await telephone.look(local) == ""
    await telephone.send(f"{HOME}/regel", {"text": "Soep om acht uur", "mode": "live"})
    await telephone.send(f"{HOME}/regel", {"off": "yes", "mode": "live"})
    assert await telephone.look(local) == ""


async def test_a_full_disk_is_said_and_nothing_is_called_told(counter: Counter, telephone: Telephone) -> None:
    counter.break_disk()
    assert "kan niets meer bewaren" in await _rumour(telephone)
    assert telephone.status_code == 507
    assert "U meldde nog niets" in await telephone.look(f"{HOME}/berichten")


async def test_the_administrator_makes_a_pin_while_the_relay_runs(
    counter: Counter, telephone: Telephone, capsys: pytest.CaptureFixture[str]
) -> None:
    file = counter.folder / "relay.toml"
    file.write_text(f'[relay]\nname = "Kast"\nfolder = "{counter.folder}"\n')
    assert cli.run(["relay", "pin", "--json", "--config", str(file)]) == 0
    made = json.loads(capsys.readouterr().out)["pin"]
    assert "Pincode: 6 cijfers" in await telephone.look()
    assert "Wij zijn open" in await telephone.enter(made)


async def test_another_pin_sends_every_other_telephone_away(counter: Counter, telephone: Telephone) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        other = Telephone(session, counter)
        await other.enter()
        change = {"old": PIN, "new": "860245", "again": "860245"}
        for wrong in ({"old": "000001"}, {"new": "123456", "again": "123456"}, {"again": "860246"}):
            await telephone.send(f"{HOME}/pincode", change | wrong)
            assert telephone.status_code == 422
        assert "Wij zijn open" in await other.look()
        assert "De code is veranderd" in await telephone.send(f"{HOME}/pincode", change)
        assert "Wij zijn open" in await telephone.look()
        assert "Pincode: 6 cijfers" in await other.look()
        assert "Wij zijn open" in await other.enter("860245")


async def test_no_form_that_somebody_made_up_makes_the_page_fall(counter: Counter, telephone: Telephone) -> None:
    made_up = (b"", b"\xff\xfe=\x80", b"&" * 2000, b"subject=water&line=%00%ff%C3", b"id=" + b"a" * 5000)
    for body in made_up:
        for path in ("/open", "/druk-af", "/gehoord", "/dringend", "/regel", "/pincode", "/taal", "/echt"):
            await telephone.send_raw(HOME + path, b"mode=live&" + body)
            assert telephone.status_code < 500
    assert all(len(report.id) == 26 for report in counter.kept)


async def test_what_people_typed_is_text_and_never_a_page(counter: Counter, telephone: Telephone) -> None:
    await _rumour(telephone, '"><script>alert(1)</script>')
    assert "<script>alert" not in await telephone.look(f"{HOME}/berichten")
    assert "&lt;script&gt;alert(1)" in telephone.text
    await telephone.look(f"{HOME}?klaar=<b>nep</b>")
    assert "nep" not in telephone.text


async def test_the_page_speaks_english_when_asked(telephone: Telephone) -> None:
    assert "We are open" in await telephone.send(f"{HOME}/taal", {"language": "en"})
    assert 'lang="en"' in telephone.text
