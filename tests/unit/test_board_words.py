"""What a display says of itself is there in every language that a message can be in."""

import re
import tomllib

from broadcaster import data
from broadcaster.boards.refusals import Refusal
from broadcaster.render.languages import base
from broadcaster.web.display import STOPS, WORDS

LAYOUTS = tomllib.loads((data.find("templates") / "layouts/words.toml").read_text(encoding="utf-8"))


def holes(phrase: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", phrase))


def test_every_language_of_messages_has_every_phrase_with_the_same_holes() -> None:
    assert {language for language in WORDS if language == base(language)} == LAYOUTS.keys()
    for language, words in WORDS.items():
        assert words.keys() == WORDS["nl"].keys(), language
        for name, phrase in words.items():
            assert holes(phrase) == holes(WORDS["nl"][name]), (language, name)


def test_every_stop_has_a_heading_and_a_remedy_and_its_reason_exists() -> None:
    known = {reason.value for reason in Refusal} | {"no-token", "code", "admission", "refused"}
    assert STOPS.keys() <= known
    assert all(len(stop) == 2 and all(stop) for stop in STOPS.values())
