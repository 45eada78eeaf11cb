"""Each sentence that the hub says to an officer in Dutch has its English."""

import re

import pytest

from broadcaster.model.draft import _WHAT
from broadcaster.render import scenarios
from broadcaster.render.fields import _FORMS
from broadcaster.web.console.sentences import catalogue, in_english
from broadcaster.web.console.words import Words
from broadcaster.web.problems import KINDS
from broadcaster.workflow.refusals import _DUTCH
from broadcaster.workflow.resending import _WHY_NOT
from tests.unit.web.console.said import sentences

_SHAPES = {re.sub(r"\{\w*\}", "{}", dutch) for dutch in catalogue()}
_SCENARIOS = [scenarios.load(name) for name in scenarios.names()]
_TABLES = {
    "slots": _WHAT.values(),
    "forms": [reason for _, reason in _FORMS.values()],
    "faults": _DUTCH.values(),
    "resending": _WHY_NOT.values(),
    "problems": [kind.title for kind in KINDS.values()],
    "scenarios": [each.title for each in _SCENARIOS],
    "labels": [rule.label for each in _SCENARIOS for rule in each.fields.values()],
}


def test_everything_that_findings_faults_and_refusals_say_has_english():
    said = {re.sub(r"\{\w*\}", "{}", sentence) for sentence in sentences()}
    assert len(said) > 120
    assert said - {"Vul in: {}{}."} - _SHAPES == set()


@pytest.mark.parametrize("name", _TABLES)
def test_what_stands_in_a_table_has_english(name):
    shapes = {re.sub(r"\{\w*\}", "{}", dutch).removeprefix("Value error, ") for dutch in _TABLES[name]}
    assert shapes - {"kies een van: {}"} - _SHAPES == set()


def test_both_sides_fill_in_the_same_values():
    for dutch, english in catalogue().items():
        assert sorted(re.findall(r"\{(\w+)\}", dutch)) == sorted(re.findall(r"\{(\w+)\}", english)), dutch
        assert english.strip(), dutch


@pytest.mark.parametrize(("dutch", "english"), [
    ("Vul in: de kop.", "Fill in: the headline."),
    ("Vul in: Sinds hoe laat.", "Fill in: Since what time."),
    ("Sinds hoe laat: dit moet een tijd zijn, zoals 13:40 of 2026-11-24T13:40:00+01:00.",
     "Since what time: this must be a time, such as 13:40 or 2026-11-24T13:40:00+01:00."),
    ("Hoeveel huizen ongeveer: dit moet tussen 1 en 2000000 liggen.",
     "About how many homes: this must be from 1 to 2000000."),
    ("De feiten zijn ouder dan 60 minuten. Controleer: Sinds hoe laat, "
     "Hoe laat de stroom terug is, volgens de netbeheerder, Mobiel bellen en internet.",
     "The facts are older than 60 minutes. Check: Since what time, "
     "When the power is back, according to the grid operator, Mobile calls and internet."),
    ("In de sms vervangen: ‘ł’ door ‘l’, U+0009 door een spatie, ‘ż’ door niets.",
     "Replaced in the SMS: ‘ł’ by ‘l’, U+0009 by a space, ‘ż’ by nothing."),
    ("Het teken ‘ß’ past niet in een gewone sms. Een sms-deel telt dan 70 tekens in plaats van 160. "
     "Kies als het kan een ander woord.",
     "The character ‘ß’ does not fit in a plain SMS. A segment then has 70 characters instead of 160. "
     "Choose another word if you can."),
    ("De sms is 12 tekens te lang: er mogen 2 delen zijn en het zijn er 3. Maak de tekst korter.",
     "The SMS is 12 characters too long: it may have 2 segments and has 3. Make the text shorter."),
    ("Deze melding bestaat niet.", "This alert does not exist."),
    ("Hiervoor is de rol author of approver nodig.", "This needs the role author or approver."),
    ("Deze melding verstuurt niets meer: dit bericht is aangekomen.",
     "This alert sends nothing any more: this message has arrived."),
    ("Het gebied '{x} <b>\n{}' bestaat niet meer: kies een ander.",
     "The area '{x} <b>\n{}' no longer exists: choose another."),
    ("Deze zin kent niemand.", "Deze zin kent niemand."),
    ("", ""),
])  # fmt: skip
def test_values_are_said_in_english_too(dutch, english):
    assert in_english(dutch) == english
    assert Words("en").say(dutch) == english
    assert Words("nl").say(dutch) == dutch
