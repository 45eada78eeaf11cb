"""Mail that comes back: the reports that servers write, and all that is no report."""

import base64
import quopri
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.channel import Accepted, Inbound, Receipt
from broadcaster.clock import SystemClock
from broadcaster.ids import new_id, reference
from channels import email_smtp
from channels.email_smtp import bounces
from channels.email_smtp.envelope import LONGEST, Envelopes
from tests.contract.cases.email_smtp import CASE
from tests.contract.harness import NOW, listening

KEY = "the-houses-own-key"
ENVELOPES = Envelopes("crisis@voorbeeldstad.example", KEY.encode())
REFERENCE = reference(new_id(NOW), 417)
SENDER = ENVELOPES.sender(REFERENCE)


def account(**changed):
    made = email_smtp.Settings(**CASE.settings(25) | changed)
    return email_smtp.connect("email.main", made, {"house": KEY}, SystemClock())


def facts(raw: bytes, **changed):
    return account(**changed).facts(Inbound(raw, {"content-type": "message/rfc822"}, {}))


def report(
    fields: str,
    to: str = SENDER,
    kind: str = "message/delivery-status",
    head: str = "",
    part: str = "",
    line: str = "\n",
) -> bytes:
    """A report as Postfix writes it; `fields` after those of the whole message."""
    text = f"""\
Return-Path: <>
{head}From: MAILER-DAEMON@mx.wijk.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="5B0A.1764000000/mx.wijk.example"

This is a MIME-encapsulated message.

--5B0A.1764000000/mx.wijk.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.
Action: delivered
Status: 2.0.0

--5B0A.1764000000/mx.wijk.example
Content-Description: Delivery report
Content-Type: {kind}
{part}
{fields}
--5B0A.1764000000/mx.wijk.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <{to}>
To: bob@wijk.example
Subject: Stroomuitval in Noord

Blijf thuis.

--5B0A.1764000000/mx.wijk.example--
"""
    return text.replace("\n", line).encode()


POSTFIX = """\
Reporting-MTA: dns; mx.wijk.example
X-Postfix-Queue-ID: 5B0A
X-Postfix-Sender: rfc822; crisis@voorbeeldstad.example
Arrival-Date: Mon, 23 Nov 2026 04:00:00 +0100 (CET)

Final-Recipient: rfc822; bob@wijk.example
Original-Recipient: rfc822;bob@wijk.example
Action: {action}
Status: {status}
Remote-MTA: dns; mail.wijk.example
Diagnostic-Code: smtp; 550 5.1.1 <bob@wijk.example>: Recipient address
    rejected: User unknown
"""
EXCHANGE = """\
Reporting-MTA: dns;AM0PR07MB0001.eurprd07.prod.outlook.com
Received-From-MTA: dns;mail.voorbeeldstad.example
Arrival-Date: Mon, 23 Nov 2026 03:00:00 +0000

Original-Recipient: rfc822;bob@wijk.example
Final-Recipient: rfc822;bob@wijk.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: Bob
"""
GMAIL = """\
Reporting-MTA: dns; googlemail.com
Arrival-Date: Sun, 22 Nov 2026 19:00:00 -0800 (PST)
X-Original-Message-ID: <01jd@voorbeeldstad.example>

Final-Recipient: rfc822; bob@wijk.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; The email account that you tried to reach is over quota.
Last-Attempt-Date: Sun, 22 Nov 2026 19:00:01 -0800 (PST)
"""
EXIM = """\
Reporting-MTA: dns; exim.wijk.example

Action: failed
Final-Recipient: rfc822;bob@wijk.example
Status: 5.0.0
"""


def said(delivered, final, code):
    return [Receipt(REFERENCE, delivered=delivered, final=final, provider_code=code)]


@pytest.mark.parametrize(
    ("action", "status", "delivered", "final"),
    [
        ("failed", "5.1.1", False, True),
        ("failed", "4.4.1", False, True),  # given up after days: transient, and over
        ("Failed (permanent failure)", "5.0.0", False, True),
        ("delayed", "4.4.1", False, False),
        ("delivered", "2.0.0", True, True),
        ("relayed", "2.0.0", False, False),
        ("expanded", "2.0.0", False, False),
    ],
)
def test_what_was_done_is_what_it_means(action, status, delivered, final):
    raw = report(POSTFIX.format(action=action, status=status))
    assert facts(raw) == said(delivered, final, status)


@pytest.mark.parametrize(
    ("fields", "code"), [(EXCHANGE, "5.1.10"), (GMAIL, "5.2.2"), (EXIM, "5.0.0")], ids=["Exchange", "Gmail", "Exim"]
)
@pytest.mark.parametrize("line", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_other_servers_reports_are_read_too(fields, code, line):
    assert facts(report(fields, line=line)) == said(False, True, code)


@pytest.mark.parametrize(("status", "final"), [("5.1.1", True), ("4.2.2", False), ("2.0.0", False)])
def test_without_an_action_the_status_tells(status, final):
    raw = report(f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; bob@wijk.example\nStatus: {status}\n")
    assert facts(raw) == said(False, final, status)


def test_a_report_for_an_address_beyond_ascii_is_read():
    fields = "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; jürgen@wijk.example\nAction: failed\nStatus: 5.6.7\n"
    assert facts(report(fields, kind="message/global-delivery-status")) == said(False, True, "5.6.7")


@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_report_that_was_encoded_is_read(kind, encoding):
    plain = POSTFIX.format(action="failed", status="5.1.1").encode()
    written = base64.encodebytes(plain) if encoding == "base64" else quopri.encodestring(plain)
    raw = report(written.decode(), kind=kind, part=f"Content-Transfer-Encoding: {encoding}\n")
    assert facts(raw) == said(False, True, "5.1.1")


def test_the_last_servers_word_on_where_it_came_to_is_enough():
    raw = report(EXIM, to="undisclosed-recipients:;", head=f"Delivered-To: {SENDER}\n")
    assert facts(raw) == said(False, True, "5.0.0")


def test_a_server_may_change_the_case_of_an_address():
    assert facts(report(EXIM, to=f"<{SENDER.upper()}>")) == said(False, True, "5.0.0")


def test_one_that_went_on_to_several_says_what_became_of_each():
    one = "Final-Recipient: rfc822; {}@wijk.example\nAction: {}\nStatus: {}\n"
    fields = "Reporting-MTA: dns; x\n\n" + "\n".join(
        [one.format("a", "failed", "5.1.1"), one.format("b", "delivered", "2.0.0"), one.format("c", "failed", "5.1.1")]
    )
    assert facts(report(fields)) == said(False, True, "5.1.1") + said(True, True, "2.0.0")


# --- what changes nothing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to",
    [
        "crisis@voorbeeldstad.example",
        f"crisis+{REFERENCE}@voorbeeldstad.example",
        f"crisis+{REFERENCE}{'a' * 8}@voorbeeldstad.example",
        SENDER.replace(REFERENCE, reference(REFERENCE[:26], 418)),
        SENDER.replace("voorbeeldstad.example", "elders.example"),
        SENDER.replace("crisis", "burgemeester"),
        Envelopes("crisis@voorbeeldstad.example", b"another house's key").sender(REFERENCE),
        "",
    ],
    ids=["plain", "no code", "a guess", "the neighbour's", "another domain", "another mailbox", "another key", "none"],
)
def test_nobody_can_report_mail_that_was_not_theirs(to):
    with pytest.raises(ValueError, match="not for mail of ours"):
        facts(report(EXIM, to=to))


HOLIDAY = f"From: bob@wijk.example\nTo: {SENDER}\nAuto-Submitted: auto-replied\nSubject: Out of office\n\n{EXIM}"
PERSON = f"From: bob@wijk.example\nTo: {SENDER}\nSubject: Re: Stroomuitval\n\nBedankt!\n"
READ = report(EXIM, kind="message/disposition-notification")
COMPLAINT = report("Feedback-Type: abuse\nVersion: 1\n", kind="message/feedback-report")
NOBODY = report("Reporting-MTA: dns; x\n")
HIDDEN = f'To: {SENDER}\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n'.encode() + report(EXIM) + b"\n--b--\n"


@pytest.mark.parametrize(
    "raw",
    [HOLIDAY.encode(), PERSON.encode(), READ, COMPLAINT, NOBODY, HIDDEN, b"", b"\x00" * 5000],
    ids=["holiday", "a person", "read", "complaint", "about nobody", "attached", "nothing", "noise"],
)
def test_what_is_no_report_is_no_fact(raw):
    with pytest.raises(ValueError, match="deliver"):
        facts(raw)


def test_bounces_that_are_off_are_not_read():
    with pytest.raises(ValueError, match="off"):
        facts(report(EXIM), bounces="off")


def test_neither_the_address_nor_the_text_of_a_report_is_kept_in_a_fact():
    assert "wijk" not in repr(facts(report(EXCHANGE)))


def test_a_report_that_was_cut_off_still_counts():
    raw = report(GMAIL)
    assert facts(raw[: raw.index(b"Content-Description: Undelivered")]) == said(False, True, "5.2.2")


def test_a_huge_mail_is_read_no_further_than_a_report_goes():
    raw = report(EXIM) + b"x" * 20_000_000
    tracemalloc.start()
    assert facts(raw) == said(False, True, "5.0.0")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20 * bounces.MOST_BYTES


def nested(depth: int) -> bytes:
    head = f"To: {SENDER}\nContent-Type: multipart/report; boundary=b0\n\n"
    parts = (f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(depth))
    return (head + "".join(parts)).encode()


@pytest.mark.parametrize(
    "raw",
    [
        nested(3000),
        report("A" * 200_000),
        report("a: b\n" * 40_000),
        report("\n \n" * 40_000),
        report("Action: failed\n\n" * 10_000, to=SENDER * 50),
        report(EXIM, to="@" * 100_000),
        report(EXIM, to="a@" * 60_000),
    ],
    ids=["deep", "one line", "many fields", "folds", "many recipients", "ats", "half addresses"],
)
@pytest.mark.timeout(20)
def test_a_hostile_report_costs_little_and_is_at_most_a_hundred_receipts(raw):
    try:
        found = facts(raw)
    except ValueError:
        found = []
    assert len(found) <= 100


@given(
    st.lists(
        st.one_of(
            st.sampled_from([line + b"\n" for line in report(EXCHANGE).split(b"\n")]),
            st.binary(max_size=40),
        ),
        max_size=60,
    ).map(b"".join)
)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_back_is_about_our_delivery_or_a_value_error(raw):
    try:
        found = facts(raw)
    except ValueError:
        return
    assert {fact.reference for fact in found} == {REFERENCE}


# --- the address itself ----------------------------------------------------------------------------


def test_the_longest_reference_fits_in_the_longest_mailbox_that_is_allowed():
    longest = f"{'b' * LONGEST}@stad.example"
    made = Envelopes(longest, b"k").sender("z" * 32)
    assert len(made.partition("@")[0]) == 64  # RFC 5321, section 4.5.3.1.1
    assert email_smtp.Settings(**CASE.settings(25) | {"bounces": longest}).returns == longest
    with pytest.raises(ValueError, match=f"bounces an address with at most {LONGEST} characters"):
        email_smtp.Settings(**CASE.settings(25) | {"bounces": f"b{longest}"})
    with pytest.raises(ValueError, match='or "off"'):
        email_smtp.Settings(**CASE.settings(25) | {"from": f"b{longest}"})


@pytest.mark.parametrize(
    ("bounces", "starts"),
    [(None, "crisis+"), ("terug@post.voorbeeldstad.example", "terug+"), ("off", "crisis@voorbeeldstad.example")],
)
async def test_the_server_hears_where_to_return_each_mail(bounces, starts):
    heard: list[str] = []

    async def talk(reader, writer):
        writer.write(b"220 mail ESMTP\r\n")
        while line := await reader.readline():
            if line.startswith(b"MAIL"):
                heard.append(line.decode().partition("<")[2].partition(">")[0])
            if line == b"DATA\r\n":
                writer.write(b"354 Go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 Ok\r\n")

    async with listening(talk) as port:
        changed = {"port": port} | ({"bounces": bounces} if bounces else {})
        sending = account(**changed)
        for parcel in (parcels := CASE.parcels(2)):
            assert await sending.send([parcel]) == [Accepted()]
        await sending.aclose()
    assert all(sender.startswith(starts) for sender in heard)
    if bounces == "off":
        assert heard == [starts] * 2
    else:
        returned = [sending.facts(Inbound(report(EXIM, to=sender), {}, {}))[0].reference for sender in heard]
        assert returned == [parcel.reference for parcel in parcels]
