"""What an answer of the Bot API means when it is not "ok".

Established: core.telegram.org/bots/api, "Making requests" (ok, error_code, description; parameters with retry_after
or migrate_to_chat_id) and "ResponseParameters". The descriptions are not listed there ("subject to change"): these
are from the lists that users keep (github.com/TelegramBotAPI/errors, github.com/vrumger/telegram-errors) and from the
mapping in python-telegram-bot. A description that is not known is about us, as a bare 4xx is.
"""

import math
import re
from typing import Any

from broadcaster.channel import Failed, FailureKind
from channels import _http
from channels._address import cut

_WORDS_OF_CHAT = (
    "chat not found",
    "user not found",
    "chat_id is empty",
    "chat_id_invalid",
    "peer_id_invalid",
    "user_id_invalid",
    "group chat was deactivated",
    "group chat was upgraded",
    "group chat was migrated",
    "channel_private",
    "chat_write_forbidden",
    "chat_send_plain_forbidden",
    "chat_restricted",
    "chat_admin_required",
    "have no rights to send",
    "not enough rights to send",
    "need administrator rights",
    "topic_closed",
    "topic_deleted",
    "user_is_bot",
)
_WORDS_OF_TEXT = (
    "message is too long",
    "message_too_long",
    "message text is empty",
    "message_empty",
    "text must be non-empty",
    "text must be encoded in utf-8",
    "strings must be encoded in utf-8",
    "can't parse entities",
    "entities_too_long",
)
# Longer than Telegram ever asks; a number beyond it is no wait but a broken answer.
_LONGEST_WAIT = 86_400.0
_MOVED_AGAIN_IN = 2.0
_PUBLIC_NAME = re.compile(r"@\w+")
_CHAT = re.compile(r"-?[0-9]{1,15}")

NO_ANSWER = Failed(FailureKind.UNCERTAIN, "request written, and the answer is none of Telegram's", "200")
"""A success whose body does not say so."""


def outcome(answer: _http.Answer, private: str) -> Failed:
    """What an answer that is not 200 means. `private`: what must not be repeated, the token."""
    document = answer.document() or {}
    said = document.get("description")
    code = answer.status_code
    if document.get("ok") is not False or not isinstance(said, str) or not 400 <= code < 500:
        return _http.refused(answer)
    parameters = document.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    wait = _seconds(parameters.get("retry_after"))
    if code == 429 or wait is not None:
        return Failed(FailureKind.THROTTLED, "Telegram asks to wait", str(code), wait or answer.retry_after)
    if moved_to(document) is not None:  # not sent: the chat has another number now, and the next try goes there
        return Failed(FailureKind.UNREACHABLE, "the chat moved", str(code), _MOVED_AGAIN_IN)
    kind, words = _about(code, said.lower())
    return Failed(kind, f"{words}: {_without(said, private)}", str(code))


def _without(said: str, token: str) -> str:
    """What Telegram said, without the token, the half of it that is secret, or the name of a channel."""
    for secret in (token, token.partition(":")[2]):
        said = said.replace(secret, "…") if secret else said
    return cut(_PUBLIC_NAME.sub("…", said))


def moved_to(document: dict[str, Any] | None) -> str | None:
    """The new number of a chat that moved; None when it did not."""
    parameters = (document or {}).get("parameters")
    to = parameters.get("migrate_to_chat_id") if isinstance(parameters, dict) else None
    usable = isinstance(to, int) and not isinstance(to, bool) and _CHAT.fullmatch(str(to))
    return str(to) if usable else None


def _about(code: int, said: str) -> tuple[FailureKind, str]:
    if code == 403 and "channel" in said:  # a channel of ours wants nothing less: the bot lacks a right there
        return FailureKind.BAD_ADDRESS, "the bot may not post there"
    if code == 403:
        return FailureKind.OPTED_OUT, "this chat takes nothing from the bot"
    if code == 400 and any(words in said for words in _WORDS_OF_CHAT):
        return FailureKind.BAD_ADDRESS, "the chat is not usable"
    if code == 400 and any(words in said for words in _WORDS_OF_TEXT):
        return FailureKind.BAD_CONTENT, "the text is not usable"
    if code in (408, 409):
        return FailureKind.UNCERTAIN, "Telegram says"
    return FailureKind.BAD_CONFIG, "Telegram refuses us"


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        return None
    return min(float(value), _LONGEST_WAIT)
