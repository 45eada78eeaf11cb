"""What a host tells, in words and ticks, becomes a report; and what the page tells back."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from broadcaster import data
from broadcaster.ids import new_id
from broadcaster.model.board import Mode, Notice
from broadcaster.model.report import Crowd, Opening, Report, Service, Showing, Subject
from broadcaster.relay.host import answers, standing
from broadcaster.relay.host.answers import CHECKLIST, Form, Wrong
from broadcaster.relay.host.emergency import silent_112
from broadcaster.relay.host.notebook import Notebook
from broadcaster.relay.host.words import LANGUAGES, Times, Words, catalogue
from broadcaster.relay.local import LocalLine, LocalLines
from tests.counters import SILENT, TEXTS
from tests.mint import make_notice

NOW = datetime(2026, 11, 24, 2, 20, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")


def form(**fields: str | list[str]) -> Form:
    return Form({name: value if isinstance(value, list) else [value] for name, value in fields.items()})


def report(minutes: int = 0, **said: object) -> Report:
    at = NOW + timedelta(minutes=minutes)
    return Report.model_validate({"id": new_id(at), "point": "noord", "mode": "live", "at": at, **said})


def notice(text: str, **changes: object) -> Notice:
    return make_notice(4, languages={"nl": {"headline": text, "instruction": "Doe iets."}}, **changes)


def test_an_opening_says_what_the_point_offers() -> None:
    sent = form(services=["water", "heat", "caviar"], staff="4", crowd="busy", ticks=["light", "moon"])
    assert answers.opening(sent, is_open=True) == Opening(
        open=True, staff=4, services=(Service.WATER, Service.HEAT), crowd=Crowd.BUSY
    )
    assert answers.ticks(sent) == ["light"]
    assert answers.opening(sent, is_open=False) == Opening(open=False)


@pytest.mark.parametrize("staff", ["-1", "1000", "twee", "1.5", "٣"])
def test_a_number_of_helpers_that_is_none_is_said_to_be_none(staff: str) -> None:
    with pytest.raises(Wrong) as wrong:
        answers.opening(form(staff=staff), is_open=True)
    assert wrong.value.faults == {"staff": "opening.staff_wrong"}


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(Wrong) as wrong:
        answers.heard(form(line="x" * 281))
    assert set(wrong.value.faults) == {"kind", "subject", "line"}


def test_a_line_is_one_line_whatever_was_pasted() -> None:
    told = answers.heard(form(kind="rumour", subject="water", line="  Het water\r\nis\x00 giftig\u202e  "))
    assert told.rumour
    assert told.subject is Subject.WATER
    assert told.line == "Het water is  giftig"


@pytest.mark.parametrize(
    "text",
    [
        *("Bel 06-12345678 voor soep", "Bel 06 1 2 3 4 5 6 7 8", "Vragen? 030 286 00 00", "tel +31 6 12345678"),
        *(
            "Kijk op soep.nl",
            "https://example.org",
            "www . soep . nl",
            "mail jan@example.org",
            "Bel 112 niet",
            "Bel 14 030",
        ),
    ],
)
def test_a_line_on_the_screen_names_nothing_to_call_open_or_write_to(text: str) -> None:
    with pytest.raises(Wrong) as wrong:
        answers.local_line(form(text=text))
    assert wrong.value.faults == {"text": "line.contact"}
    assert wrong.value.values["found"]


@pytest.mark.parametrize(
    "text", ["Soep om 18:00, in zaal 2", "Er zijn 40 bedden", "Open tot 22.00 uur", "De kraan is stuk"]
)
def test_a_line_on_the_screen_may_say_when_where_and_how_many(text: str) -> None:
    assert answers.local_line(form(text=text)) == text


def test_paper_that_was_not_taken_down_still_hangs() -> None:
    assert answers.paper(form(hangs=["3", "9"], gone=["2"]), [3, 5], [1, 2]) == Showing(paper=(1, 3))


def test_what_hung_and_what_is_replaced_is_to_be_taken_down() -> None:
    notices = standing.Notices((make_notice(3, replaces=2), make_notice(5)), held=True)
    assert standing.to_take_down(notices, [1, 3]) == [1, 2]


def test_a_point_is_open_since_it_opened_and_with_what_it_told_last() -> None:
    told = [
        report(30, opening={"open": True, "staff": 4}),
        report(20, heard={"rumour": False, "subject": "water"}),
        report(10, opening={"open": True}),
        report(0, opening={"open": False}),
    ]
    opening = standing.last_opening(told)
    assert opening is not None
    assert (opening[0].staff, opening[1]) == (4, NOW + timedelta(minutes=10))
    assert standing.last_opening([]) is None


def test_a_notice_that_says_that_112_is_down_is_believed() -> None:
    found = silent_112([make_notice(3, languages=TEXTS), make_notice(4, languages=SILENT)])
    assert found is not None
    assert found.number == 4
    for text in (
        "112 doet het niet",
        "Daardoor is ook 112 niet bereikbaar",
        "112 ligt eruit",
        "You cannot reach it: 112 is down",
    ):
        assert silent_112([notice(text)]) is not None, text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Bel 112 alleen als iemand in gevaar is",
            "Bel hierover niet met 112",
            "112 is weer bereikbaar",
            "112 werkt nog",
        ),
        *("De winkel is niet bereikbaar. Bel 112", "112 was een uur niet bereikbaar"),
    ],
)
def test_what_only_mentions_112_does_not_silence_it(text: str) -> None:
    assert silent_112([notice(text)]) is None


def test_an_exercise_never_silences_112() -> None:
    assert silent_112([notice("112 is niet bereikbaar", status="Exercise")]) is None


def test_of_our_own_scenarios_the_one_about_telephones_silences_112_and_no_other_does() -> None:
    golden = Path(__file__).parents[3] / "golden"
    texts = {file.stem: file.read_text("utf-8") for file in golden.glob("*.txt")}
    assert len(texts) > 20
    assert {name for name, text in texts.items() if silent_112([notice(text)])} == {"telephone-outage"}


def test_the_notebook_comes_back_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "host.json"
    book = Notebook(file)
    told = [report(n, heard={"rumour": True, "subject": "water", "line": f"{n}"}) for n in range(3)]
    for each in told:
        book.add(each)
    book.tick(["light"])
    again = Notebook(file)
    assert again.told(Mode.LIVE) == told[::-1]
    assert again.told(Mode.EXERCISE) == []
    assert again.ticks == ("light",)


def test_a_damaged_notebook_is_put_aside_and_the_host_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "host.json"
    file.write_text('{"told": [{')
    assert Notebook(file).told(Mode.LIVE) == []
    assert (tmp_path / "host.json.damaged").exists()


def test_a_line_goes_by_itself_and_is_not_shown_by_a_clock_that_fell_back(tmp_path: Path) -> None:
    lines, screens = LocalLines(tmp_path / "local"), ("noord", Mode.EXERCISE)
    lines.put(screens, LocalLine(text="Soep", at=NOW, until=NOW + timedelta(hours=2)))
    assert lines.of(("noord", Mode.LIVE), NOW) is None
    assert lines.of(screens, NOW + timedelta(minutes=119)) is not None
    assert lines.of(screens, NOW + timedelta(hours=2)) is None
    assert lines.of(screens, datetime(1970, 1, 1, tzinfo=UTC)) is None


def test_with_a_clock_that_nobody_trusts_no_age_is_said() -> None:
    times = Times(Words("nl"), ZONE, NOW, known=False)
    assert times.passed(NOW) == "hoe lang geleden is onbekend"
    known = Times(Words("nl"), ZONE, NOW, known=True)
    assert [known.passed(NOW - timedelta(minutes=n)) for n in (0, 1, 90, 3000)] == [
        *("zojuist", "1 minuut geleden", "1 uur geleden", "2 dagen geleden")
    ]
    assert known.said(NOW - timedelta(days=1)) == "ma 23-11 03:20"


def test_every_word_has_both_languages_with_the_same_holes() -> None:
    for group, words in catalogue().items():
        for name, said in words.items():
            assert set(said) == set(LANGUAGES), (group, name)
            assert {*re.findall(r"{\w+}", said["nl"])} == {*re.findall(r"{\w+}", said["en"])}, (group, name)


def test_every_value_that_a_host_can_choose_has_a_word() -> None:
    words = Words("nl")
    for group, values in (("service", Service), ("crowd", Crowd), ("subject", Subject), ("check", CHECKLIST)):
        assert all(words(f"{group}.{value}") for value in values)


def test_no_word_stands_in_the_catalogue_for_nothing() -> None:
    used = "".join(file.read_text() for file in (data.find("templates") / "host").glob("*.html"))
    used += "".join(file.read_text() for file in (Path(answers.__file__).parent).glob("*.py"))
    whole = {"service", "crowd", "subject", "check"}
    names = [f"{group}.{name}" for group, words in catalogue().items() if group not in whole for name in words]
    asked = [name.removesuffix("_one") for name in names]
    stems = set(re.findall(r'"(\w+\.)"? ~', used)) | {"time.", "page.told", "heard."}
    unused = [n for n in asked if n not in used and not any(n.startswith(stem) for stem in stems)]
    assert unused == []
