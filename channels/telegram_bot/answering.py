"""What the bot says back: fixed words, in the reader's language where they are."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from channels.telegram_bot import updates
from channels.telegram_bot.updates import Said

_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Words:
    """The answers in one language."""

    name: str
    welcome: str
    stopped: str
    choose: str
    chosen: str
    help: str


WORDS = {
    language: Words(**words)
    for language, words in tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8")).items()
}
_BUTTONS = [
    InlineKeyboardButton(words.name, callback_data=updates.button(language)) for language, words in WORDS.items()
]
KEYBOARD = InlineKeyboardMarkup([_BUTTONS[at : at + _IN_A_ROW] for at in range(0, len(_BUTTONS), _IN_A_ROW)])
"""The languages to choose from."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, and whether the languages stand below it."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None


def reply(said: Said, language: str) -> Reply | None:
    """The answer to what was said; None where silence is better. `language`: for who reads none of ours."""
    words = WORDS.get(said.language or "") or WORDS[language]
    if said.chosen:
        return Reply(words.chosen) if said.language in WORDS else None
    if said.word == updates.START:
        return Reply(words.welcome, KEYBOARD)
    if said.word == updates.STOP:
        return Reply(words.stopped)
    if said.word == updates.LANGUAGE:
        return Reply(words.choose, KEYBOARD)
    return Reply(words.help) if said.private and not said.gone and not said.moved else None
