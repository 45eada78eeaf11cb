"""Spryng: every documented reply, every status code, and what a request holds."""

import json

import pytest

from broadcaster.channel import Accepted, Failed, FailureKind, Inbound, Receipt
from broadcaster.clock import SystemClock
from broadcaster.demo.simulators.http import Reply
from broadcaster.demo.simulators.sms_spryng import SpryngGateway
from channels import sms_spryng
from tests.contract.cases.sms_spryng import CASE, TOKEN, settings
from tests.contract.harness import AR, NL, by_status

BAD_ADDRESS, BAD_CONTENT, BAD_CONFIG = FailureKind.BAD_ADDRESS, FailureKind.BAD_CONTENT, FailureKind.BAD_CONFIG
THROTTLED, UNREACHABLE, UNCERTAIN = FailureKind.THROTTLED, FailureKind.UNREACHABLE, FailureKind.UNCERTAIN

# The fields that a 422 names, and what it is then about.
FIELDS = [
    (["recipients"], BAD_ADDRESS),
    (["recipients.0"], BAD_ADDRESS),
    (["recipients", "recipients.0"], BAD_ADDRESS),
    (["body"], BAD_CONTENT),
    (["originator"], BAD_CONFIG),
    (["route"], BAD_CONFIG),
    (["encoding"], BAD_CONFIG),
    (["reference"], BAD_CONFIG),
    (["scheduled_at"], BAD_CONFIG),
    (["recipients.0", "originator"], BAD_CONFIG),
    (["body", "recipients.0"], BAD_CONFIG),
    (["a field of tomorrow"], BAD_CONFIG),
]


async def outcome_of(scripted):
    async with CASE.live(script=[scripted]) as (_, account):
        [outcome] = await account.send(CASE.parcels())
    return outcome


def invalid(*fields, message="The given data was invalid."):
    errors = {field: [f"The {field} is invalid."] for field in fields}
    return Reply(422, json.dumps({"message": message, "errors": errors}).encode())


async def test_every_status_code_has_one_meaning():
    page = b"<html>no document of Spryng</html>"
    found = {code: (await outcome_of(Reply(code, page))).kind for code in range(100, 600)}
    assert found == {code: by_status(code) for code in range(100, 600)}


async def test_a_message_object_is_an_acceptance_in_no_other_answer_than_a_success():
    taken = b'{"id":"9d7766cb-a3f9-4155-86e9-6153a0c00957"}'
    found = {code: await outcome_of(Reply(code, taken)) for code in (200, 201, 202, 302, 401, 402, 422, 429, 500)}
    accepted = {code for code, outcome in found.items() if isinstance(outcome, Accepted)}
    assert accepted == {200, 201}
    assert found[200] == Accepted(ref="9d7766cb-a3f9-4155-86e9-6153a0c00957")


@pytest.mark.parametrize(("fields", "kind"), FIELDS)
async def test_a_refusal_is_about_the_field_that_is_named(fields, kind):
    outcome = await outcome_of(invalid(*fields))
    assert (outcome.kind, outcome.provider_code) == (kind, "422")


async def test_a_refusal_says_why():
    outcome = await outcome_of(invalid("originator", message="The originator is not registered."))
    assert outcome == Failed(BAD_CONFIG, "the sender is not allowed: The originator is not registered.", "422")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"errors":{}}', b'{"errors":["recipients"]}', b'{"errors":"recipients"}', b'{"errors":null}'],
    ids=range(7),
)
async def test_a_refusal_that_names_no_field_is_about_us(body):
    assert (await outcome_of(Reply(422, body))).kind is BAD_CONFIG


@pytest.mark.parametrize(
    ("status_code", "kind"), [(401, BAD_CONFIG), (402, BAD_CONFIG), (404, BAD_CONFIG), (405, BAD_CONFIG)]
)
async def test_the_other_documented_refusals_are_about_us(status_code, kind):
    outcome = await outcome_of(Reply(status_code, b'{"message":"Unauthenticated."}'))
    assert (outcome.kind, outcome.provider_code) == (kind, str(status_code))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b'{"id":', b'{"id":""}', b'{"id":null}', b'{"id":7}', b"[" * 100_000, b"\xff\xfe"],
    ids=range(10),
)
async def test_a_200_without_a_message_object_is_uncertain(body):
    assert (await outcome_of(Reply(200, body))).kind is UNCERTAIN


async def test_a_throttled_request_carries_the_wait_if_one_is_named():
    waits = [await outcome_of(Reply(429, headers=headers)) for headers in ({"Retry-After": "12"}, {})]
    assert [(outcome.kind, outcome.retry_after) for outcome in waits] == [(THROTTLED, 12.0), (THROTTLED, None)]


# --- the request -----------------------------------------------------------------------------------


async def test_a_request_says_what_the_documentation_asks():
    seen = []

    def reply(request):
        seen.append(request)
        return Reply(200, b"{}")

    parcel = CASE.parcels()[0]
    async with CASE.live(script=[reply]) as (_, account):
        await account.send([parcel])
    assert (seen[0].method, seen[0].path) == ("POST", "/v1/messages")
    assert (seen[0].headers["authorization"], seen[0].headers["content-type"]) == (
        f"Bearer {TOKEN}",
        "application/json",
    )
    assert json.loads(seen[0].body) == {
        "body": parcel.rendition.payload.decode(),
        "encoding": "auto",
        "originator": "Voorbeeld",
        "recipients": [parcel.address[1:]],
        "reference": parcel.reference,
        "route": "business",
    }


async def test_the_approved_bytes_are_what_goes_out_in_every_language():
    letters: list[bytes] = []
    parcels = [CASE.parcels(1, NL)[0], CASE.parcels(1, AR)[0]]
    async with CASE.live(letters=letters) as (_, account):
        for parcel in parcels:
            await account.send([parcel])
    assert [json.loads(letter)["body"].encode() for letter in letters] == [p.rendition.payload for p in parcels]


async def test_a_recipient_has_a_request_of_its_own():
    assert CASE.spec().batch == 1
    assert not CASE.spec().deduplicates


async def test_the_route_is_the_one_of_the_contract():
    letters: list[bytes] = []
    async with CASE.live(letters=letters, changed={"route": "1234"}) as (_, account):
        await account.send(CASE.parcels())
    assert json.loads(letters[0])["route"] == "1234"


def test_the_rate_is_by_default_the_lowest_that_is_documented():
    assert CASE.spec().per_second * 60 == 1200


# --- the probe -------------------------------------------------------------------------------------


class Balance(SpryngGateway):
    """A gateway that answers one thing to the question for the balance."""

    said = Reply()

    def answer(self, request):
        assert (request.method, request.path) == ("GET", "/v1/balance")
        return self.said


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Reply(200, b'{"amount":12.5}'), None),
        (Reply(200, b'{"amount":0}'), None),
        (Reply(401, b'{"message":"Unauthenticated."}'), BAD_CONFIG),
        (Reply(403), BAD_CONFIG),
        (Reply(429), THROTTLED),
        (Reply(200, b"{}"), UNREACHABLE),
        (Reply(200, b"<html>"), UNREACHABLE),
        (Reply(500), UNREACHABLE),
        (Reply(503), UNREACHABLE),
    ],
)
async def test_a_probe_asks_for_the_balance(said, kind):
    async with Balance() as provider:
        provider.said = said
        account = CASE.account(provider.port)
        probed = await account.probe()
        await account.aclose()
    assert (probed and probed.kind) == kind


# --- receipts --------------------------------------------------------------------------------------


def facts(**query):
    account = sms_spryng.connect("sms.x", sms_spryng.Settings(**settings(1)), {"token": TOKEN}, SystemClock())
    return account.facts(Inbound(b"", {}, query))


@pytest.mark.parametrize(
    ("status", "delivered", "final"),
    [("10", True, True), ("20", False, True), ("0", False, False), ("30", False, False)],
)
def test_every_documented_status_of_a_report(status, delivered, final):
    [receipt] = facts(STATUS=status, REASONCODE="0", REFERENCE="01jdabc")
    assert receipt == Receipt("01jdabc", delivered, final, None, "0")


@pytest.mark.parametrize("code", ["20", "21", "22", "31", "32"])
def test_a_report_of_a_failure_carries_its_reason(code):
    assert facts(STATUS="20", REASONCODE=code, REFERENCE="01jdabc")[0].provider_code == code


def test_a_report_without_a_reason_carries_its_status():
    assert facts(STATUS="20", REFERENCE="01jdabc")[0].provider_code == "20"


def test_a_report_without_a_reference_says_nothing_to_us():
    assert facts(STATUS="10", REASONCODE="0", REFERENCE="") == []


@pytest.mark.parametrize(
    "query", [{}, {"STATUS": "10"}, {"REFERENCE": "01jdabc"}, {"STATUS": "delivered", "REFERENCE": "01jdabc"}]
)
def test_what_is_no_report_is_a_value_error(query):
    with pytest.raises(ValueError, match=r"."):
        facts(**query)


# --- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", [{"route": ""}, {"from": "TwaalfTekens"}, {"base_url": "https://gw.example/v1"}])
def test_a_setting_that_cannot_work_is_refused(changed):
    with pytest.raises(ValueError, match=next(iter(changed))):
        sms_spryng.Settings(**settings(1) | changed)
