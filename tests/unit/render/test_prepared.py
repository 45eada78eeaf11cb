"""Texts that people place by hand."""

import random
from typing import get_args

import pytest

from broadcaster.model.cap import MsgType
from broadcaster.render.desk.prepared import MOST_IN_POST, MOST_LOUD_WORDS, PREPARED, loudspeaker, social
from broadcaster.settings.manual import TextName
from tests.bulletins import bulletin, content

OWN = ("web", "social", "loudspeaker", "questions", "courier", "sign")


def test_every_text_that_the_configuration_may_name_can_be_made():
    assert set(get_args(TextName)) == set(PREPARED)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(("status", "word"), [("Exercise", "OEFENING"), ("Test", "TEST")])
def test_what_is_not_real_begins_and_ends_with_its_word(name, status, word):
    text = PREPARED[name](bulletin(content(status=status)))
    pieces = text.strip().split("\n---\n") if name == "web" else [text]
    first = pieces[0].strip()
    assert word in first.splitlines()[0 if name != "loudspeaker" else 1]
    assert word in first.splitlines()[-1] or name == "loudspeaker"
    assert word not in PREPARED[name](bulletin())


@pytest.mark.parametrize("name", ["web", "social", "questions", "courier", "sign"])
def test_each_carries_its_number_and_what_it_replaces(name):
    assert "Nr 3, vervangt nr 2" in PREPARED[name](bulletin(replaces=2, msg_type=MsgType.UPDATE))


@pytest.mark.parametrize("name", ["web", "social", "questions", "courier", "sign"])
def test_each_says_until_when_with_the_day(name):
    assert "23 november" in PREPARED[name](bulletin())


def _random_text(rng, most):
    words = ["#stroom", "blijf", "thuis", "ga", "naar", "boven", "en", "sluit", "ramen.", "Bel", "112!", "kaarsen", "é"]
    text = " ".join(rng.choice(words) for _ in range(rng.randint(1, most)))
    return text.strip() or "x"


def test_a_post_always_fits_says_what_to_do_and_holds_no_hashtag():
    for seed in range(300):
        _fits(random.Random(seed))


def _fits(rng):
    texts = {
        "headline": _random_text(rng, 20).replace("\n", " ")[:160],
        "description": _random_text(rng, 120),
        "impact": _random_text(rng, 20),
        "instruction": _random_text(rng, 120),
        "web": rng.choice([None, "https://crisis.voorbeeldstad.example/noord"]),
    }
    info = {name: text for name, text in texts.items() if text}
    status = rng.choice(["Actual", "Exercise"])
    text = social(bulletin(content(status=status, infos={"nl": info}), replaces=rng.choice([None, 2])))
    assert len(text) <= MOST_IN_POST
    assert "#" not in text
    assert texts["instruction"].replace("#", "").split()[0] in text
    assert "Geldig tot 18:10, 23 november." in text
    assert status == "Actual" or (text.startswith("OEFENING ") and text.endswith(" OEFENING"))


@pytest.mark.parametrize("sentences", [1, 3, 9, 40])
def test_a_car_calls_it_out_within_half_a_minute_or_says_that_it_cannot(sentences):
    info = {"headline": "Gaslek in Noord", "instruction": "Ga nu naar binnen en sluit de ramen. " * sentences}
    for block in loudspeaker(bulletin(content(infos={"nl": info, "en": info}))).split("\n\n"):
        said = block.splitlines()[-1]
        assert len(said.split()) <= MOST_LOUD_WORDS
        assert "Ga nu naar binnen" in said
        assert "TE LANG" not in block
    long = {"headline": "Gaslek", "instruction": "ga " * 100}
    assert "TE LANG" in loudspeaker(bulletin(content(infos={"nl": long})))
