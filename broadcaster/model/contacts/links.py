"""Web and mail addresses in a text, also without https:// or www., and those that pretend to be another.

A name of letters from two scripts, or written in letters that only look Latin, is disguised (UTS 39, sections 4 and
5.1); so is its other form, `xn--…` (RFC 5891).
"""

import re

from broadcaster.model.contacts.noun import ContactKind, Mention
from broadcaster.model.contacts.plain import plain, scripts

_STRONG = (
    "nl|com|org|net|eu|info|be|de|fr|uk|frl|amsterdam|gov|edu|int|mil|biz|app|dev|online|site|xyz|shop|top|club|live|news"
    "|io|me|ly|gl|gle|link|click|help|support|example|test|invalid|рф|укр|бел|شبكة|موقع"
)
"""Endings of which a name is one, however it is written."""
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_PATH = r"(?:[/?#][^\s<>\"']{0,300})?"
_MAIL = re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}} ?@ ?(?:{_LABEL}\.){{1,8}}{_LABEL}")
_SCHEME = re.compile(r"\b(?:https?|ftp)\s{0,2}:\s{0,2}//\s{0,2}([^\s<>\"']{1,400})", re.IGNORECASE)
_WWW = re.compile(
    rf"(?<![\w.@-])www\s{{0,2}}\.\s{{0,2}}(?:{_LABEL}\.){{0,8}}{_LABEL}(?::[0-9]{{1,5}})?{_PATH}", re.IGNORECASE
)
_BARE = re.compile(rf"(?<![\w.@-])(?:{_LABEL}\.){{1,8}}{_LABEL}(?::[0-9]{{1,5}})?{_PATH}")
# With blanks around the dots a name is told from the end of a sentence by its ending, in small letters.
_SPACED = re.compile(rf"(?<![\w.@-])(?:{_LABEL} {{0,2}}\. {{0,2}}){{1,4}}(?:nl|com|org|net|eu|frl|gov)(?![\w.]){_PATH}")
_TAIL = ".,;:!?)]}'\"»”’…"


def url_key(value: str) -> str:
    """Host and path: "voorbeeldstad.example/water". A host alone stands for all its pages. ValueError when it is no
    web address."""
    text = plain(value).strip()
    if not text or re.search(r"\s", text):
        raise ValueError("dit is geen webadres")
    found = _key(text)
    if "." not in found.partition("/")[0] or not re.fullmatch(r"[\w.-]+(?::[0-9]+)?(?:[/?#]\S*)?", found):
        raise ValueError("dit is geen webadres")
    return found


def email_key(value: str) -> str:
    """The mailbox in small letters. ValueError when it is none."""
    text = re.sub(" ?@ ?", "@", plain(value).strip())
    if not _MAIL.fullmatch(text):
        raise ValueError("dit is geen mailadres")
    return text.lower()


def _key(text: str) -> str:
    bare = re.sub(r"^[a-z]+\s*:\s*//\s*", "", re.sub(r"\s*\.\s*", ".", text), flags=re.IGNORECASE)
    host, slash, path = re.match(r"([^/?#]*)([/?#]?)(.*)", bare, re.DOTALL).groups()  # type: ignore[union-attr]
    host = (
        host.rpartition("@")[2].lower().removeprefix("www.").rstrip(".")
    )  # who stands before the @ is not where it leads
    for usual in (":443", ":80"):
        host = host.removesuffix(usual)
    tail = path.rstrip("/") if slash == "/" else slash + path
    return f"{_ascii(host)}/{tail}" if tail else _ascii(host)


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return host


def covers(key: str, mentioned: str) -> bool:
    """Whether a verified address stands for a mentioned one: the same, or a page below it on the same host."""
    if key == mentioned:
        return True
    return mentioned.startswith(f"{key}/") or ("/" not in key and mentioned.partition("/")[0] == key)


def mentions(text: str) -> tuple[list[Mention], str]:
    """Every web and mail address in a plain text, and the text without them: digits in a link are no phone number."""
    found: list[Mention] = []

    def take(pattern: re.Pattern[str], kind: ContactKind, rest: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            value = match[0].rstrip(_TAIL)
            if kind is ContactKind.URL and pattern in (_BARE, _SPACED) and not _is_name(value, pattern is _SPACED):
                return match[0]
            found.append(_mention(kind, value))
            return f" \x00{match[0][len(value) :]}"

        return pattern.sub(replaced, rest)

    text = take(_SCHEME, ContactKind.URL, text)
    text = take(_MAIL, ContactKind.EMAIL, text)
    for pattern in (_WWW, _BARE, _SPACED):
        text = take(pattern, ContactKind.URL, text)
    return found, text.replace("\x00", "")


def _mention(kind: ContactKind, value: str) -> Mention:
    if kind is ContactKind.EMAIL:
        key = re.sub(r"\s", "", value).lower()
        return Mention(kind, value, key, is_disguised(key.partition("@")[2]))
    return Mention(kind, value, _key(value), is_disguised(_host(value)))


def _host(value: str) -> str:
    bare = re.sub(r"^[a-z]+\s*:\s*//\s*", "", re.sub(r"\s*\.\s*", ".", value), flags=re.IGNORECASE)
    return re.split("[/?#]", bare)[0].rpartition("@")[2]


def is_disguised(host: str) -> bool:
    """Whether a host's name is not what it looks like."""
    labels = host.lower().split(".")
    for label in labels:
        kinds = scripts(label)
        if label.startswith("xn--") or len(kinds) > 1:
            return True
    # Letters of another script before a Latin ending: "аррӏе.com" is all Cyrillic.
    return labels[-1].isascii() and any(scripts(label) - {"LATIN"} for label in labels[:-1])


def _is_name(value: str, spaced: bool) -> bool:
    """Whether words with dots between them are a name on the web, and not an abbreviation or two sentences."""
    host = re.split("[/?#:]", re.sub(r"\s", "", value))[0]
    labels = host.split(".")
    last = labels[-1]
    if not any(char.isalpha() for char in last) or len(last) < 2:
        return False
    if is_disguised(host) and (last.isascii() or len(scripts(last)) > 1):
        return True
    if re.fullmatch(_STRONG, last.lower()) and (spaced or len(labels[-2]) > 1):
        return True
    # "thuis.blijf" opens a browser on many phones; "thuis.Blijf" and "i.v.m" do not.
    return host.isascii() and host == host.lower() and all(len(label) > 1 for label in labels)
