"""What a mail server's negative reply means.

RFC 5321, section 4.2 (codes); RFC 3463 and the IANA registry of RFC 5248 (enhanced codes, "5.7.1"). The
code's first digit decides between permanent and transient, the enhanced code what it is about, and where
neither tells, the command that was refused: MAIL is about us, RCPT about the recipient, DATA about the text.
"""

import re
from enum import StrEnum

from broadcaster.channel import Failed, FailureKind
from channels._address import cut

_ENHANCED = re.compile(r"[245]\.(\d{1,3}\.\d{1,3})(?!\.?\d)")
_GREYLISTED = re.compile(r"gr[ae]y-?list", re.IGNORECASE)
_TOO_MUCH = re.compile(r"too (many|much|fast|frequent)|rate.?(limit|control)|throttl|unusual rate", re.IGNORECASE)
_ABOUT_ONE = ("1.", "2.", "4.", "6.", "7.")
_TOLD = re.compile(r"\b(\d{1,5})\s*(s(?:ec(?:onds?)?)?|m(?:in(?:utes?)?)?)\b", re.IGNORECASE)
GREYLIST_WAIT = 60.0
"""Seconds until a greylisting server may take it, when it does not say (RFC 6647, section 5: a minute or more)."""

_BAD_ADDRESS, _BAD_CONTENT, _BAD_CONFIG = FailureKind.BAD_ADDRESS, FailureKind.BAD_CONTENT, FailureKind.BAD_CONFIG


class Phase(StrEnum):
    """Which command a reply answers."""

    CONNECT = "connect"  # greeting, EHLO, STARTTLS, AUTH
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    CONTENT = "DATA"  # the command, or the whole message


_ABOUT = {
    Phase.CONNECT: _BAD_CONFIG,
    Phase.SENDER: _BAD_CONFIG,
    Phase.RECIPIENT: _BAD_ADDRESS,
    Phase.CONTENT: _BAD_CONTENT,
}
_BY_CODE = dict.fromkeys((500, 501, 502, 503, 504, 530, 534, 535, 538, 555), _BAD_CONFIG)
# Of one subject (RFC 3463, section 3), all that is not named below. 5.7 is policy, never the address.
_BY_SUBJECT = {
    "1": _BAD_ADDRESS,
    "2": _BAD_ADDRESS,
    "3": _BAD_CONFIG,
    "4": _BAD_ADDRESS,
    "5": _BAD_CONFIG,
    "6": _BAD_CONTENT,
}
_BY_ENHANCED = {
    "1.7": _BAD_CONFIG,  # our own mailbox: syntax
    "1.8": _BAD_CONFIG,  # our own domain
    "2.3": _BAD_CONTENT,  # too long for this mailbox
    "3.4": _BAD_CONTENT,  # too big for this system
    "4.5": _BAD_CONFIG,  # congestion, for good: a daily quota of ours (Gmail)
    "6.7": _BAD_ADDRESS,  # RFC 6531: a non-ASCII address
    "7.17": _BAD_ADDRESS,  # RFC 7293: the mailbox has another owner
    "7.18": _BAD_ADDRESS,  # RFC 7293: the domain has another owner
    **dict.fromkeys(("7.8", "7.9", "7.11", "7.12", "7.13", "7.14"), _BAD_CONFIG),  # RFC 4954, RFC 5248: signing in
    **dict.fromkeys((f"7.{n}" for n in range(20, 31)), _BAD_CONFIG),  # DKIM, SPF, reverse DNS, null MX, ARC, REQUIRETLS
    "7.515": _BAD_CONFIG,  # Microsoft: SPF, DKIM and DMARC must pass
}


def refusal(phase: Phase, code: int, text: str, *private: str) -> Failed:
    """The failure in a reply that is not the one hoped for; certain, as the server says itself that it did not
    take the message. `private` words are cut out of what is kept of the text.
    """
    found = _ENHANCED.match(text.lstrip())
    enhanced = found[1] if found else ""
    kind, wait, all_wait = _permanent(phase, code, enhanced), None, True
    if code // 100 != 5:
        kind, wait = _transient(code, enhanced, text)
        all_wait = _is_about_us(phase, code, enhanced, text)
    shown = f"{code // 100}.{enhanced}" if enhanced else str(code)
    return Failed(kind, f"{phase}: {code} {cut(text, *private)}".strip(), shown, wait, whole_account=all_wait)


def is_greylisting(text: str) -> bool:
    """Whether a reply asks for this very message again, later; those after it are asked the same (RFC 6647)."""
    return _GREYLISTED.search(text) is not None


def _is_about_us(phase: Phase, code: int, enhanced: str, text: str) -> bool:
    """Whether what a transient reply says holds for every message, or for this recipient and its domain only.

    Before RCPT nobody has heard of a recipient, and 421 ends the session whoever it was for. After that it is the
    recipient's, unless it is about our server (3), about the session (5), or about the message without a subject.
    """
    if phase in (Phase.CONNECT, Phase.SENDER):
        return True
    if is_greylisting(text):
        return False
    return code == 421 or not (enhanced.startswith(_ABOUT_ONE) or (not enhanced and phase is Phase.RECIPIENT))


def _permanent(phase: Phase, code: int, enhanced: str) -> FailureKind:
    subject = enhanced.partition(".")[0]
    if enhanced == "5.0" and phase is Phase.RECIPIENT:
        return _BAD_ADDRESS  # Outlook.com: "550 5.5.0 Requested action not taken: mailbox unavailable"
    if subject == "7" and phase is Phase.RECIPIENT:
        kind = _BY_ENHANCED.get(enhanced, _BAD_CONFIG)  # "relay access denied", a blocklist
    else:
        kind = _BY_ENHANCED.get(enhanced) or _BY_SUBJECT.get(subject) or _BY_CODE.get(code) or _ABOUT[phase]
    # Before RCPT nothing was said about the recipient yet, so nothing can be wrong with it.
    return _BAD_CONFIG if phase in (Phase.CONNECT, Phase.SENDER) else kind


def _transient(code: int, enhanced: str, text: str) -> tuple[FailureKind, float | None]:
    """What passes: the account as a whole is too fast, or this message has to come back later.

    A mailbox that is full or away (4.1, 4.2) is tried again ever more slowly, as what was not sent at all.
    """
    if is_greylisting(text):
        return FailureKind.THROTTLED, _wait_told(text) or GREYLIST_WAIT
    if not enhanced.startswith(("1.", "2.")) and _is_too_much(code, enhanced, text):
        return FailureKind.THROTTLED, _wait_told(text)
    return FailureKind.UNREACHABLE, None


def _is_too_much(code: int, enhanced: str, text: str) -> bool:
    if enhanced in ("4.5", "5.3", "7.28") or (code == 421 and enhanced.startswith("7.")):
        return True
    return _TOO_MUCH.search(text) is not None


def _wait_told(text: str) -> float | None:
    """The seconds in "try again in 5 minutes", "greylisted for 300 seconds"."""
    found = _TOLD.search(_ENHANCED.sub("", text))
    return float(found[1]) * (60 if found[2][0] in "mM" else 1) if found else None
