"""Loaded by schemathesis (SCHEMATHESIS_HOOKS): aims some of what it makes at things that are there.

Without it nearly every id finds nothing and nearly every draft names an unknown area, so that little behind the first
check is reached. What is aimed at whom follows from what was made, so a seed gives the same run.
"""

import json
import os
import random
from typing import Any

import schemathesis

_THERE = json.loads(os.environ["AIMED_AT"])
"""`{"drafts": [ID…], "alerts": [ID…], "points": […], "areas": […], "groups": […], "channels": […]}`"""


def _dice(value: Any) -> random.Random:
    return random.Random(repr(value))


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """What is no JSON has rules that its schema cannot say, and a corpus and a fuzz of its own."""
    return case.media_type != "application/cap+xml"


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    dice = _dice(path_parameters)
    if not path_parameters or dice.random() < 0.2:
        return path_parameters
    noun = context.operation.path.split("/")[1]
    known = {"id": _THERE.get(noun), "point": _THERE["points"]}
    return {name: dice.choice(known.get(name) or [value]) for name, value in path_parameters.items()}


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    if query and isinstance(query.get("wait"), int | float) and query["wait"] > 0.01:
        return query | {"wait": 0.01}  # a display waits up to a minute; this has not the time
    return query


@schemathesis.hook
def map_headers(context: Any, headers: dict[str, Any] | None) -> dict[str, Any] | None:
    dice = _dice(headers)
    if headers and "If-Match" in headers and dice.random() < 0.7:
        return headers | {"If-Match": f'"{dice.randint(1, 3)}"'}
    return headers


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    tag = (case.headers or {}).get("If-Match")
    if isinstance(tag, str) and tag.isdigit():
        case.headers["If-Match"] = f'"{tag}"'  # schemathesis itself loses the quotes of a text that is a number


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    dice = _dice(body)
    if not isinstance(body, dict) or dice.random() < 0.3:
        return body
    changed = dict(body)
    for name, known in (("areas", _THERE["areas"]), ("channels", _THERE["channels"])):
        if isinstance(body.get(name), list):
            changed[name] = [dice.choice(known) for _ in body[name][:2]]
    for name in ("incident", "timezone", "release_at", "scenario", "organisation"):
        if name in body and "limits" not in body and dice.random() < 0.8:  # a mandate's scenario is no draft's
            del changed[name]
    audience = body.get("audience")
    if isinstance(audience, dict) and dice.random() < 0.8:
        changed["audience"] = {"groups": _THERE["groups"], "areas": _THERE["areas"]}
    digests = _THERE.get("digests")
    if "digest" in body and digests and dice.random() < 0.7:
        changed["digest"] = dice.choice(digests)
        if "accepts" in body:
            changed["accepts"] = []
    return changed
