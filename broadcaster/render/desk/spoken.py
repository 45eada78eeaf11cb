"""Texts as they are read aloud: numbers, times, telephone numbers and web addresses in words, in Dutch and English.

What is not certain stays as it stands: a reader who stumbles over "A12" says it right anyway.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

LANGUAGES = ("nl", "en")
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class _Tongue:
    """One language. thousands: what stands between groups of three digits; point: how a decimal mark is said."""

    digits: tuple[str, ...]
    number: Callable[[int], str]
    clock: Callable[[int, int], str]
    thousands: str
    decimal: str
    point: str
    to: str
    dot: str
    slash: str
    dash: str
    plus: str
    months: tuple[str, ...]
    units: dict[str, str]


def spoken(text: str, language: str) -> str:
    """The text in words; as it is in a language that is not ours to read."""
    tongue = _TONGUES.get(language.partition("-")[0])
    if tongue is None:
        return text
    for unit, word in tongue.units.items():
        text = re.sub(rf"(?<=\d) ?{re.escape(unit)}(?!\w)", f" {word}", text)
    for pattern, say in _STEPS:
        text = pattern.sub(lambda found, say=say: say(tongue, found), text)  # type: ignore[misc]
    grouped = re.compile(rf"(?<![\w{tongue.decimal}])\d{{1,3}}(?:\{tongue.thousands}\d{{3}})+(?![\w])")
    text = grouped.sub(lambda found: re.sub(r"\D", "", found[0]), text)
    decimals = re.compile(rf"(?<![\w.,])(\d{{1,9}})\{tongue.decimal}(\d{{1,3}})(?!\w)")
    text = decimals.sub(
        lambda found: f"{tongue.number(int(found[1]))} {tongue.point} {_one_by_one(tongue, found[2])}", text
    )
    text = re.sub(r"(?<![\w.,-])(\d{1,9})-(\d{1,9})(?![\w-])", rf"\1 {tongue.to} \2", text)
    return re.sub(r"(?<![\w,-])\d{1,9}(?!\w|[.,-]\d)", lambda found: tongue.number(int(found[0])), text)


def _one_by_one(tongue: _Tongue, digits: str) -> str:
    return " ".join(tongue.digits[int(digit)] for digit in digits)


def _address(tongue: _Tongue, found: re.Match[str]) -> str:
    """A web or mail address, sign by sign where people would stumble."""
    said = re.sub(r"^https?://(www\.)?", "", found[0]).rstrip("/")
    signs = {".": tongue.dot, "/": tongue.slash, "-": tongue.dash, "@": "at" if tongue.to == "to" else "apenstaartje"}
    return re.sub(r"[./@-]", lambda sign: f" {signs[sign[0]]} ", said).strip()


def _time(tongue: _Tongue, found: re.Match[str]) -> str:
    return tongue.clock(int(found["hour"]), int(found["minute"]))


def _date(tongue: _Tongue, found: re.Match[str]) -> str:
    day, month, year = (int(found[name]) for name in ("day", "month", "year"))
    if not 1 <= month <= 12:
        return found[0]
    return f"{day} {tongue.months[month - 1]} {tongue.number(year)}"


def _phone(tongue: _Tongue, found: re.Match[str]) -> str:
    """Digit by digit, with a pause between the groups as they are written."""
    groups = re.findall(r"\d+", found[0])
    start = f"{tongue.plus} " if found[0].startswith("+") else ""
    return start + ", ".join(_one_by_one(tongue, group) for group in groups)


def _municipal(tongue: _Tongue, found: re.Match[str]) -> str:
    """The 14 of a municipality's number, and then its area code."""
    return f"{tongue.number(14)}, {_one_by_one(tongue, found['area'])}"


def _postcode(tongue: _Tongue, found: re.Match[str]) -> str:
    return f"{_one_by_one(tongue, found['digits'])}, {' '.join(found['letters'])}"


def _code(tongue: _Tongue, found: re.Match[str]) -> str:
    return _one_by_one(tongue, found[0])


_STEPS: tuple[tuple[re.Pattern[str], Callable[[_Tongue, re.Match[str]], str]], ...] = (
    (
        re.compile(r"(?:https?://)?(?:[\w.+-]+@)?[A-Za-z][\w-]*(?:\.[\w-]+)*\.[A-Za-z]{2,}(?:/[\w./-]*\w)?/?(?!\w)"),
        _address,
    ),
    (re.compile(r"(?<!\d)(?P<day>\d{1,2})-(?P<month>\d{1,2})-(?P<year>20\d\d)(?!\d)"), _date),
    (re.compile(r"(?<![\d.:])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])(?: uur)?"), _time),
    (re.compile(r"(?<![\d.:])(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d) uur"), _time),
    # The international form; a number with a trunk zero; the 14-numbers of Dutch municipalities; short codes.
    (re.compile(r"(?<![\w+])\+\d[\d ()-]{5,}\d"), _phone),
    (re.compile(r"(?<![\w.,-])0\d{1,3}[ -]?\d[\d -]*\d(?!\w)"), _phone),
    (re.compile(r"(?<![\w.,])14 (?P<area>0\d{1,3})(?!\d)"), _municipal),
    (re.compile(r"(?<![\w.,])(?P<digits>[1-9]\d{3}) ?(?P<letters>[A-Z]{2})(?!\w)"), _postcode),
    (re.compile(r"(?<![\w.,])11[236](?:\d{3})?(?![\w.,]\d|\d)"), _code),
)


# --- Dutch -----------------------------------------------------------------------------------------

_NL = (
    *("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf"),
    *("dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien"),
)
_NL_TENS = ("", "", "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig")


def _dutch(number: int) -> str:
    """Up to a thousand in one word, with a trema where vowels would run together (Woordenlijst, 2015: rule 6.9)."""
    if number < 20:
        return _NL[number]
    if number < 100:
        tens, one = divmod(number, 10)
        joint = "ën" if _NL[one].endswith("e") else "en"
        return f"{_NL[one]}{joint}{_NL_TENS[tens]}" if one else _NL_TENS[tens]
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return ("" if hundreds == 1 else _NL[hundreds]) + "honderd" + (_dutch(rest) if rest else "")
    if number < 10**6:
        thousands, rest = divmod(number, 1000)
        head = ("" if thousands == 1 else _dutch(thousands)) + "duizend"
        return f"{head} {_dutch(rest)}" if rest else head
    millions, rest = divmod(number, 10**6)
    return f"{_dutch(millions)} miljoen" + (f" {_dutch(rest)}" if rest else "")


def _dutch_clock(hour: int, minute: int) -> str:
    return f"{_dutch(hour)} uur" + (f" {_dutch(minute)}" if minute else "")


# --- English ---------------------------------------------------------------------------------------

_EN = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _english(number: int) -> str:
    if number < 20:
        return _EN[number]
    if number < 100:
        tens, one = divmod(number, 10)
        return _EN_TENS[tens] + (f"-{_EN[one]}" if one else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_EN[hundreds]} hundred" + (f" and {_english(rest)}" if rest else "")
    size, name = (10**6, "million") if number >= 10**6 else (1000, "thousand")
    head, rest = divmod(number, size)
    return f"{_english(head)} {name}" + (f" {_english(rest)}" if rest else "")


def _english_clock(hour: int, minute: int) -> str:
    said = _english(hour)
    if not minute:
        return f"{said} hundred hours"
    return f"{said} {'oh ' if minute < 10 else ''}{_english(minute)}"


_TONGUES = {
    "nl": _Tongue(
        digits=_NL[:10],
        number=_dutch,
        clock=_dutch_clock,
        thousands=".",
        decimal=",",
        point="komma",
        to="tot",
        dot="punt",
        slash="schuine streep",
        dash="streepje",
        plus="plus",
        months=(
            *("januari", "februari", "maart", "april", "mei", "juni"),
            *("juli", "augustus", "september", "oktober", "november", "december"),
        ),
        units={"km/u": "kilometer per uur", "km": "kilometer", "cm": "centimeter", "%": "procent", "°C": "graden"},
    ),
    "en": _Tongue(
        digits=_EN[:10],
        number=_english,
        clock=_english_clock,
        thousands=",",
        decimal=".",
        point="point",
        to="to",
        dot="dot",
        slash="slash",
        dash="dash",
        plus="plus",
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        units={"km/h": "kilometres per hour", "km": "kilometres", "cm": "centimetres", "%": "percent", "°C": "degrees"},
    ),
}
