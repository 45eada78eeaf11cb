"""Headers and places in paths, as the API's description tells them."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from broadcaster import ids
from broadcaster.model.draft import Language, Name
from broadcaster.model.recording import PATTERN as RECORDING
from broadcaster.render.desk import DESKS
from broadcaster.store.answers import KEPT_IN
from broadcaster.web.drafts import TAG
from broadcaster.web.headers import API_VERSION
from broadcaster.web.writes import KEY

IN_PATH: Mapping[str, Mapping[str, Any]] = {
    "id": {"type": "string", "pattern": ids.PATTERN},
    "task": {"type": "string", "pattern": ids.PATTERN},
    "point": TypeAdapter(Name).json_schema(),
    "sha256": {"type": "string", "pattern": RECORDING},
    "output": {"type": "string", "enum": [*DESKS]},
    "language": TypeAdapter(Language).json_schema(),
}
"""What stands in a path, by name, in JSON Schema."""


def _text(meaning: str, pattern: str | None = None) -> dict[str, Any]:
    return {"schema": {"type": "string"} | ({"pattern": f"^{pattern}$"} if pattern else {}), "description": meaning}


HEADERS: Mapping[str, Mapping[str, Any]] = {
    "If-Match": _text("The ETag of the revision that is meant.", TAG.pattern),
    "If-None-Match": _text("The ETag of what the asker has: that one is answered with 304."),
    "Idempotency-Key": _text(
        f"Repeat a write safely: for {int(KEPT_IN.total_seconds() // 3600)} hours the same request with the same key"
        " gets the same answer and has no second effect.",
        KEY.pattern,
    ),
    "Last-Event-ID": _text("The `id` of the last event that the asker has; what came after it is sent first."),
}
"""What a request may carry, by name."""
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "API-Version": {"schema": {"const": API_VERSION}, "description": "The full version of this API."},
    "Access-Control-Allow-Origin": {"schema": {"const": "*"}, "description": "Any page may read this."},
    "ETag": _text("Names this revision."),
    "Idempotency-Replayed": {"schema": {"const": "true"}, "description": "This is the answer of an earlier request."},
    "Location": _text("Where what was made is found."),
    "Retry-After": _text("Seconds.", "[0-9]+"),
    "WWW-Authenticate": _text("How to authenticate (RFC 6750)."),
}
"""What an answer may carry, by name."""
