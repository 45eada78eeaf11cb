"""How hard a Dutch text is to read, by counting: syllables, words, sentences, and words that few people use.

The measure is Flesch-Douma: 206.84 - 0.77 x syllables per 100 words - 0.93 x words per sentence (W.H. Douma, De
leesbaarheid van landbouwbladen, Wageningen 1960; the formula and its scale in Onze Taal 1977, dbnl.org). It counts and
does not understand: a high score is no proof that people understand a text, and never says that it is B1.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from broadcaster.render.languages import base

MEASURED = "nl"
"""The language that the measure is for."""
LONG = 14
"""Letters from which a word is marked as long."""
_VOWELS = re.compile(
    r"aai|ooi|oei|eeu|ieu|ëe|aa|ee|oo|uu|ie|oe|eu|ui|ei|ij|au|ou|[aeiouyàáâèéêëíïóôöúü]", re.IGNORECASE
)
"""What makes a syllable: Dutch writes many sounds with two or three letters; a dotted one begins its own."""
_WORD = re.compile(r"[^\W_]+(?:['’:.,/-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?:]\s|\n")
SCALE = (
    (90, "zeer gemakkelijk"),
    (80, "gemakkelijk"),
    (70, "tamelijk gemakkelijk"),
    (60, "normaal"),
    (45, "tamelijk moeilijk"),
    (30, "moeilijk"),
    (0, "zeer moeilijk"),
)
"""Douma's words for a score, from the easy end."""
DIFFICULT = {
    r"accommodaties?": "plek",
    r"alsmede": "en",
    r"alsnog": "toch",
    r"assistentie": "hulp",
    r"autoriteiten": "gemeente of politie",
    r"betreffende": "over",
    r"calamiteit(?:en)?": "ramp of ongeluk",
    r"capaciteit": "plaats",
    r"conform": "volgens",
    r"consumptie|consumeren": "eten en drinken",
    r"contamin\w+": "vuil",
    r"coördin\w+": "regelen",
    r"cruciaal|cruciale|essentieel|essentiële": "heel belangrijk",
    r"derhalve": "daarom",
    r"dienen|dient|diende": "moeten",
    r"emissies?": "stoffen in de lucht",
    r"escal\w+": "erger worden",
    r"evacu\w+|geëvacueerd\w*": "weggaan, het gebied verlaten",
    r"facili\w+": "helpen",
    r"gedupeerden?|getroffenen": "mensen met schade",
    r"gelieve": "wilt u",
    r"handelingsperspectief": "wat u kunt doen",
    r"hulpdiensten": "brandweer, politie en ambulance",
    r"incident(?:en)?": "gebeurtenis",
    r"indien": "als",
    r"in verband met": "door",
    r"maatregelen": "wat wij doen",
    r"met betrekking tot|omtrent": "over",
    r"middels": "met",
    r"momenteel": "nu",
    r"monitor\w+": "volgen",
    r"nader(?:e)? (?:bericht|informatie)": "meer nieuws",
    r"onverwijld|per direct": "meteen",
    r"opgeschaald|opschal\w+": "meer hulp komt",
    r"preventief|preventieve": "voor de zekerheid",
    r"prioriteit(?:en)?": "wat eerst moet",
    r"registr\w+|geregistreerd": "opschrijven",
    r"stagn\w+": "vastlopen",
    r"teneinde": "om",
    r"ten gevolge van": "door",
    r"ter plaatse": "daar",
    r"verstoring(?:en)?": "storing",
    r"verzoek(?:t|en)|verzocht": "vragen",
    r"vooralsnog": "nu nog",
}
"""Words of officials, as patterns, with what people say."""


@dataclass(frozen=True, slots=True)
class Readability:
    """What was counted. score: 0 to 100, higher is easier; label: Douma's word for it. longest_sentence: in words.
    long_words, difficult: those to look at, the latter with a plain word for each."""

    score: int
    label: str
    words_per_sentence: float
    longest_sentence: int
    long_words: tuple[str, ...]
    difficult: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "score": self.score,
            "label": self.label,
            "words_per_sentence": self.words_per_sentence,
            "longest_sentence": self.longest_sentence,
            "long_words": list(self.long_words),
            "difficult": [{"word": word, "plain": plain} for word, plain in self.difficult],
        }


def readability(texts: Mapping[str, str], language: str) -> Readability | None:
    """How readable the texts of one language are together, by slot; None in a language that is not measured, and
    where there is no word yet."""
    if base(language) != MEASURED:
        return None
    whole = "\n".join(text for slot, text in texts.items() if slot not in ("contact", "web"))
    each = [count for sentence in sentences(whole) if (count := len(_WORD.findall(sentence)))]
    words = _WORD.findall(whole)
    if not words:
        return None
    score = _score(words, len(each))
    label = next(word for least, word in SCALE if score >= least)
    long_words = tuple(dict.fromkeys(word for word in words if len(word) >= LONG))
    average = round(len(words) / len(each), 1)
    return Readability(score, label, average, max(each), long_words, tuple(difficult_words(whole)))


def _score(words: list[str], sentence_count: int) -> int:
    syllables_per_100 = 100 * sum(map(syllables, words)) / len(words)
    exact = 206.84 - 0.77 * syllables_per_100 - 0.93 * len(words) / sentence_count
    return min(100, max(0, round(exact)))


def syllables(word: str) -> int:
    """The syllables of a Dutch word; one for what has no vowel, such as a number."""
    return max(1, len(_VOWELS.findall(word)))


def sentences(text: str) -> list[str]:
    """The sentences of a text; a line and what stands before a colon are one too."""
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def difficult_words(text: str) -> Iterator[tuple[str, str]]:
    """The words in a Dutch text that few people use, each once, with a plain one."""
    seen = set()
    for found in _difficult().finditer(text):
        word = found[0].lower()
        if word not in seen:
            seen.add(word)
            yield word, next(plain for pattern, plain in DIFFICULT.items() if re.fullmatch(pattern, word))


@cache
def _difficult() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(DIFFICULT)})\b", re.IGNORECASE)
