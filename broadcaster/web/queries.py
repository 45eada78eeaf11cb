"""What stands behind the question mark: every name known, every value checked, each at most once."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from aiohttp import web

from broadcaster import ids
from broadcaster.web.problems import Problem, malformed
from broadcaster.workflow.refusals import Fault

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
MOST = 1_000_000_000
_SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,30})?(e[+-]?[0-9]{1,3})?", re.ASCII)


class Param(str, Generic[T]):
    """A parameter's name that knows what may stand there: `schema` in JSON Schema, `meaning` for who reads the
    API's description. `of` gives its value in a request, or raises a problem."""

    __slots__ = ("meaning", "of", "schema")
    schema: Mapping[str, Any]
    meaning: str
    of: Callable[[web.Request], T]

    def __new__(cls, name: str, schema: Mapping[str, Any], meaning: str, of: Callable[[web.Request], T]) -> Self:
        """A parameter named `name`."""
        made = super().__new__(cls, name)
        made.schema, made.meaning, made.of = schema, meaning, of
        return made


def refuse_unknown(request: web.Request, known: frozenset[str]) -> None:
    """A problem with every parameter that is unknown, or stands there twice."""
    if not request.rel_url.raw_query_string:
        return
    names = [name for name, _ in request.query.items()]
    faults = [Fault(name, "unknown", _known(known)) for name in dict.fromkeys(names) if name not in known]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    faults += [Fault(name, "duplicate", "dit staat er twee keer") for name in twice]
    if faults:
        raise malformed("De vraag achter het vraagteken klopt niet.", *faults)


def _known(names: frozenset[str]) -> str:
    return f"bekend zijn: {', '.join(sorted(names))}" if names else "hier is niets te kiezen"


def _wrong(name: str, rule: str, message: str) -> Problem:
    return malformed(f"De waarde van {name} klopt niet.", Fault(name, rule, message))


def whole(request: web.Request, name: str, least: int, most: int) -> int | None:
    """A whole number; None when it is not given."""
    text = request.query.get(name)
    if text is None:
        return None
    # The length first: `int` of a very long text is slow, and refused.
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise _wrong(name, "range", f"geef een geheel getal van {least} tot {most}")
    return int(text)


def seconds(request: web.Request, name: str, most: int) -> float:
    """A number of seconds, as JSON writes numbers; 0 when it is not given."""
    text = request.query.get(name, "0")
    if not (_SECONDS.fullmatch(text) and float(text) <= most):
        raise _wrong(name, "range", f"geef een aantal seconden van 0 tot {most}")
    return float(text)


def size(usual: int, most: int) -> Param[int]:
    """`limit`: how many items a page may hold."""

    def of(request: web.Request) -> int:
        return whole(request, "limit", 1, most) or usual

    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    return Param("limit", schema, "At most so many items.", of)


def one_of(request: web.Request, name: str, values: type[E]) -> E | None:
    """One of a closed set; None when it is not given."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return values(text)
    except ValueError:
        raise _wrong(name, "enum", f"kies een van: {', '.join(values)}") from None


def short(name: str, most: int, meaning: str) -> Param[str | None]:
    """A text of at most so many characters; None when it is not given."""

    def of(request: web.Request) -> str | None:
        text = request.query.get(name)
        if text is not None and len(text) > most:
            raise _wrong(name, "length", f"geef hoogstens {most} tekens")
        return text

    return Param(name, {"type": "string", "maxLength": most}, meaning, of)


def choice(name: str, values: type[E], meaning: str) -> Param[E | None]:
    """One of a closed set."""
    schema = {"type": "string", "enum": [value.value for value in values]}
    return Param(name, schema, meaning, lambda request: one_of(request, name, values))


def an_id(request: web.Request, name: str, rule: str, message: str) -> str | None:
    """An id; None when it is not given."""
    text = request.query.get(name)
    if text is not None and not ids.is_id(text):
        raise _wrong(name, rule, message)
    return text


def _id_cursor(request: web.Request) -> str | None:
    return an_id(request, "cursor", "cursor", "geef de cursor van de vorige bladzijde")


_CURSOR = "The `cursor` of the page before: what follows it comes next."
ID_CURSOR = Param("cursor", {"type": "string", "pattern": ids.PATTERN}, _CURSOR, _id_cursor)
"""The cursor of a list in the order of ids: the last id of the page before."""
NUMBER_CURSOR = Param(
    "cursor",
    {"type": "integer", "minimum": 0, "maximum": MOST},
    _CURSOR,
    lambda request: whole(request, "cursor", 0, MOST) or 0,
)
"""The cursor of a list in the order of numbers: the last number of the page before; 0 at the start."""


def page(found: list[T], most: int, cursor: Callable[[T], object]) -> tuple[list[T], str | None]:
    """One page of what was found with one item more than fits, and the cursor of the next page."""
    if len(found) <= most:
        return found, None
    return found[:most], str(cursor(found[most - 1]))
