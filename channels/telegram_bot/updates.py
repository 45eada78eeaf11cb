"""What a reader said to the bot, from an `Update` of the Bot API.

Established (core.telegram.org/bots/api): "Update" (update_id goes up with each, and starts anew somewhere after a week
without any), "Message" (date in seconds, migrate_to_chat_id and migrate_from_chat_id), "CallbackQuery" (the message
is the one with the buttons; when they were pressed is not told), "ChatMemberUpdated" (kicked: the reader blocked the
bot). core.telegram.org/bots/features, "Deep linking": /start PAYLOAD, of A-Z, a-z, 0-9, _ and -, at most 64.

Order: a word is as old as its message, and among words of one second the one with the higher number is later. A
button counts from the moment it was shown, so a /stop is never undone by a button that was there before it.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from broadcaster.channel import Fact, Moved, Subscribed, Unsubscribed

START, STOP, LANGUAGE = "start", "stop", "language"
_COMMANDS = {"/start": START, "/stop": STOP, "/taal": LANGUAGE, "/language": LANGUAGE}
_PLAIN = {"start": START, "stop": STOP}  # what people type who do not know about commands; in their own chat only
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BUTTON = "taal:"
_GONE = ("kicked", "left")
_LATEST = 1 << 33


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said in a chat. word: START, STOP, LANGUAGE, or None for anything else. language: a guess
    from the reader's own settings, or what was `chosen`. button: what to confirm, when one was pressed."""

    chat: str = field(repr=False)
    private: bool
    at: datetime
    word: str | None = None
    language: str | None = None
    area: str | None = None
    chosen: bool = False
    button: str | None = None
    gone: bool = False
    moved: tuple[str, str] | None = field(default=None, repr=False)

    def facts(self) -> list[Fact]:
        """What it means for the list of readers."""
        if self.moved:
            return [Moved(*self.moved)]
        if self.gone or self.word == STOP:
            return [Unsubscribed(self.chat, at=self.at)]
        if self.word == START or self.chosen:
            return [Subscribed(self.chat, self.language, area=self.area, chosen=self.chosen, at=self.at)]
        return []


def button(language: str) -> str:
    """What a button for a language carries."""
    return _BUTTON + language


def moved(old: str, new: str) -> bytes:
    """The update that Telegram sends into a group when it moves."""
    message = {"date": 0, "chat": {"id": int(old), "type": "group"}, "migrate_to_chat_id": int(new)}
    return json.dumps({"update_id": 0, "message": message}).encode()


def said_in(body: bytes) -> Said | None:
    """What an update says; None when that is nothing to us. ValueError when it is no update."""
    try:
        update = json.loads(body)
        number = int(update["update_id"])
        for kind, read in _READERS.items():
            if kind in update:
                return read(update[kind], number)
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError("not an update of Telegram") from error
    return None


def _chat(chat: dict[str, Any]) -> tuple[str, bool]:
    return str(int(chat["id"])), chat.get("type", "private") == "private"


def _at(seconds: int, number: int) -> datetime:
    if not 0 <= int(seconds) < _LATEST:
        raise ValueError("not a date")
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=number % 1_000_000)


def _message(message: dict[str, Any], number: int) -> Said | None:
    chat, private = _chat(message["chat"])
    at = _at(message["date"], number)
    if "migrate_to_chat_id" in message:
        return Said(chat, private, at, moved=(chat, str(int(message["migrate_to_chat_id"]))))
    if "migrate_from_chat_id" in message:
        return Said(chat, private, at, moved=(str(int(message["migrate_from_chat_id"])), chat))
    if message["chat"].get("type") == "channel":
        return None
    word, argument = _word(str(message.get("text", "")), private=private)
    area = argument if _PAYLOAD.fullmatch(argument) else None
    return Said(chat, private, at, word, _spoken(message.get("from")), area)


def _word(text: str, *, private: bool) -> tuple[str | None, str]:
    first, _, rest = text.strip().partition(" ")
    command = first.partition("@")[0].lower()  # in a group: /start@NameOfTheBot
    return _COMMANDS.get(command) or (_PLAIN.get(text.strip().lower()) if private else None), rest.strip()


def _spoken(sender: Any) -> str | None:
    """The language of somebody's Telegram (an IETF tag, such as "pt-br"), without its region."""
    code = str(sender.get("language_code", "")) if isinstance(sender, dict) else ""
    language = code.lower().partition("-")[0]
    return language if _LANGUAGE.fullmatch(language) else None


def _button(query: dict[str, Any], number: int) -> Said | None:
    language = str(query.get("data", "")).removeprefix(_BUTTON)
    if not str(query.get("data", "")).startswith(_BUTTON) or not _LANGUAGE.fullmatch(language):
        return None
    message = query["message"]
    chat, private = _chat(message["chat"])
    return Said(chat, private, _at(message["date"], number), language=language, chosen=True, button=str(query["id"]))


def _member(change: dict[str, Any], number: int) -> Said | None:
    chat, private = _chat(change["chat"])
    gone = change["new_chat_member"]["status"] in _GONE and change["chat"].get("type") != "channel"
    return Said(chat, private, _at(change["date"], number), gone=gone) if gone else None


_READERS = {"message": _message, "callback_query": _button, "my_chat_member": _member}
KINDS = list(_READERS)
"""The updates we ask for."""
