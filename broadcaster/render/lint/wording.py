"""Whether the texts of a scenario are in the letters and the words of their language."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from broadcaster.render.languages import base
from broadcaster.render.lint.complaint import Complaint
from broadcaster.render.lint.meaning import reference, said
from broadcaster.render.readability import difficult_words
from broadcaster.render.scenarios import Scenario

ALPHABETS = {
    "nl": "abcdefghijklmnopqrstuvwxyzéëïó",
    "en": "abcdefghijklmnopqrstuvwxyz",
    "de": "abcdefghijklmnopqrstuvwxyzäöüß",
    "fr": "abcdefghijklmnopqrstuvwxyzàâçèéêîïôùû",
    "pl": "abcdefghijklmnopqrstuvwxyząćęłńóśźż",
    "tr": "abcdefghijklmnopqrstuvwxyzâçğıöşü",
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
_LOAN = re.compile(r"noodsteunpunt|stempas|PIN")
"""Words that stay as they are in every language: on the sign at the door, on the card to vote with, on a bank card."""
_HOLE = re.compile(r"\{[{%].*?[%}]\}")
_TOUCHING = re.compile(r"[^\W_]\{\{|ـ\{\{|['’]\{\{|\}\}[^\W_]|\}\}['’-]")
_NUMBER = re.compile(r"[0-9](?:[0-9-]*[0-9])?")
_ADDRESS = re.compile(r"://|www\.|@|\w\.(?:nl|eu|com|org)\b")
_INFORMAL = re.compile(r"\b(?:je|jij|jou|jouw|jullie)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\b(?:als|doordat|hoewel|indien|nadat|omdat|terwijl|tenzij|totdat|voordat|waardoor|waarin|wanneer|zodat|zodra)\b",
    re.IGNORECASE,
)
"""What begins a clause inside a sentence. Not "dat" and "die": those also begin a sentence of their own."""
EMERGENCY = "112"
"""The European emergency number, which every text may hold."""


def wording(scenario: Scenario) -> Iterator[Complaint]:
    """What is wrong with the letters and words of each language."""
    first = said(scenario.texts[reference(scenario)])
    for language, own in scenario.texts.items():
        file = f"{scenario.name}/{language}.toml"
        for where, text in said(own).items():
            for message, remedy, grave in _faults(scenario, language, text):
                yield Complaint(file, where, message, remedy, grave=grave)
            foreign = base(language) != base(reference(scenario))
            if foreign and text == first.get(where) and not text.startswith("{{"):
                yield Complaint(file, where, "was left untranslated", "translate it", grave=False)


def _faults(scenario: Scenario, language: str, text: str) -> Iterator[tuple[str, str, bool]]:
    """Message, remedy, and whether it is grave."""
    yield from _letters(language, text)
    yield from _numbers(scenario, text)
    if _TOUCHING.search(text):
        yield "has a letter against a field", "put a space between: nobody knows what will be filled in", False
    if base(language) == "nl":
        yield from _dutch(language, text)


def _letters(language: str, text: str) -> Iterator[tuple[str, str, bool]]:
    if any(unicodedata.category(char) == "Cf" for char in text):
        yield "holds an invisible mark", "take it out: the program sets the marks for reading direction itself", True
    if any(char.isdecimal() and not char.isascii() for char in text):
        yield "holds digits of another script", "write them as 0-9", True
    alphabet = ALPHABETS.get(base(language))
    if alphabet is None:
        return
    words = _LOAN.sub("", _HOLE.sub("", text)).replace("İ", "i").lower()
    letters = [char for char in words if char.isalpha()]
    own = unicodedata.name(alphabet[-1]).partition(" ")[0]
    scripts = Counter(unicodedata.name(char, "?").partition(" ")[0] for char in letters)
    if scripts and scripts[own] * 2 < sum(scripts.values()):
        yield f"is not in the script of '{language}'", "write it in that language", True
    elif strange := sorted(set(letters) - set(alphabet)):
        yield f"has letters that '{language}' does not have ({''.join(strange)})", "replace them", False


def _numbers(scenario: Scenario, text: str) -> Iterator[tuple[str, str, bool]]:
    """A number in an alert is called by everybody: on 24 June 2019 it was that of a newspaper."""
    for number in sorted(set(_NUMBER.findall(_HOLE.sub("", text))) - {EMERGENCY, *scenario.numbers}):
        yield f"holds the number {number}", "make it a field, or name it in numbers with where it comes from", True
    if _ADDRESS.search(text):
        yield "holds a web or mail address", "make it a field of kind url", True


def _dutch(language: str, text: str) -> Iterator[tuple[str, str, bool]]:
    if found := _INFORMAL.search(text):
        yield f"says '{found[0]}'", "say 'u'", False
    for word, plain in difficult_words(_HOLE.sub(" ", text)):
        yield f"has the difficult word '{word}'", f"say '{plain}'", False
    if language == "nl-easy" and (found := _CLAUSE.search(_HOLE.sub(" ", text))):
        yield f"has a clause with '{found[0]}'", "make it two sentences", False
