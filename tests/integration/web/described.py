"""Whether an answer is what the API's description says of it."""

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from broadcaster.web.document import PREFIX, described
from broadcaster.web.routes import ROUTES
from tests.integration.web.site import Reply

SOMETIMES = {"Idempotency-Replayed"}


def _closed(schema: Any) -> Any:
    """Nothing but what is described: a member that was forgotten must not pass."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _closed(value) for name, value in schema.items()}
    return inner | ({"additionalProperties": False} if "properties" in schema and "type" in schema else {})


@cache
def document() -> dict[str, Any]:
    return described(ROUTES, "https://crisis.voorbeeldstad.example")


@cache
def _places() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = document()["paths"]
    return [(re.compile(PREFIX + re.sub(r"{\w+}", "[^/]+", path).replace(".", r"\.")), paths[path]) for path in paths]


@cache
def _validator(schema: str) -> Any:
    whole = json.loads(schema) | {"components": _closed(document()["components"])}
    return jsonschema_rs.validator_for(whole, validate_formats=True)


def operation(method: str, path: str) -> dict[str, Any] | None:
    """What the document says of a call; None when it says nothing."""
    bare = path.partition("?")[0]
    for pattern, calls in _places():
        if pattern.fullmatch(bare):
            return calls.get(method.lower())
    return None


def conforms(reply: Reply) -> None:
    """Fails when a described call gave a status code, a type, a header or content that is not described."""
    found = operation(reply.method, reply.path)
    if found is None:
        return
    where = f"{reply.method} {reply.path} {reply.status_code}"
    said = found["responses"].get(str(reply.status_code))
    assert said is not None, f"{where}: no such status code in the document"
    missing = [name for name in said["headers"] if name not in reply.headers and name not in SOMETIMES]
    assert not missing, f"{where}: without {missing}"
    content = said.get("content", {})
    if not content:
        assert not reply.text, f"{where}: nothing was described"
        return
    media_type = reply.headers["Content-Type"].partition(";")[0]
    assert media_type in content, f"{where}: {media_type} is not described"
    value = reply.json if media_type.endswith("json") else reply.text
    for error in _validator(json.dumps(content[media_type]["schema"])).iter_errors(value):
        raise AssertionError(f"{where}: {error.message} at {error.instance_path}")
