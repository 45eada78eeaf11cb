"""The exercise word at both ends of everything a person reads (wall 1 of the five).

Plain texts get it here, whatever their layout says. A page holds it in its layout, because only the
layout knows where its text begins; here it is checked.
"""

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

from broadcaster.channel import Texts
from broadcaster.model.finding import Finding, FindingKind

_UNSEEN = {"head", "style", "script"}


def bookended(texts: Texts) -> Texts:
    """The texts with their word at both ends of text and subject; unchanged when there is none."""
    if texts.word is None:
        return texts
    return replace(
        texts,
        text=between(texts.text, texts.word),
        subject=None if texts.subject is None else between(texts.subject, texts.word),
    )


def between(text: str, word: str | None) -> str:
    """A text with its word at both ends; as it is without one."""
    if not word:
        return text
    space = "\n\n" if "\n" in text else " "
    return f"{word}{space}{text}{space}{word}"


def bare(text: str, word: str | None) -> str:
    """A text without the word that `between` put at its ends."""
    if not word or not (text.startswith(word) and text.endswith(word)) or len(text) < 2 * len(word):
        return text
    return text.removeprefix(word).removesuffix(word).strip()


def missing_word(kind: str, texts: Texts) -> Iterator[Finding]:
    """A blocking finding when what people see of a page does not begin and end with the word."""
    if texts.word is None or texts.html is None:
        return
    seen = visible(texts.html)
    if seen[:1] != [texts.word] or seen[-1:] != [texts.word]:
        message = f"De opmaak van '{kind}' ({texts.language}) begint of eindigt niet met {texts.word}."
        yield Finding("exercise-word-missing", FindingKind.BLOCKING, "channels", message)


def visible(page: str) -> list[str]:
    """What a reader sees of an HTML page: its pieces of text, in order, without blank ones."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.pieces


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Step into what is not shown."""
        if tag in _UNSEEN:
            self._unseen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Step out of it."""
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._unseen and (text := data.strip()):
            self.pieces.append(text)
