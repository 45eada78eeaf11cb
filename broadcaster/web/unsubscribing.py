"""`/uit/{token}`: the page behind the link in every mail, and the one press on it (RFC 8058).

Who presses is known by the link alone: no cookie, no script, no password, and so nothing that another site
could make a browser do that it could not do itself. Reading the page changes nothing: mail scanners do that.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache

from jinja2 import Environment

from broadcaster import data
from broadcaster.render.languages import base, direction, isolated
from broadcaster.store.answers import Answer
from broadcaster.store.facts import Reader
from broadcaster.web import bodies
from broadcaster.web.calls import Call
from broadcaster.web.pages import environment, page
from broadcaster.workflow import unsubscribing

_LAST_RESORT = "en"


@cache
def _templates() -> Environment:
    return environment("public")


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((data.find("templates") / "public" / "unsubscribe.toml").read_text("utf-8"))


async def show(call: Call) -> Answer:
    """`GET /uit/{token}`: the question, or that it is done already."""
    reader = await call.parts.store.read(unsubscribing.whose, call.parts.seal, _token(call))
    return _unknown() if reader is None else _page(reader, done=reader.opted_out)


async def press(call: Call) -> Answer:
    """`POST /uit/{token}`, from the button or from a mail program: kept before it is answered. What the body says
    is of no use: there is one thing to ask for here."""
    await bodies.read(call.request)
    reader = await call.parts.store.run(unsubscribing.ask, call.parts.seal, _token(call), call.parts.clock.now())
    return _unknown() if reader is None else _page(reader, done=True)


def _token(call: Call) -> str:
    return call.request.match_info["token"]


def _page(reader: Reader, *, done: bool) -> Answer:
    language = next(known for known in (reader.language, base(reader.language), _LAST_RESORT) if known in _words())
    words, name = _words()[language], isolated(reader.organisation, language)
    lines = [words["done"], words["back"]] if done else [words["question"]]
    values = {
        "language": language,
        "direction": direction(language),
        "title": words["done_title"] if done else words["title"],
        "lines": [_line(language, line.format(organisation=name)) for line in lines],
        "button": None if done else words["button"],
    }
    return page(_templates(), "unsubscribe.html", values)


def _unknown() -> Answer:
    """Nobody knows whose it is, so it is said in every language."""
    values = {
        "language": "nl",
        "direction": "ltr",
        "title": _words()["nl"]["title"],
        "lines": [*_in_every_language()],
        "button": None,
    }
    return page(_templates(), "unsubscribe.html", values, status_code=404)


def _in_every_language() -> Iterator[Mapping[str, str]]:
    for language, words in _words().items():
        yield _line(language, words["unknown"])


def _line(language: str, text: str) -> Mapping[str, str]:
    return {"text": text, "language": language, "direction": direction(language)}
