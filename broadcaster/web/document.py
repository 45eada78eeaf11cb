"""`GET /v1/openapi.json`: the API as an OpenAPI 3.1 document, made from what answers it.

Paths, parameters and roles come from the table of routes, bodies from the models that judge them, answers from the
types of `shapes`, problems from their table. Nothing is described twice. Location, open CORS, contact and the version
in a header are rules of the NL GOV REST API Design Rules (/core/publish-openapi, /core/doc-openapi-contact,
/core/uri-version, /core/version-header).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from broadcaster.store.answers import Answer
from broadcaster.web import bodies, merging, problems
from broadcaster.web.callers import Who
from broadcaster.web.calls import Call, given
from broadcaster.web.describing import DESCRIBED, JSON, Says, says
from broadcaster.web.headers import API_VERSION
from broadcaster.web.parameters import GIVEN, HEADERS, IN_PATH
from broadcaster.web.queries import Param
from broadcaster.web.route import Route
from broadcaster.web.writes import HEADER as IDEMPOTENCY_KEY

PREFIX = "/v1"
_REF = "#/components/schemas/{model}"
_ALWAYS = ("expectation-failed", "unexpected", "unavailable")
_BODY = ("malformed", "timeout", "too-large", "unsupported-type")
_CACHED = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


class Document:
    """The document as it goes out: see `document_of`."""

    def __init__(self, routes: Iterable[Route], public_url: str | None) -> None:
        answer = given(described(routes, public_url))
        self.etag = f'"{hashlib.sha256(answer.body.encode()).hexdigest()[:16]}"'
        self.answer = Answer(200, answer.body, {"Content-Type": JSON, "ETag": self.etag, **_CACHED})


@cache
def document_of(routes: tuple[Route, ...], public_url: str | None) -> Document:
    """The document of these routes, made once in a process: it takes a tenth of a second."""
    return Document(routes, public_url)


DOCUMENT = web.AppKey("document", Document)


@says(
    dict[str, Any],
    headers=("ETag", "Access-Control-Allow-Origin"),
    asks={"If-None-Match": False},
    also={304: "Nothing new."},
)
async def show(call: Call) -> Answer:
    """`GET /v1/openapi.json`: this document."""
    document = call.request.app[DOCUMENT]
    if call.request.headers.get("If-None-Match") == document.etag:
        return Answer(304, "", {"ETag": document.etag, **_CACHED})
    return document.answer


# --- the whole -------------------------------------------------------------------------------------


def described(routes: Iterable[Route], public_url: str | None) -> dict[str, Any]:
    """The document of the routes under `/v1` that say something of themselves; a test asks that they all do."""
    own = [route for route in routes if route.path.startswith(f"{PREFIX}/")]
    found = [(route, DESCRIBED[route.handler]) for route in own if route.handler in DESCRIBED]
    schemas = _Schemas(said for _, said in found)
    paths: dict[str, dict[str, Any]] = {}
    for route, said in found:
        paths.setdefault(route.path.removeprefix(PREFIX), {})[route.method.lower()] = _operation(route, said, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Omroeper",
            "version": API_VERSION,
            "summary": "Crisis communication for a municipality: draft, approve, follow",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "contact": {"name": "The administrator of this installation"} | ({"url": public_url} if public_url else {}),
        },
        "servers": [{"url": f"{(public_url or '').rstrip('/')}{PREFIX}"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


class _Schemas:
    """The JSON Schemas of everything that is taken and given, each under its name."""

    def __init__(self, all_said: Iterable[Says]) -> None:
        kinds = [
            problems.ProblemDetails,
            *(kind for said in all_said for kind in (said.gives, said.takes) if kind is not None),
        ]
        inputs = [(index, "validation", TypeAdapter(kind)) for index, kind in enumerate(kinds)]
        found, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REF)  # type: ignore[arg-type]
        self._of = {str(kind): found[index, "validation"] for index, kind in enumerate(kinds)}
        self.components: dict[str, Any] = dict(definitions.get("$defs", {}))

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type."""
        return dict(self._of[str(kind)])

    def patch_of(self, kind: type[BaseModel]) -> dict[str, Any]:
        """The schema of a merge patch on a type."""
        return merging.patch_of(self.of(kind), self.components)


# --- one call --------------------------------------------------------------------------------------


def _operation(route: Route, said: Says, schemas: _Schemas) -> dict[str, Any]:
    text = re.sub(r"^`[^`]*`: ?", "", " ".join((route.handler.__doc__ or "").split()))
    operation = {
        "operationId": _name(route),
        "summary": text[:1].upper() + text[1:],
        "tags": [route.path.split("/")[2]],
        "parameters": [*_parameters(route, said)],
        "responses": {str(code): answer for code, answer in sorted(_responses(route, said, schemas).items())},
    }
    if said.takes is not None or said.takes_text:
        operation["requestBody"] = _body(said, schemas)
    return operation | _who(route.who)


def _name(route: Route) -> str:
    """`get-alerts-id-deliveries`: stable, because generated clients name their functions by it."""
    return "-".join(re.findall("[a-z]+", f"{route.method} {route.path.removeprefix(PREFIX)}".lower()))


def _who(who: Who | None) -> dict[str, Any]:
    if who is None:
        return {"security": []}
    admitted = sorted(role.value for role in who.roles)
    admitted += [word for word, admits in (("a machine's token", who.machines), ("a display", who.displays)) if admits]
    return {"security": [{"bearer": []}], "description": f"For: {', '.join(admitted)}."}


def _body(said: Says, schemas: _Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if said.takes is not None:
        schema = schemas.patch_of(said.takes) if said.patch else schemas.of(said.takes)
        types = bodies.MERGE_PATCH if said.patch else bodies.JSON
        content = {media_type: {"schema": schema} for media_type in sorted(types)}
    texts = {media_type: {"schema": {"type": "string"}} for media_type in said.takes_text}
    return {"required": True, "content": content | texts}


def _writes(route: Route) -> bool:
    return route.method != "GET"


def _parameters(route: Route, said: Says) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": IN_PATH[name]}
    for param in sorted(route.query or ()):
        assert isinstance(param, Param), f"{route.path}?{param} says nothing of itself"
        yield {"name": str(param), "in": "query", "schema": param.schema, "description": param.meaning}
    asks = {**said.asks, **({IDEMPOTENCY_KEY: False} if _writes(route) else {})}
    for name, required in asks.items():
        yield {"name": name, "in": "header", "required": required, **HEADERS[name]}


def _responses(route: Route, said: Says, schemas: _Schemas) -> dict[int, dict[str, Any]]:
    headers = ["API-Version", *said.headers, *(["Idempotency-Replayed"] if _writes(route) else [])]
    found = {code: _answer(meaning, headers, {}) for code, meaning in said.also.items()}
    content = {said.media_type: {"schema": schemas.of(said.gives)}} if said.gives is not None else {}
    found[said.status_code] = _answer("Done.", headers, content)
    return found | _refusals({*said.refuses, *_refuses(route)}, schemas)


def _refuses(route: Route) -> Iterator[str]:
    """The problems that follow from what a call is."""
    yield from _ALWAYS
    yield "malformed"  # also for what stands behind a question mark
    if route.who is not None:
        yield from ("unauthenticated", "forbidden")
    if "{" in route.path:
        yield "not-found"
    if _writes(route):
        yield from (*_BODY, "invalid", "key-taken", "full")


def _refusals(kinds: Iterable[str], schemas: _Schemas) -> dict[int, dict[str, Any]]:
    titles: dict[int, list[str]] = {}
    for name in sorted(kinds):
        kind = problems.KINDS[name]
        titles.setdefault(kind.status_code, []).append(f"`{problems.type_of(name)}`: {kind.title}")
    content = {problems.MEDIA_TYPE: {"schema": schemas.of(problems.ProblemDetails)}}
    extra = {401: ["WWW-Authenticate"], 503: ["Retry-After"], 429: ["Retry-After"]}
    return {
        code: _answer(" ".join(lines), ["API-Version", *extra.get(code, [])], content) for code, lines in titles.items()
    }


def _answer(meaning: str, headers: Iterable[str], content: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": meaning, "headers": {name: GIVEN[name] for name in headers}}
    return answer | ({"content": dict(content)} if content else {})
