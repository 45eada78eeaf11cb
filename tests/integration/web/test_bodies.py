"""What bad input gets: a problem that names every field, and nothing stored."""

import asyncio
import json
import zlib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcaster.web.bodies import MAX_BYTES
from tests.integration.web.site import Site

DRAFTS = "/v1/drafts"


async def _nothing_stored(site: Site) -> bool:
    return (await site.get("vera", DRAFTS)).json["items"] == []


NO_OBJECT = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"tekst"',
    b'{"status": NaN}',
    b'{"status": Infinity}',
    b'{"audience": {"expected": 1e999}}',
    b'{"audience": {"expected": 9007199254740993}}',
    b'{"audience": {"expected": %s}}' % (b"9" * 10_000),
    b"\xff\xfe{}",
    b'\xef\xbb\xbf{"status": "Actual"}',
    b'{"status": "\xe9"}',
    b'{"a": ' * 10_000 + b"1" + b"}" * 10_000,
    b'{"a": ' * 20 + b"1" + b"}" * 20,
]


async def test_what_is_no_json_object_is_refused(site: Site) -> None:
    for raw in NO_OBJECT:
        reply = await site.call("anna", "POST", DRAFTS, raw)
        assert (reply.status_code, reply.problem) == (400, "malformed"), raw[:60]
    assert await _nothing_stored(site)


async def test_a_whole_number_is_whole_however_it_is_written(site: Site) -> None:
    for written in ("6", "6.0", "6e0", "60e-1"):
        raw = f'{{"status": "Test", "audience": {{"expected": {written}}}}}'.encode()
        reply = await site.call("anna", "POST", DRAFTS, raw)
        assert (reply.status_code, reply.json["audience"]["expected"]) == (201, 6), written
    reply = await site.call("anna", "POST", DRAFTS, b'{"status": "Test", "audience": {"expected": 6.5}}')
    assert (reply.status_code, reply.rules) == (400, [("audience.expected", "int-type")])


async def test_a_field_that_stands_twice_is_refused(site: Site) -> None:
    reply = await site.call("anna", "POST", DRAFTS, b'{"status": "Exercise", "status": "Actual"}')
    assert (reply.status_code, reply.rules) == (400, [("status", "duplicate")])
    reply = await site.call("anna", "POST", DRAFTS, b'{"status": "Test", "infos": {"nl": {}, "nl": {}}}')
    assert (reply.status_code, reply.rules) == (400, [("nl", "duplicate")])


async def test_half_a_character_is_refused_where_it_stands(site: Site) -> None:
    reply = await site.call(
        "anna", "POST", DRAFTS, rb'{"infos": {"nl": {"headline": "\ud800"}}, "channels": ["\udfff"]}'
    )
    assert (reply.status_code, reply.rules) == (400, [("infos.nl.headline", "not-text"), ("channels.0", "not-text")])


async def test_every_fault_is_named_at_once(site: Site) -> None:
    wrong = {
        "event": "twee\nregels",
        "category": "Weather",
        "expires": "2026-11-23T14:30:00",
        "next_update": 1763900000,
        "as_of": "9999-12-31T23:59:59Z",
        "source": "  ",
        "areas": "noord",
        "audience": {"expected": -1, "everyone": True},
        "infos": {"Dutch": {}, "nl": {"headline": "a\u0000", "titel": "x"}},
        "fields": {"postcode": True},
        "extra": 1,
    }
    reply = await site.post("anna", DRAFTS, wrong)
    assert (reply.status_code, reply.problem) == (400, "malformed")
    assert sorted(reply.rules) == [
        ("areas", "list-type"),
        ("as_of", "value-error"),
        ("audience.everyone", "extra-forbidden"),
        ("audience.expected", "greater-than-equal"),
        ("category", "enum"),
        ("event", "value-error"),
        ("expires", "timezone-aware"),
        ("extra", "extra-forbidden"),
        ("fields.postcode", "field-value"),
        ("infos.Dutch", "string-pattern-mismatch"),
        ("infos.nl.headline", "value-error"),
        ("infos.nl.titel", "extra-forbidden"),
        ("next_update", "value-error"),
        ("source", "value-error"),
        ("status", "missing"),
    ]
    assert await _nothing_stored(site)


async def test_what_this_house_does_not_have_is_named_at_once(site: Site) -> None:
    wrong = site.house.content(
        areas=["west"],
        channels=["sms", "fax"],
        audience={"groups": ["iedereen"], "areas": ["west"]},
        release_at="2027-03-28T02:30",
        timezone="Europe/Amsterdam",
        incident="x",
    )
    reply = await site.post("anna", DRAFTS, wrong)
    assert (reply.status_code, reply.problem) == (422, "invalid")
    assert reply.rules == [
        ("areas", "unknown"),
        ("channels", "unknown"),
        ("release_at", "no-such-time"),
        ("incident", "unknown"),
        ("audience.areas", "unknown"),
        ("audience.groups", "unknown"),
    ]
    reply = await site.post("anna", DRAFTS, site.house.content(organisation="elders"))
    assert (reply.status_code, reply.rules) == (422, [("organisation", "unknown")])
    reply = await site.post("anna", DRAFTS, site.house.content(timezone="Europe/Nergens"))
    assert (reply.status_code, reply.rules) == (422, [("timezone", "no-such-time")])
    assert await _nothing_stored(site)


async def test_a_submit_names_every_required_slot_that_is_empty(site: Site) -> None:
    draft = (await site.post("anna", DRAFTS, {"status": "Actual"})).json
    reply = await site.post("anna", f"{DRAFTS}/{draft['id']}/submit")
    assert (reply.status_code, reply.problem) == (422, "invalid")
    empty = ("event", "category", "severity", "urgency", "certainty", "source", "as_of", "expires", "next_update")
    assert {(field, "slot-missing") for field in (*empty, "areas", "channels", "infos")} <= set(reply.rules)
    preview = await site.get("anna", f"{DRAFTS}/{draft['id']}/renditions")
    assert preview.json["items"] == []
    assert {(item["field"], item["code"]) for item in preview.json["findings"]} >= set(reply.rules)
    assert (await site.get("vera", "/v1/alerts")).json["items"] == []


async def test_an_empty_audience_is_nobody_and_not_submitted(site: Site) -> None:
    draft = await site.draft(audience=None)
    reply = await site.post("anna", f"{DRAFTS}/{draft['id']}/submit")
    assert (reply.status_code, reply.rules) == (422, [("audience", "audience-empty")])


async def test_too_much_is_refused(site: Site) -> None:
    raw = json.dumps({"status": "Actual", "event": "x" * MAX_BYTES}).encode()
    reply = await site.call("anna", "POST", DRAFTS, raw)
    assert (reply.status_code, reply.problem) == (413, "too-large")
    fits = b'{"status": "Test"}'.ljust(MAX_BYTES - 1)
    assert (await site.call("anna", "POST", DRAFTS, fits)).status_code == 201


async def test_another_type_is_refused(site: Site) -> None:
    for method, path, media_type in (
        ("POST", DRAFTS, "text/plain"),
        ("POST", DRAFTS, "application/x-www-form-urlencoded"),
        ("POST", DRAFTS, "application/merge-patch+json"),
        ("POST", DRAFTS, "application/json; charset=utf-16"),
        ("PATCH", f"{DRAFTS}/{'0' * 26}", "application/json-patch+json"),
        ("PATCH", f"{DRAFTS}/{'0' * 26}", "application/xml"),
    ):
        headers = {"Content_Type": media_type, "If_Match": '"1"'}
        reply = await site.call("anna", method, path, {"status": "Actual"}, **headers)
        assert (reply.status_code, reply.problem) == (415, "unsupported-type"), media_type


async def test_a_packed_body_is_refused(site: Site) -> None:
    raw = zlib.compress(b'{"status": "Actual"}' + b" " * 50_000_000)
    reply = await site.call("anna", "POST", DRAFTS, raw, Content_Encoding="deflate")
    assert (reply.status_code, reply.problem) == (415, "unsupported-type")


async def test_calls_without_fields_take_none(site: Site) -> None:
    draft = await site.draft()
    path = f"{DRAFTS}/{draft['id']}/submit"
    reply = await site.post("anna", path, {"force": True})
    assert (reply.status_code, reply.rules) == (400, [("force", "extra-forbidden")])
    assert (await site.post("anna", path, {})).status_code == 201


async def test_approve_and_return_say_what_they_need(site: Site) -> None:
    alert = await site.submitted()
    approve, back = (f"/v1/alerts/{alert['alert']}/{verb}" for verb in ("approve", "return"))
    wrong = {"accepts": [1], "expected": "6", "force": True}
    assert sorted((await site.post("bert", approve, wrong)).rules) == [
        ("accepts.0", "string-type"),
        ("digest", "missing"),
        ("expected", "int-type"),
        ("force", "extra-forbidden"),
    ]
    assert (await site.post("bert", back, {})).rules == [("reason", "missing")]
    assert (await site.post("bert", back, {"reason": " "})).rules == [("reason", "value-error")]
    huge = {"digest": alert["digest"], "expected": 2**53 - 1}
    assert (await site.post("bert", approve, huge)).rules == [("expected", "less-than-equal")]


async def test_an_id_that_is_none_finds_nothing(site: Site) -> None:
    for id_ in ("x", "0" * 26, "0" * 27, "%00", "..%2f..", "'; DROP TABLE alert; --", "é", "a" * 4000):
        for path in (f"{DRAFTS}/{id_}", f"/v1/alerts/{id_}", f"/v1/alerts/{id_}/deliveries", f"/v1/boards/{id_}"):
            assert (await site.get("vera", path)).problem == "not-found", path
        for verb in ("halt", "release"):
            assert (await site.post("bert", f"/v1/alerts/{id_}/{verb}")).problem == "not-found", id_


async def test_unknown_questions_are_refused(site: Site) -> None:
    for path, rules in (
        (f"{DRAFTS}?page=2", [("page", "unknown")]),
        (f"{DRAFTS}?limit=0", [("limit", "range")]),
        (f"{DRAFTS}?limit=201", [("limit", "range")]),
        (f"{DRAFTS}?cursor=x", [("cursor", "cursor")]),
        ("/v1/alerts?stage=sent", [("stage", "enum")]),
        ("/v1/alerts?limit=1&limit=2", [("limit", "duplicate")]),
        (f"/v1/alerts/{'0' * 26}?expand=1", [("expand", "unknown")]),
        ("/v1/keys?x=%FF", [("x", "unknown")]),
    ):
        reply = await site.get("vera", path)
        assert (reply.status_code, reply.rules) == (400, rules), path


async def test_a_body_that_breaks_off_costs_only_itself(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    token = site.house.tokens["anna"]
    head = f"POST {DRAFTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    writer.write(f'{head}Content-Length: 100\r\n\r\n{{"status"'.encode())
    await writer.drain()
    writer.write_eof()
    await reader.read()
    writer.close()
    await writer.wait_closed()
    assert await _nothing_stored(site)


# --- whatever comes in -----------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(min_size=1, max_size=60)
nearly = st.fixed_dictionaries(
    {"status": st.sampled_from(["Actual", "Exercise", "Test"])},
    optional={
        "event": texts,
        "category": st.sampled_from(["Infra", "Met"]) | anything,
        "severity": st.sampled_from(["Extreme", "Unknown"]),
        "expires": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | anything,
        "as_of": st.sampled_from(["2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00-23:59", "2099-12-31T23:59:59Z"]),
        "release_at": st.datetimes().map(lambda at: at.isoformat()) | texts,
        "timezone": st.sampled_from(["Europe/Amsterdam", "UTC", "posix", "../x", "\x00"]) | texts,
        "areas": st.lists(st.sampled_from(["noord", "zuid", "noord"]), max_size=3),
        "audience": st.fixed_dictionaries({}, optional={"groups": st.just(["bewoners"]), "expected": st.integers()}),
        "channels": st.lists(st.sampled_from(["sms", "email", "display", "sms"]), max_size=3),
        "infos": st.dictionaries(
            st.sampled_from(["nl", "en", "ar", "tr", "xx"]),
            st.dictionaries(
                st.sampled_from(["headline", "description", "impact", "instruction", "short", "web"]), texts
            ),
        )
        | anything,
        "scenario": st.sampled_from(["power-outage", "geen"]) | anything,
        "fields": st.dictionaries(st.sampled_from(["area", "until", "phone"]), texts | st.integers()) | anything,
        "incident": texts,
        "organisation": texts,
    },
)
usual = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _answered(reply: Any) -> None:
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        assert reply.problem
        assert all(set(fault) == {"field", "rule", "message"} for fault in reply.json["errors"])


@usual
@given(body=anything | nearly | st.binary(max_size=60))
async def test_no_body_brings_the_hub_down(site: Site, body: Any) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    alert = f"/v1/alerts/{'0' * 26}"
    for path in (DRAFTS, f"{DRAFTS}/{'0' * 26}/submit", f"{alert}/approve", f"{alert}/return", f"{alert}/halt"):
        _answered(await site.call("anna", "POST", path, raw))
    _answered(await site.call("anna", "PATCH", f"{DRAFTS}/{'0' * 26}", raw, If_Match='"1"'))


@usual
@given(content=nearly, whole=st.booleans(), patch=nearly | anything)
async def test_no_draft_brings_the_hub_down(site: Site, content: Any, whole: bool, patch: Any) -> None:
    unknown = ("incident", "organisation") if whole else ()
    base = site.house.content() if whole else {}
    created = await site.post("anna", DRAFTS, base | {name: content[name] for name in content if name not in unknown})
    _answered(created)
    if created.status_code != 201:
        return
    path = f"{DRAFTS}/{created.json['id']}"
    _answered(await site.call("anna", "PATCH", path, patch, If_Match='"1"'))
    _answered(await site.get("anna", path))
    _answered(await site.get("anna", f"{path}/renditions"))
    submitted = await site.post("anna", f"{path}/submit")
    _answered(submitted)
    if submitted.status_code == 201:
        _answered(await site.approve("bert", submitted.json))
        _answered(await site.get("vera", f"/v1/alerts/{submitted.json['alert']}"))
