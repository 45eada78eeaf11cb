"""Recipients, their addresses, and the forms an address has."""

import re
from dataclasses import dataclass

import phonenumbers

# RFC 5321, section 4.1.2: a Dot-string, and sub-domains that begin and end with a letter or a digit.
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?=.{{1,255}}$){_LABEL}(?:\.{_LABEL})+$")
_CHAT = re.compile(r"^(-?[0-9]{1,15}|@[A-Za-z][A-Za-z0-9_]{3,31})$")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person or desk as the audience file gives it; addresses by channel kind."""

    name: str
    language: str
    groups: tuple[str, ...]
    areas: tuple[str, ...]
    addresses: tuple[tuple[str, str], ...]


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, "NL")
    except phonenumbers.NumberParseException as error:
        raise ValueError("geen telefoonnummer") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("geen bestaand telefoonnummer")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _mailbox(text: str) -> str:
    if not _MAILBOX.match(text) or ".." in text or ".@" in text or text.startswith("."):
        raise ValueError("geen e-mailadres")
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"


def _chat(text: str) -> str:
    if not _CHAT.match(text):
        raise ValueError("geen Telegram-chat")
    return text


_FORMS = {"sms": _phone, "email": _mailbox, "telegram": _chat}
ADDRESS_KINDS = tuple(_FORMS)


def normal_address(kind: str, text: str) -> str:
    """The one form of an address: E.164, a mailbox with its domain in lower case (RFC 5321 leaves the
    local part's case to its host), a chat id. ValueError says why it is none."""
    return _FORMS[kind](text.strip())
