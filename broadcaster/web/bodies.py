"""Bodies of requests: JSON objects, read strictly.

What two readers might understand differently is refused (RFC 8259 sections 4 and 6, RFC 7493): double
names, NaN, numbers that lose digits, text that is no Unicode.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from broadcaster.web.problems import Problem, malformed
from broadcaster.workflow.refusals import Fault, Refused, Why, faults_of

M = TypeVar("M", bound=BaseModel)
MAX_BYTES = 256 * 1024
JSON = frozenset({"application/json"})
MERGE_PATCH = JSON | {"application/merge-patch+json"}
_READ_IN = 20.0  # seconds a body may take to come in
_DEEPEST = 16
_GREATEST = 2**53 - 1  # RFC 7493 section 2.2: beyond this, readers differ


async def read(request: web.Request, read_in: float = _READ_IN) -> bytes:
    """The body as it came; a problem when it is too large, too slow, or packed."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem("unsupported-type", "Stuur de inhoud onverpakt, zonder Content-Encoding.")
    try:
        async with asyncio.timeout(read_in):
            return await request.read()
    except TimeoutError:
        raise Problem("timeout") from None
    except (web.RequestPayloadError, ConnectionError) as error:
        raise malformed("De inhoud brak halverwege af.") from error


async def read_object(request: web.Request, types: frozenset[str] = JSON, *, optional: bool = False) -> dict[str, Any]:
    """The JSON object in the body; an empty one for no body at all where that is `optional`."""
    raw = await read(request)
    if optional and not raw:
        return {}
    if raw and (request.content_type not in types or (request.charset or "utf-8").lower() != "utf-8"):
        raise Problem("unsupported-type", f"Stuur {' of '.join(sorted(types))}, in UTF-8.")
    return parse(raw)


async def expect_nothing(request: web.Request) -> None:
    """Refuse a body with anything in it: an empty object will do."""
    given = await read_object(request, optional=True)
    if given:
        faults = [Fault(name, "extra-forbidden", "dit veld is onbekend") for name in given]
        raise malformed("Hier horen geen velden bij.", *faults)


def parse(raw: bytes) -> dict[str, Any]:
    """A JSON object from bytes; a problem that names the place when it is none."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise malformed("De inhoud is geen UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise malformed("De inhoud is geen geldige JSON.") from error
    if not isinstance(value, dict):
        raise malformed("De inhoud is geen JSON-object.")
    if not _shallow(value):
        raise malformed(f"De inhoud zit dieper dan {_DEEPEST} lagen in elkaar.")
    if faults := list(_no_text(value)):
        raise malformed("De inhoud bevat tekens die geen tekst zijn.", *faults)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        faults = [Fault(name, "duplicate", "dit veld staat er twee keer") for name in twice]
        raise malformed("Een veld staat er twee keer.", *faults)
    return found


def _whole(text: str) -> int:
    number = int(text) if len(text) < 20 else _GREATEST + 1
    if abs(number) > _GREATEST:
        raise malformed("Een getal is te groot.")
    return number


def _finite(text: str) -> float:
    """A number; a whole one is whole however it is written, as JSON Schema has it (validation, section 6.1.1)."""
    number = float(text)
    if abs(number) > _GREATEST:
        raise malformed("Een getal is te groot.")
    return int(number) if number.is_integer() else number


def _no_constant(text: str) -> float:
    raise malformed(f"{text} is geen getal.")


def _inner(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return [(str(i), item) for i, item in enumerate(value)] if isinstance(value, list) else []


def _shallow(value: Any, left: int = _DEEPEST) -> bool:
    return left > 0 and all(_shallow(item, left - 1) for _, item in _inner(value))


def _no_text(value: Any, at: str = "") -> Iterator[Fault]:
    """Where half a surrogate pair stands (RFC 8259 section 8.2): nothing can store or send it."""
    for name, item in _inner(value):
        if not _is_text(name):
            yield Fault(at, "not-text", "een veldnaam bevat een half teken")
        elif isinstance(item, str) and not _is_text(item):
            yield Fault(f"{at}{name}", "not-text", "deze tekst bevat een half teken")
        else:
            yield from _no_text(item, f"{at}{name}.")


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def shaped(model: type[M], given: dict[str, Any]) -> M:
    """The body as a value; Refused with every field's fault."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Refused(Why.MALFORMED, "Het verzoek heeft niet de juiste vorm.", faults_of(error)) from error
