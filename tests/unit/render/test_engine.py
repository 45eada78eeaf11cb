"""What a request becomes."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from broadcaster.channel import Texts
from broadcaster.data import find
from broadcaster.model import gsm
from broadcaster.model.finding import FindingKind
from broadcaster.model.rendition import Hole
from broadcaster.render.bookends import visible
from broadcaster.render.engine import render
from broadcaster.render.request import Rendered, RenderRequest
from broadcaster.render.templates import Templates

Ask = Callable[..., RenderRequest]
EXERCISE_WORDS = {
    "nl": "OEFENING",
    "en": "EXERCISE",
    "ar": "تمرين",
    "tr": "TATBİKAT",
    "pl": "ĆWICZENIA",
    "de": "ÜBUNG",
    "fr": "EXERCICE",
    "uk": "НАВЧАННЯ",
}
NUMBERS = {
    "nl": "Nr 3",
    "en": "No. 3",
    "ar": "رقم 3",
    "tr": "No 3",
    "pl": "Nr 3",
    "de": "Nr. 3",
    "fr": "No 3",
    "uk": "№ 3",
}
KINDS = ("sms", "email", "display")
WORDS = {"headline": "Kop", "description": "Wat.", "impact": "Gevolg.", "instruction": "Blijf binnen."}
EVERY_LANGUAGE = dict.fromkeys(EXERCISE_WORDS, WORDS)


def outputs(texts: Texts) -> list[str]:
    """Each of the texts a person may read alone."""
    page = [] if texts.html is None else [" ".join(visible(texts.html))]
    return [texts.text, *page]


def codes(rendered: Rendered) -> list[str]:
    return [finding.code for finding in rendered.findings]


@pytest.fixture
def house(tmp_path: Path) -> Callable[[dict[str, str]], Templates]:
    """A folder with the real words and whatever files a test writes."""

    def made(files: dict[str, str]) -> Templates:
        words = (find("templates") / "layouts/words.toml").read_text("utf-8")
        for name, text in {"layouts/words.toml": words, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        return Templates(tmp_path)

    return made


@pytest.mark.parametrize("language", EXERCISE_WORDS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_output_carries_number_source_times_and_what_it_replaces(ask: Ask, kind: str, language: str) -> None:
    texts = render(ask({"infos": EVERY_LANGUAGE})).texts[kind, language]
    for output in outputs(texts):
        assert NUMBERS[language] in output.replace("\u2068", "").replace("\u2069", "")
        assert re.search(r"\b2\b", output), "what it replaces"
        for piece in ("Gemeente Voorbeeldstad", "14:05", "18:00", "16:00"):
            assert piece in output


def test_a_notice_says_what_it_replaces_in_words(ask: Ask) -> None:
    assert "Nr 3, vervangt nr 2" in render(ask()).texts["sms", "nl"].text
    assert "vervangt" not in render(ask(replaces=None)).texts["sms", "nl"].text


def test_a_preview_has_a_dash_for_its_number(ask: Ask) -> None:
    rendered = render(ask(number=None, replaces=None))
    assert "Nr –" in rendered.texts["email", "nl"].text
    assert "Nr -" in rendered.texts["sms", "nl"].text, "a dash would make the text message Unicode"


def test_no_text_says_when_it_was_sent(ask: Ask) -> None:
    sent_at = datetime.fromisoformat("2026-11-23T13:33:00+00:00")
    for texts in render(ask(sent_at=sent_at)).texts.values():
        assert not any("14:33" in output for output in outputs(texts))


def test_times_have_their_date_when_it_is_not_today(ask: Ask) -> None:
    text = render(ask({"expires": "2026-11-24T17:00:00Z"})).texts["sms", "nl"].text
    assert "Geldig tot 24 november 18:00." in text
    assert "Volgend bericht 16:00." in text


def test_today_is_the_day_in_the_zone_of_the_hub(ask: Ask) -> None:
    late = {"as_of": "2026-11-22T23:05:00Z", "expires": "2026-11-23T02:00:00Z", "next_update": "2026-11-23T01:00:00Z"}
    text = render(ask(late, sent_at=datetime.fromisoformat("2026-11-22T23:10:00+00:00"))).texts["sms", "nl"].text
    assert "Situatie van 00:05." in text
    assert "Geldig tot 03:00." in text


@pytest.mark.parametrize("status", ["Exercise", "Test"])
@pytest.mark.parametrize("language", EXERCISE_WORDS)
def test_every_text_that_is_not_real_begins_and_ends_with_its_word(ask: Ask, status: str, language: str) -> None:
    word = EXERCISE_WORDS[language] if status == "Exercise" else "TEST"
    rendered = render(ask({"status": status, "infos": EVERY_LANGUAGE}))
    for kind in KINDS:
        texts = rendered.texts[kind, language]
        assert texts.word == word
        for output in [*outputs(texts), texts.subject or texts.text]:
            assert output.split()[0] == output.split()[-1] == word
    assert "exercise-word-missing" not in codes(rendered)


@pytest.mark.parametrize("language", EXERCISE_WORDS)
def test_the_word_stands_in_every_segment_of_a_text_message(ask: Ask, language: str) -> None:
    long = {**WORDS, "instruction": "Ga naar binnen en sluit ramen en deuren. " * 12}
    texts = render(ask({"status": "Exercise", "infos": {language: long}})).texts["sms", language]
    fitted = gsm.fit(texts.text, texts.word, most_segments=20)
    assert fitted.segments > 3
    assert all(EXERCISE_WORDS[language] in part.split() for part in fitted.parts)


def test_a_real_text_has_no_exercise_word(ask: Ask) -> None:
    for (_, language), texts in render(ask({"infos": EVERY_LANGUAGE})).texts.items():
        assert texts.word is None
        assert not any(EXERCISE_WORDS[language] in output for output in outputs(texts))


def test_a_page_that_forgets_the_word_is_refused(ask: Ask, house: Callable[[dict[str, str]], Templates]) -> None:
    bad = house({"layouts/mail/text.txt": "tekst", "layouts/mail/page.html": "<title>{{ word }}</title><p>tekst</p>"})
    rendered = render(ask({"status": "Exercise"}, kinds=("mail",)), bad)
    assert "exercise-word-missing" in codes(rendered)


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% for a in b %}", "{{ source.__class__ }}", "{# weg #}"])
@pytest.mark.parametrize("slot", ["headline", "description", "impact", "instruction", "short", "contact", "web"])
def test_a_text_of_an_officer_is_never_a_template(ask: Ask, text: str, slot: str) -> None:
    rendered = render(ask({"infos": {"nl": {**WORDS, slot: text}}}))
    shown = [output for texts in rendered.texts.values() for output in outputs(texts)]
    assert any(text in output for output in shown)
    assert not any("49" in output for output in shown)
    assert "template-failed" not in codes(rendered)


def test_a_text_is_never_markup_in_a_page(ask: Ask) -> None:
    attack = '<script>alert(1)</script>"><img src=x>'
    rendered = render(
        ask({"source": attack, "infos": {"nl": {**WORDS, "headline": attack, "web": f"https://{attack}"}}})
    )
    page = rendered.texts["email", "nl"].html or ""
    assert "<script>" not in page
    assert "<img" not in page
    assert attack in rendered.texts["email", "nl"].text


@pytest.mark.parametrize("language", ["nl", "ar"])
def test_a_secure_address_is_a_link_to_that_address_alone(ask: Ask, language: str) -> None:
    infos = {language: {**WORDS, "web": "https://voorbeeldstad.example/stroom"}}
    page = render(ask({"infos": infos})).texts["email", language].html or ""
    assert 'href="https://voorbeeldstad.example/stroom"' in page


@pytest.mark.parametrize("web", ["javascript:alert(1)", "http://voorbeeldstad.example", "data:text/html,x"])
def test_only_a_secure_address_becomes_a_link(ask: Ask, web: str) -> None:
    page = render(ask({"infos": {"nl": {**WORDS, "web": web}}})).texts["email", "nl"].html or ""
    assert re.findall(r'href="([^"]*)"', page) == [Hole.UNSUBSCRIBE.token.decode()]


@pytest.mark.parametrize("status", ["Actual", "Exercise"])
def test_a_mail_says_at_its_foot_how_to_get_no_more_and_nothing_else_does(ask: Ask, status: str) -> None:
    rendered, link = render(ask({"status": status})), Hole.UNSUBSCRIBE.token.decode()
    mail = rendered.texts["email", "nl"]
    assert f"Geen berichten meer ontvangen:\n{link}" in mail.text
    assert f'<a href="{link}">Geen berichten meer ontvangen</a>' in (mail.html or "")
    assert [kind for (kind, _), texts in rendered.texts.items() if link in texts.text] == ["email"]
    assert not any(link in piece for board in rendered.boards.values() for piece in board.values())


def test_a_text_message_goes_from_source_to_number(ask: Ask) -> None:
    text = render(ask()).texts["sms", "nl"].text
    order = ["Gemeente Voorbeeldstad", "Stroomuitval", "Noord", "Blijf thuis", "Geldig tot", "Nr 3"]
    assert [text.index(piece) for piece in order] == sorted(text.index(piece) for piece in order)


def test_a_text_message_takes_the_short_form_when_there_is_one(ask: Ask) -> None:
    text = render(ask({"infos": {"nl": {**WORDS, "short": "Blijf binnen\nen sluit ramen"}}})).texts["sms", "nl"].text
    assert "Blijf binnen en sluit ramen." in text
    assert "Kop" not in text


@pytest.mark.parametrize("part", ["text", "page"])
def test_a_mail_begins_with_what_to_do(ask: Ask, part: str) -> None:
    texts = render(ask()).texts["email", "nl"]
    first = texts.text.split("\n")[0] if part == "text" else visible(texts.html or "")[0]
    assert first == "Blijf thuis."


def test_a_mail_subject_is_one_line(ask: Ask) -> None:
    subject = render(ask()).texts["email", "nl"].subject
    assert subject == "Stroomuitval in Noord - Gemeente Voorbeeldstad, Nr 3"


def test_a_mail_brings_nothing_in_from_elsewhere(ask: Ask) -> None:
    page = render(ask()).texts["email", "nl"].html or ""
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import|src=", page)


def test_a_page_says_its_language_and_direction(ask: Ask) -> None:
    rendered = render(ask({"infos": EVERY_LANGUAGE}))
    assert '<html lang="ar" dir="rtl">' in (rendered.texts["email", "ar"].html or "")
    assert '<html lang="nl" dir="ltr">' in (rendered.texts["email", "nl"].html or "")


def test_a_latin_name_does_not_turn_an_arabic_message_around(ask: Ask) -> None:
    text = render(ask({"infos": EVERY_LANGUAGE})).texts["sms", "ar"].text
    assert text.startswith("\u2068Gemeente Voorbeeldstad\u2069")


def test_digits_are_0_to_9_and_the_change_is_told(ask: Ask) -> None:
    rendered = render(ask({"infos": {"ar": {**WORDS, "instruction": "اتصل ١١٢"}}}))
    assert "اتصل 112" in rendered.texts["sms", "ar"].text
    assert "digits:ar" in codes(rendered)


def test_a_board_gets_its_text_in_named_pieces(ask: Ask) -> None:
    board = render(ask({"infos": EVERY_LANGUAGE})).boards["nl"]
    assert board["numbered"] == "Nr 3, vervangt nr 2"
    assert board["instruction"] == "Blijf binnen."
    assert board["label_what_to_do"] == "Wat u moet doen"
    assert (board["until"], board["direction"], board["word"]) == ("Geldig tot 18:00", "ltr", "")


def test_everything_that_is_wrong_is_found_at_once(ask: Ask) -> None:
    broken = {
        "status": "Exercise",
        "source": None,
        "expires": "2026-11-22T00:00:00Z",
        "infos": {"en": {"headline": "This is not a drill"}},
    }
    found = set(codes(render(ask(broken, kinds=("sms", "pigeon")))))
    assert {"slot-missing", "expired", "language-missing:nl", "not-a-drill", "layout-missing"} <= found


def test_a_preview_shows_where_a_text_is_still_missing(ask: Ask) -> None:
    text = render(ask({"expires": None, "infos": {"nl": {"headline": "Kop"}}})).texts["sms", "nl"].text
    assert "Kop. [...]" in text
    assert "Geldig tot [...]" in text


def test_a_kind_without_a_layout_is_refused_by_name(ask: Ask) -> None:
    rendered = render(ask(kinds=("sms", "pigeon")))
    (finding,) = rendered.findings
    assert (finding.code, finding.kind) == ("layout-missing", FindingKind.BLOCKING)
    assert "'pigeon'" in finding.message
    assert [kind for kind, _ in rendered.texts] == ["sms"]


@pytest.mark.parametrize("kind", ["..", "../scenarios", "sms/../email", "..-", "sms."])
def test_a_kind_is_no_path(ask: Ask, kind: str) -> None:
    rendered = render(ask(kinds=(kind,)))
    assert (rendered.texts, codes(rendered)) == ({}, ["layout-missing"])


def test_one_bad_layout_costs_only_its_own_kind(ask: Ask, house: Callable[[dict[str, str]], Templates]) -> None:
    bad = house({"layouts/good/text.txt": "{{ headline }}", "layouts/bad/text.txt": "{{ nobody }}"})
    rendered = render(ask(kinds=("bad", "good")), bad)
    assert [kind for kind, _ in rendered.texts] == ["good"]
    (finding,) = rendered.findings
    assert finding.code == "template-failed"
    assert "layouts/bad/text.txt (nl)" in finding.message
    assert "nobody" in finding.message


def test_a_language_without_fixed_words_is_told(ask: Ask) -> None:
    rendered = render(ask({"infos": {"nl": WORDS, "nl-easy": WORDS, "so": WORDS}}))
    assert codes(rendered) == ["words-missing:so"]
    assert "Geldig tot 18:00" in rendered.texts["sms", "nl-easy"].text
    assert "Valid until 18:00" in rendered.texts["sms", "so"].text


def test_a_scenario_fills_what_the_officer_left_open(ask_scenario: Ask) -> None:
    open_slots = dict.fromkeys(("event", "category", "severity", "urgency", "certainty"))
    assert {code.partition(":")[0] for code in codes(render(ask_scenario(open_slots)))} == {"text-unread"}


def test_a_scenario_that_is_not_there_is_refused(ask_scenario: Ask) -> None:
    assert "scenario-unknown" in codes(render(ask_scenario({"scenario": "zeppelin"})))


def test_a_broken_scenario_is_refused_and_named(
    ask_scenario: Ask, house: Callable[[dict[str, str]], Templates]
) -> None:
    bad = house({"scenarios/power-outage/scenario.toml": "title = ["})
    found = [finding.message for finding in render(ask_scenario(), bad).findings if finding.code == "template-failed"]
    assert len(found) == 1
    assert "scenarios/power-outage" in found[0]


def test_the_same_request_gives_the_same_bytes(ask_scenario: Ask) -> None:
    assert render(ask_scenario()).as_line() == render(ask_scenario()).as_line()


@pytest.mark.parametrize("draft", [{}, {"status": "Test"}, {"infos": {"ar": {"headline": "عنوان"}}}])
def test_request_and_answer_survive_the_pipe(ask: Ask, draft: dict[str, Any]) -> None:
    request = ask(draft)
    rendered = render(request)
    assert "\n" not in request.as_line() + rendered.as_line()
    assert RenderRequest.from_line(request.as_line()) == request
    assert Rendered.from_line(rendered.as_line()) == rendered


def test_the_hubs_languages_come_first_in_its_order(ask: Ask) -> None:
    infos = dict.fromkeys(("ar", "de", "en", "nl"), WORDS)
    assert list(render(ask({"infos": infos}, languages=("nl", "en"))).infos) == ["nl", "en", "ar", "de"]
