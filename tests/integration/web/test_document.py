"""`GET /v1/openapi.json` describes every call there is, and nothing else."""

import re

import jsonschema_rs
import pytest

from broadcaster.web import problems
from broadcaster.web.describing import DESCRIBED
from broadcaster.web.queries import Param
from broadcaster.web.routes import ROUTES
from tests.integration.web.described import conforms, document
from tests.integration.web.site import Reply, Site

CALLS = [route for route in ROUTES if route.path.startswith("/v1/")]


@pytest.mark.parametrize("route", CALLS, ids=lambda route: f"{route.method} {route.path}")
def test_every_call_says_what_it_takes_and_gives(route) -> None:
    assert route.handler in DESCRIBED, "write @says(...) above its handler, as broadcaster/web/describing.py tells"
    assert all(isinstance(name, Param) for name in route.query or ()), "its parameters are queries.Param"
    found = document()["paths"][route.path.removeprefix("/v1")][route.method.lower()]
    assert len(found["summary"]) > 10, "the docstring says after a colon what the call does"


def test_the_document_has_the_calls_of_the_table_and_no_other() -> None:
    told = {(method.upper(), path) for path, calls in document()["paths"].items() for method in calls}
    assert told == {(route.method, route.path.removeprefix("/v1")) for route in CALLS}
    names = [call["operationId"] for calls in document()["paths"].values() for call in calls.values()]
    assert len(names) == len(set(names))


def test_every_schema_that_is_named_is_there_and_is_a_schema() -> None:
    whole = document()
    names = set(re.findall(r"#/components/schemas/(\w+)", str(whole)))
    assert names == set(whole["components"]["schemas"])
    for name in names:
        jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": whole["components"]})


def test_the_design_rules_of_the_dutch_government_hold() -> None:
    """https://github.com/Logius-standaarden/API-Design-Rules, the rules a machine can check."""
    whole = document()
    assert re.fullmatch(r"\d+\.\d+\.\d+", whole["info"]["version"])
    assert whole["info"]["contact"]
    assert whole["info"]["license"]["identifier"] == "EUPL-1.2"
    assert all(re.search(r"/v\d+$", server["url"]) for server in whole["servers"])
    assert set(whole["paths"]["/openapi.json"]) == {"get"}
    for path, calls in whole["paths"].items():
        assert re.fullmatch(r"(/([a-z0-9.-]+|{[a-zA-Z0-9]+}(\.[a-z]+)?))+", path), "kebab-case, no trailing slash"
        for method, call in calls.items():
            assert method in {"get", "post", "put", "patch", "delete"}
            assert method != "get" or "requestBody" not in call
            for code, answer in call["responses"].items():
                assert "API-Version" in answer["headers"]
                assert int(code) < 400 or set(answer["content"]) == {problems.MEDIA_TYPE}


async def test_anybody_may_read_it_from_any_page_and_keep_it(site: Site) -> None:
    reply = await site.get(None, "/v1/openapi.json")
    assert reply.status_code == 200
    assert reply.json["paths"] == document()["paths"]
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    again = await site.get(None, "/v1/openapi.json", If_None_Match=reply.headers["ETag"])
    assert (again.status_code, again.text) == (304, "")


async def test_an_answer_that_is_not_described_is_noticed(site: Site) -> None:
    draft = await site.draft()
    good = await site.get("anna", f"/v1/drafts/{draft['id']}")
    for text in (
        good.text.replace('"revision":1', '"revision":0'),
        good.text.replace('"revision":1', '"revision":1,"secret":1'),
        good.text.replace('"stage":"draft"', '"stage":"sent"'),
        good.text.replace('"msg_type":"Alert",', ""),
        "x",
    ):
        with pytest.raises((AssertionError, ValueError)):
            conforms(Reply(good.status_code, good.headers, text, good.method, good.path))
    with pytest.raises(AssertionError):
        conforms(Reply(299, good.headers, good.text, good.method, good.path))
