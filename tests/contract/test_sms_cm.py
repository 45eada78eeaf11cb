"""CM.com: every documented reply, every status code, and what a request holds."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from broadcaster.channel import Accepted, Failed, FailureKind, Inbound, Parcel, Receipt
from broadcaster.clock import SystemClock
from broadcaster.demo.simulators.faults import Fault
from broadcaster.demo.simulators.http import Reply
from broadcaster.model import gsm
from channels import _http, sms_cm
from tests.contract.cases.sms_cm import CASE, TOKEN, settings
from tests.contract.harness import AR, NL, NOW, by_status, listening

BAD_ADDRESS, OPTED_OUT, BAD_CONTENT = FailureKind.BAD_ADDRESS, FailureKind.OPTED_OUT, FailureKind.BAD_CONTENT
BAD_CONFIG, THROTTLED = FailureKind.BAD_CONFIG, FailureKind.THROTTLED
UNREACHABLE, UNCERTAIN = FailureKind.UNREACHABLE, FailureKind.UNCERTAIN

MESSAGE_CODES = {
    301: BAD_CONFIG, 302: BAD_ADDRESS, 303: BAD_ADDRESS, 304: BAD_CONTENT, 305: BAD_CONFIG,
    401: BAD_CONTENT, 402: OPTED_OUT, 403: BAD_CONFIG, 500: UNCERTAIN, 999: UNCERTAIN,
    306: UNCERTAIN, 0: UNCERTAIN,  # rejected, for no documented reason
}  # fmt: skip
REQUEST_CODES = {
    101: BAD_CONFIG, 102: BAD_CONFIG, 103: BAD_CONFIG, 202: BAD_CONFIG, 203: BAD_CONFIG, 500: UNCERTAIN, 999: UNCERTAIN,
}  # fmt: skip


def entries(request, **changed):
    """CM's word on every message of a request: accepted in one part, but for what is changed."""
    messages = json.loads(request.body)["messages"]["msg"]
    accepted = {"status": "Accepted", "parts": 1, "messageDetails": None, "messageErrorCode": 0}
    return [{"to": m["to"][0]["number"], "reference": m["reference"], **accepted, **changed} for m in messages]


def answering(change, status_code=200):
    """A scripted answer: the true one, its messages changed by a function."""

    def reply(request):
        document = {"details": "Created 1 message(s)", "errorCode": 0, "messages": change(entries(request))}
        return Reply(status_code, json.dumps(document).encode())

    return reply


def rejecting(code, status_code=400):
    return answering(
        lambda found: [e | {"status": "Rejected", "parts": 0, "messageErrorCode": code} for e in found], status_code
    )


async def outcomes_of(scripted, count=1):
    async with CASE.live(script=[scripted]) as (_, account):
        return await account.send(CASE.parcels(count))


async def test_every_status_code_has_one_meaning():
    page = b"<html>no document of CM.com</html>"
    found = {code: (await outcomes_of(Reply(code, page)))[0] for code in range(100, 600)}
    assert {code: outcome.kind for code, outcome in found.items()} == {
        code: by_status(code) for code in range(100, 600)
    }


@pytest.mark.parametrize("code", MESSAGE_CODES)
@pytest.mark.parametrize("status_code", [200, 400])
async def test_every_documented_rejection_of_a_message(code, status_code):
    [outcome] = await outcomes_of(rejecting(code, status_code))
    assert (outcome.kind, outcome.provider_code) == (MESSAGE_CODES[code], str(code))


@pytest.mark.parametrize("code", REQUEST_CODES)
@pytest.mark.parametrize("status_code", [200, 400])
async def test_every_documented_refusal_of_a_request_is_the_outcome_of_all(code, status_code):
    body = json.dumps({"details": "No account found", "errorCode": code, "messages": []}).encode()
    found = await outcomes_of(Reply(status_code, body), count=3)
    assert [(outcome.kind, outcome.provider_code) for outcome in found] == [(REQUEST_CODES[code], str(code))] * 3


async def test_an_accepted_message_tells_its_parts():
    [outcome] = await outcomes_of(answering(lambda found: [found[0] | {"parts": 3}]))
    assert outcome == Accepted(segments=3)


async def test_one_rejected_message_among_accepted_ones_is_rejected_alone():
    def second_rejected(found):
        found[1] |= {
            "status": "Rejected",
            "messageErrorCode": 304,
            "messageDetails": "A body without content was found",
        }
        return found

    first, second, third = await outcomes_of(answering(second_rejected), count=3)
    assert first == third == Accepted(segments=1)
    assert second == Failed(BAD_CONTENT, "the text is not usable: A body without content was found", "304")


async def test_answers_in_another_order_are_matched_by_reference():
    def turned(found):
        found[0] |= {"status": "Rejected", "messageErrorCode": 303}
        return found[::-1]

    assert [type(outcome) for outcome in await outcomes_of(answering(turned), count=3)] == [Failed, Accepted, Accepted]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda found: found[:1], 1),
        (lambda found: [found[0], None, "text"], 1),
        (lambda found: [found[0], found[1] | {"reference": None}, found[2] | {"reference": "another"}], 1),
        (lambda found: [found[0], found[0], found[0]], 0),
    ],
    ids=["missing", "no objects", "other references", "twice"],
)
async def test_a_message_that_the_answer_does_not_name_once_is_uncertain(change, named):
    found = await outcomes_of(answering(change), count=3)
    assert found[:named] == [Accepted(segments=1)] * named
    assert {outcome.kind for outcome in found[named:]} == {UNCERTAIN}


async def test_an_acceptance_with_an_error_code_is_uncertain():
    [outcome] = await outcomes_of(answering(lambda found: [found[0] | {"messageErrorCode": 304}]))
    assert outcome.kind is UNCERTAIN


@pytest.mark.parametrize("status", ["accepted?", None, 1, "Queued"])
async def test_a_status_that_is_not_documented_is_uncertain(status):
    [outcome] = await outcomes_of(answering(lambda found: [found[0] | {"status": status}]))
    assert outcome.kind is UNCERTAIN


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"messages":',
        b'{"messages":{}}',
        b'{"messages":[]}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"1" * 5000,
    ],
    ids=range(9),
)
async def test_a_200_that_is_no_document_of_theirs_is_uncertain(body):
    [outcome] = await outcomes_of(Reply(200, body))
    assert outcome.kind is UNCERTAIN


async def test_an_answer_larger_than_any_true_one_is_uncertain():
    [outcome] = await outcomes_of(Reply(200, b" " * (2 << 20)))
    assert outcome.kind is UNCERTAIN


async def test_an_answer_that_never_ends_is_uncertain_within_the_timeout():
    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\n \r\n")
            await writer.drain()

    async with listening(talk) as port:
        account = CASE.account(port, timeout=0.3)
        [outcome] = await account.send(CASE.parcels())
        await account.aclose()
    assert outcome.kind is UNCERTAIN


async def test_a_gateway_that_answers_no_handshake_is_unreachable():
    async def talk(reader, writer):
        await reader.read()

    async with listening(talk) as port:
        account = CASE.account(port, base_url=f"https://127.0.0.1:{port}", **CASE.impatient)
        [outcome] = await account.send(CASE.parcels())
        await account.aclose()
    assert outcome.kind is UNREACHABLE


async def test_a_full_pool_is_unreachable():
    async with CASE.live(script=[Fault.HOLD], changed={"concurrency": 1, **CASE.impatient}) as (provider, account):
        [first], [second] = await asyncio.gather(account.send(CASE.parcels()), account.send(CASE.parcels()))
        assert (first.kind, second.kind) == (UNCERTAIN, UNREACHABLE)
        assert provider.counts.connections == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (" 2 ", 2.0),
        ("Mon, 23 Nov 2026 03:01:30 GMT", 90.0),
        ("Mon, 23 Nov 2026 02:00:00 GMT", 0.0),
    ]
    + [(useless, None) for useless in ("", "soon", "-5", "1e999", "Mon, 99 Nov 2026 03:01:30 GMT")],
)
def test_retry_after_is_read_in_both_forms(value, seconds):
    assert _http.retry_after({"Retry-After": value}, NOW) == seconds


async def test_a_throttled_request_carries_the_wait():
    [outcome] = await outcomes_of(Reply(429, headers={"Retry-After": "12"}))
    assert (outcome.kind, outcome.retry_after) == (THROTTLED, 12.0)


async def test_a_redirect_is_not_followed():
    async with CASE.simulator() as elsewhere:
        to = Reply(307, headers={"Location": f"http://127.0.0.1:{elsewhere.port}/v1.0/message"})
        [outcome] = await outcomes_of(to)
        assert outcome.kind is BAD_CONFIG
        assert elsewhere.counts.connections == 0


# --- the request -----------------------------------------------------------------------------------


async def request_for(parcels):
    letters: list[bytes] = []
    async with CASE.live(letters=letters) as (_, account):
        await account.send(parcels)
    [letter] = letters
    return json.loads(letter)["messages"]


async def test_a_request_says_what_the_documentation_asks():
    parcel = CASE.parcels()[0]
    [message] = (await request_for([parcel]))["msg"]
    assert message == {
        "to": [{"number": "00" + parcel.address[1:]}],
        "reference": parcel.reference,
        "allowedChannels": ["SMS"],
        "from": "Voorbeeld",
        "body": {"type": "auto", "content": parcel.rendition.payload.decode()},
        "minimumNumberOfMessageParts": 1,
        "maximumNumberOfMessageParts": 8,
        "validity": parcel.expires_at.strftime("%Y-%m-%d %H:%M:%S GMT"),
    }


async def test_the_token_goes_in_its_header_and_nowhere_else():
    seen = []

    def reply(request):
        seen.append(request)
        return Reply(200, b"{}")

    await outcomes_of(reply)
    assert seen[0].headers["x-cm-producttoken"] == TOKEN
    assert TOKEN.encode() not in seen[0].body
    assert (seen[0].method, seen[0].path) == ("POST", "/v1.0/message")


async def test_the_approved_bytes_are_what_goes_out_in_every_language():
    dutch, arabic = CASE.parcels(1, NL)[0], CASE.parcels(2, AR)[1]
    sent = (await request_for([dutch, arabic]))["msg"]
    assert [m["body"]["content"].encode() for m in sent] == [dutch.rendition.payload, arabic.rendition.payload]


async def test_the_validity_is_the_expiry_in_utc_and_never_beyond_what_is_supported():
    parcel = CASE.parcels()[0]
    amsterdam = datetime.fromisoformat("2026-07-01T14:00:00+02:00")
    late = datetime.now(UTC) + timedelta(days=5)
    soon, capped = (Parcel(parcel.reference, parcel.address, parcel.rendition, at) for at in (amsterdam, late))
    sent = [message["validity"] for message in (await request_for([soon, capped]))["msg"]]
    assert sent[0] == "2026-07-01 12:00:00 GMT"
    until = datetime.strptime(sent[1], "%Y-%m-%d %H:%M:%S GMT").replace(tzinfo=UTC)
    assert timedelta(hours=47, minutes=59) < until - datetime.now(UTC) <= timedelta(hours=48)


async def test_a_hundred_recipients_go_in_one_request_each_with_its_own_reference():
    parcels = CASE.parcels(sms_cm.BATCH)
    sent = (await request_for(parcels))["msg"]
    assert [m["reference"] for m in sent] == [parcel.reference for parcel in parcels]
    assert all(1 <= len(m["reference"]) <= 32 and m["reference"].isalnum() for m in sent)
    assert all(len(m["to"]) == 1 for m in sent)


# --- receipts --------------------------------------------------------------------------------------


def report(code, **changed):
    """The JSON template of the page on status reports, filled in."""
    status = {"code": code, "errorCode": "", "errorDescription": "No error"}
    msg = {
        "received": "2026-11-23T03:00:00",
        "to": "0031612345678",
        "reference": "01jdabc",
        "status": status,
        "operator": "204 08",
    }
    return json.dumps({"messages": {"msg": msg | changed}}).encode()


def facts(body):
    account = sms_cm.connect("sms.x", sms_cm.Settings(**settings(1)), {"token": TOKEN}, SystemClock())
    return account.facts(Inbound(body, {}, {}))


@pytest.mark.parametrize(
    ("code", "delivered", "final"),
    [
        ("0", False, False),
        ("1", False, True),
        ("2", True, True),
        ("3", False, True),
        ("4", True, True),
        (2, True, True),
        ("9", False, False),
    ],
)
def test_every_documented_status_of_a_report(code, delivered, final):
    assert facts(report(code)) == [Receipt("01jdabc", delivered, final, "+31612345678", str(code))]


def test_a_report_of_a_failure_carries_its_error_code():
    status = {"code": "3", "errorCode": "5", "errorDescription": "Absent subscriber"}
    assert facts(report("3", status=status))[0].provider_code == "5"


def test_several_reports_in_one_request_are_several_receipts():
    one = json.loads(report("2"))["messages"]["msg"]
    assert len(facts(json.dumps({"messages": {"msg": [one, one | {"reference": "01jdabd"}]}}).encode())) == 2


def test_a_report_without_a_reference_says_nothing_to_us():
    assert facts(report("2", reference="")) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<MESSAGES/>",
        b"{}",
        b"[]",
        b'{"messages":[]}',
        b'{"messages":{"msg":"text"}}',
        report("delivered"),
        report(None),
        report("2", status=None),
    ],
    ids=range(9),
)
def test_what_is_no_report_is_a_value_error(body):
    with pytest.raises(ValueError, match=r".") as raised:
        facts(body)
    assert "31612345678" not in str(raised.value)


# --- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "TwaalfTekens", "Coördinatië", "a\nb", " Stad", "crisis@ї"])
def test_a_sender_is_at_most_eleven_signs_of_the_gsm_alphabet(name):
    with pytest.raises(ValueError, match="from"):
        sms_cm.Settings(**settings(1) | {"from": name})


@pytest.mark.parametrize(
    "url", ["gw.example", "ftp://gw.example", "https://", "https://gw.example/v1.0/message", "https://u:p@gw.example"]
)
def test_a_base_url_is_scheme_host_and_port(url):
    with pytest.raises(ValueError, match="base_url"):
        sms_cm.Settings(**settings(1) | {"base_url": url})


@pytest.mark.parametrize("token", ["", "two\r\nX-Header: 1", "né"])
def test_a_token_that_no_header_takes_is_refused_without_saying_it(token):
    with pytest.raises(ValueError, match="secret") as raised:
        sms_cm.connect("sms.x", sms_cm.Settings(**settings(1)), {"token": token}, SystemClock())
    assert not token or token not in str(raised.value)


def test_a_text_beyond_the_allowed_segments_is_a_finding_of_its_language():
    spec = sms_cm.spec(sms_cm.Settings(**settings(1), most_segments=1))
    [finding] = [f for f in spec.fit(type(NL)("nl", "Woord " * 60, NOW)).findings if f.code == "sms-too-long"]
    assert finding.field == "infos.nl"
    assert spec.fit(NL).encoding == gsm.GSM_7
