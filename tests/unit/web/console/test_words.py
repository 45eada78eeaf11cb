"""The words of the console: complete in both languages, and each of them in use."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from broadcaster.channel import FailureKind
from broadcaster.model.alert import Stage
from broadcaster.model.cap import Category, Certainty, Severity, Status, Urgency
from broadcaster.model.delivery import AGAIN
from broadcaster.model.draft import Info
from broadcaster.model.finding import FindingKind
from broadcaster.model.mandate import Standing
from broadcaster.model.reminding import Loudness, Sent
from broadcaster.model.task import Act
from broadcaster.render.readability import SCALE
from broadcaster.store.deliveries import NOT_APPROVED
from broadcaster.web.console import form, lists, progress
from broadcaster.web.console.words import LANGUAGES, Words, catalogue

_ROOT = Path(__file__).parents[4]
_SOURCES = [
    *(_ROOT / "templates" / "console").glob("*.html"),
    *(_ROOT / "broadcaster" / "web" / "console").glob("*.py"),
    *(_ROOT / "broadcaster" / "web").glob("signing_in*.py"),
]
_TEXT = "\n".join(path.read_text(encoding="utf-8") for path in _SOURCES)
_BY_VALUE = set(re.findall(r"""\.of\(\s*["']([a-z_]+)["']""", _TEXT)) | {
    "field",
    "slot",
    "act_earlier",
    "category",
    "urgency",
    "certainty",
}
"""Groups whose words are asked for by a value, not by a name in the source."""
_VALUES = {
    "mode": list(Status),
    "mode_what": list(Status),
    "release": ["waiting", "held"],
    "sure": list(Status),
    "play": [Status.EXERCISE, Status.TEST],
    "stage": [*lists.STAGES, Stage.DRAFT],
    "severity": list(Severity),
    "urgency": list(Urgency),
    "certainty": list(Certainty),
    "category": list(Category),
    "finding": list(FindingKind),
    "reason": [*FailureKind, NOT_APPROVED, "not-reached"],
    "act": [Act.REPLACE, Act.REMOVE],
    "act_earlier": [Act.REPLACE, Act.REMOVE],
    "act_done": list(Act),
    "group": list(progress.GROUPS),
    "wait": list(Loudness),
    "mandate_standing": list(Standing),
    "reminded": [state for state in Sent if state is not Sent.DROPPED],
    "missing": list(progress.MISSING),
    "slot": list(Info.model_fields),
    "readability_word": [word for _, word in SCALE],
    "field": [*form.LINES, *form.MOMENTS, "release_at"],
}
_KEYS = [f"{group}.{name}" for group, words in catalogue().items() for name in words]


def test_every_word_is_there_in_both_languages_with_the_same_values_to_fill_in():
    for group, words in catalogue().items():
        for name, texts in words.items():
            assert set(texts) == set(LANGUAGES), (group, name)
            assert all(text.strip() for text in texts.values()), (group, name)
            filled = [set(re.findall(r"\{(\w+)\}", text)) for text in texts.values()]
            assert filled[0] == filled[1], (group, name)


def test_every_key_that_a_page_names_exists():
    named = set(re.findall(r"""\b(?:t|words)(?:\.counted)?\(\s*["']([a-z_]+\.[a-z_]+)["']""", _TEXT))
    assert len(named) > 100
    assert {name for name in named if not name.endswith((".", "_"))} <= set(_KEYS)


@pytest.mark.parametrize("key", [key for key in _KEYS if key.partition(".")[0] not in _BY_VALUE])
def test_every_word_is_in_use(key):
    assert key.removesuffix("_one") in _TEXT


@pytest.mark.parametrize("group", _VALUES)
def test_every_value_of_a_closed_set_has_a_word(group):
    assert {str(value) for value in _VALUES[group]} <= catalogue()[group].keys()
    assert set(map(progress.State, catalogue()["missing"])) >= AGAIN


def test_every_event_about_an_alert_has_words():
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (_ROOT / "broadcaster").rglob("*.py"))
    kinds = set(re.findall(r"""Event\(\s*"([A-Z][A-Za-z]+)""", sources))
    told = {kind for kind in kinds if kind.startswith(("Alert", "Draft", "Deliveries", "Release", "Task"))}
    assert told - {"DraftRevised"} <= catalogue()["event"].keys()


def test_one_thing_has_its_own_words_and_thousands_stand_apart():
    dutch, english = Words("nl"), Words("en")
    assert dutch.counted("approve.send", 1) == "Verstuur ECHT naar 1 adres"
    assert dutch.counted("approve.send", 12418) == "Verstuur ECHT naar 12.418 adressen"
    assert english.counted("approve.send", 12418) == "Send LIVE to 12,418 addresses"
    assert Words("xx").language == "nl"


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_exercise_and_test_are_started_with_other_words(language):
    said = Words(language)
    buttons = [said("approve.send", count=8), said.of("play", "Exercise"), said.of("play", "Test")]
    small = {"naar", "the", "it", "to"}
    for one, other in combinations(buttons, 2):
        assert set(one.lower().split()) & set(other.lower().split()) <= small


@pytest.mark.parametrize(
    ("language", "said", "shown"),
    [
        ("nl", "De tekst in 'ar' is niet nagelezen: laat dat doen, of aanvaard dit.", "De tekst in het Arabisch is"),
        (
            "nl",
            "De tekst in 'nl-easy' is niet nagelezen: laat dat doen, of aanvaard dit.",
            "in eenvoudig Nederlands is",
        ),
        (
            "en",
            "De tekst in 'ar' is niet nagelezen: laat dat doen, of aanvaard dit.",
            "Nobody read the text in Arabic yet",
        ),
        ("nl", "Vul in: de gevolgen (pl).", "Vul in: de gevolgen (Pools)."),
        ("en", "Vul in: de gevolgen (pl).", "Fill in: what people notice (Polish)."),
        ("nl", "Dit scenario heeft geen veld 'xx' (zz).", "geen veld 'xx' (zz)."),
    ],
)
def test_an_officer_reads_the_name_of_a_language_and_not_its_code(language: str, said: str, shown: str) -> None:
    assert shown in Words(language).say(said)
