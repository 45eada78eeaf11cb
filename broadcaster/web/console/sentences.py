"""What the hub says in Dutch, in English: findings, faults and refusals are made once, in the language of those who
answer for them. An English page finds each sentence in a catalogue, and its values as well; one that is not there
stays Dutch."""

import re
import tomllib
from functools import cache, lru_cache

from broadcaster import data

_HOLE = re.compile(r"\{(\w+)\}")


@cache
def catalogue() -> dict[str, str]:
    """English by Dutch, with `{name}` for a value."""
    text = (data.find("templates") / "console" / "sentences.toml").read_text(encoding="utf-8")
    return {dutch: english for group in tomllib.loads(text).values() for dutch, english in group.items()}


@cache
def _forms() -> list[tuple[re.Pattern[str], str]]:
    """The sentences that have values, those with most words of their own first."""
    with_values = [dutch for dutch in catalogue() if _HOLE.search(dutch)]
    with_values.sort(key=lambda dutch: len(_HOLE.sub("", dutch)), reverse=True)
    return [(_form(dutch), catalogue()[dutch]) for dutch in with_values]


def _form(dutch: str) -> re.Pattern[str]:
    pieces = _HOLE.split(dutch)  # what is said, a name, what is said, ...
    return re.compile(
        "".join(f"(?P<{piece}>.+?)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)), re.DOTALL
    )


@lru_cache(maxsize=1000)
def in_english(dutch: str) -> str:
    """The sentence in English; itself when there is none."""
    return _said(dutch) or dutch


def _said(dutch: str) -> str | None:
    if dutch in catalogue():
        return catalogue()[dutch]
    for form, english in _forms():
        if match := form.fullmatch(dutch):
            values = {name: _said(value) or _list(value) for name, value in match.groupdict().items()}
            return english.format_map(values)
    return None


def _list(text: str) -> str:
    """Values with commas between them, each by itself; one may have commas of its own."""
    rest, found = text.split(", "), list[str]()
    while rest:
        taken = next((n for n in range(len(rest), 1, -1) if ", ".join(rest[:n]) in catalogue()), 1)
        one = ", ".join(rest[:taken])
        found.append(catalogue().get(one, one))
        rest = rest[taken:]
    return ", ".join(found)
