"""Mail: every kind of reply at every command, the connections, and the message itself."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.channel import Accepted, Failed, FailureKind, Parcel, Texts
from broadcaster.clock import SystemClock
from broadcaster.demo.simulators.faults import Fault
from broadcaster.demo.simulators.smtp import MailServer, Reply
from broadcaster.model.rendition import Hole, Rendition
from channels import email_smtp
from channels.email_smtp import message
from tests.contract.cases.email_smtp import CASE
from tests.contract.harness import AR, NL, NOW, listening

BAD_ADDRESS, BAD_CONTENT, BAD_CONFIG = FailureKind.BAD_ADDRESS, FailureKind.BAD_CONTENT, FailureKind.BAD_CONFIG
THROTTLED, UNREACHABLE, UNCERTAIN = FailureKind.THROTTLED, FailureKind.UNREACHABLE, FailureKind.UNCERTAIN

ALL, ONE = True, False
# Stage, reply, kind, the seconds to wait where there is something to say about it, and who waits: all of the
# account, or this recipient (and with "too many" its domain) alone.
REPLIES = [
    # greeting and EHLO: about us, or about the moment
    ("greeting", "421 4.3.2 Service shutting down", UNREACHABLE, None, ALL),
    ("greeting", "421 4.7.0 Too many connections from your address", THROTTLED, None, ALL),
    ("greeting", "421 Service not available", UNREACHABLE, None, ALL),
    ("greeting", "450 4.3.2 System not accepting network messages", UNREACHABLE, None, ALL),
    ("greeting", "521 5.3.2 No mail is taken here", BAD_CONFIG, None, ALL),
    ("greeting", "554 5.7.1 Your address is on a blocklist", BAD_CONFIG, None, ALL),
    ("greeting", "554 No SMTP service here", BAD_CONFIG, None, ALL),
    ("EHLO", "421 4.3.0 Try later", UNREACHABLE, None, ALL),
    # MAIL: about us
    ("MAIL", "421 4.4.2 Connection timed out", UNREACHABLE, None, ALL),
    ("MAIL", "450 4.1.8 Sender domain not found", UNREACHABLE, None, ALL),
    ("MAIL", "451 4.3.0 Local error in processing", UNREACHABLE, None, ALL),
    ("MAIL", "452 4.3.1 Insufficient system storage", UNREACHABLE, None, ALL),
    ("MAIL", "452 4.5.3 Too many messages in this session", THROTTLED, None, ALL),
    ("MAIL", "454 4.7.0 Rate limit exceeded, wait 30 seconds", THROTTLED, 30.0, ALL),
    ("MAIL", "501 5.1.7 Bad sender address syntax", BAD_CONFIG, None, ALL),
    ("MAIL", "503 5.5.1 Bad sequence of commands", BAD_CONFIG, None, ALL),
    ("MAIL", "530 5.7.0 Authentication required", BAD_CONFIG, None, ALL),
    ("MAIL", "550 5.1.8 Sender domain does not resolve", BAD_CONFIG, None, ALL),
    ("MAIL", "550 5.4.5 Daily user sending limit exceeded", BAD_CONFIG, None, ALL),
    ("MAIL", "550 5.7.1 Sender not allowed", BAD_CONFIG, None, ALL),
    ("MAIL", "550 Not today", BAD_CONFIG, None, ALL),
    ("MAIL", "552 5.3.4 Message size exceeds limit", BAD_CONFIG, None, ALL),
    ("MAIL", "553 5.1.0 Sender address rejected", BAD_CONFIG, None, ALL),
    ("MAIL", "555 5.5.4 Unsupported option", BAD_CONFIG, None, ALL),
    # RCPT: about the recipient, unless the code says policy or protocol
    ("RCPT", "421 4.7.0 Unusual rate of mail from you", THROTTLED, None, ALL),
    ("RCPT", "421 4.7.28 Rate of unsolicited mail", THROTTLED, None, ALL),
    ("RCPT", "450 4.1.1 Address not verified yet", UNREACHABLE, None, ONE),
    ("RCPT", "450 4.2.0 Greylisted for 300 seconds", THROTTLED, 300.0, ONE),
    ("RCPT", "450 4.2.1 Mailbox temporarily disabled", UNREACHABLE, None, ONE),
    ("RCPT", "451 4.7.1 Greylisting in action, please come back later", THROTTLED, 60.0, ONE),
    ("RCPT", "451 4.7.1 Gray-listed, try again in 5 minutes", THROTTLED, 300.0, ONE),
    ("RCPT", "451 4.4.1 No answer from host", UNREACHABLE, None, ONE),
    ("RCPT", "452 4.2.2 The account that you tried to reach is over quota", UNREACHABLE, None, ONE),
    ("RCPT", "450 4.2.1 This user gets too many messages now", UNREACHABLE, None, ONE),
    ("RCPT", "451 4.7.1 Try again later, 2 messages are waiting", UNREACHABLE, None, ONE),
    ("RCPT", "450 4.7.1 Throttled, retry in 90 sec", THROTTLED, 90.0, ONE),
    ("RCPT", "452 4.5.3 Too many recipients", THROTTLED, None, ALL),
    ("RCPT", "451 4.4.5 Congestion", THROTTLED, 1.0, ONE),
    ("RCPT", "501 5.1.3 Bad recipient address syntax", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.0.0 User unknown", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.1.0 Address rejected", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.1.1 No such user", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.1.2 No such domain", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.1.6 Mailbox has moved", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.1.8 Sender domain unknown", BAD_CONFIG, None, ALL),
    ("RCPT", "556 5.1.10 Recipient domain takes no mail", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.2.1 Mailbox disabled", BAD_ADDRESS, None, ALL),
    ("RCPT", "552 5.2.2 Mailbox full", BAD_ADDRESS, None, ALL),
    ("RCPT", "552 5.2.3 Too long for this mailbox", BAD_CONTENT, None, ALL),
    ("RCPT", "550 5.3.2 System takes no mail", BAD_CONFIG, None, ALL),
    ("RCPT", "550 5.4.1 Recipient address rejected", BAD_ADDRESS, None, ALL),
    ("RCPT", "554 5.4.6 Routing loop", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.5.0 Requested action not taken: mailbox unavailable", BAD_ADDRESS, None, ALL),
    ("RCPT", "503 5.5.1 Error: need MAIL command", BAD_CONFIG, None, ALL),
    ("RCPT", "553 5.6.7 Address needs SMTPUTF8", BAD_ADDRESS, None, ALL),
    ("RCPT", "554 5.7.1 Relay access denied", BAD_CONFIG, None, ALL),
    ("RCPT", "550 5.7.17 Mailbox has another owner", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.7.23 SPF validation failed", BAD_CONFIG, None, ALL),
    ("RCPT", "550 5.7.515 Access denied, sending domain does not pass", BAD_CONFIG, None, ALL),
    ("RCPT", "550 User unknown", BAD_ADDRESS, None, ALL),
    ("RCPT", "551 User not local", BAD_ADDRESS, None, ALL),
    ("RCPT", "553 Mailbox name not allowed", BAD_ADDRESS, None, ALL),
    ("RCPT", "554 Transaction failed", BAD_ADDRESS, None, ALL),
    ("RCPT", "530 Must issue a STARTTLS command first", BAD_CONFIG, None, ALL),
    # the DATA command, and the message after its final dot: about the text
    ("DATA", "451 4.3.0 Queue file error", UNREACHABLE, None, ALL),
    ("DATA", "503 5.5.1 No valid recipients", BAD_CONFIG, None, ALL),
    ("DATA", "554 5.7.1 Refused", BAD_CONTENT, None, ALL),
    ("DATA", "421 4.3.2 Shutting down", UNREACHABLE, None, ALL),
    ("end", "421 4.3.2 Shutting down, message not taken", UNREACHABLE, None, ALL),
    ("end", "450 4.7.1 Greylisted, see https://example.org/", THROTTLED, 60.0, ONE),
    ("end", "451 4.3.0 Content filter is down", UNREACHABLE, None, ALL),
    ("end", "451 4.7.500 Server busy, too many requests", THROTTLED, 1.0, ONE),
    ("end", "452 4.3.1 Insufficient system storage", UNREACHABLE, None, ALL),
    ("end", "550 5.1.1 No such user", BAD_ADDRESS, None, ALL),
    ("end", "550 5.7.1 Looks like spam", BAD_CONTENT, None, ALL),
    ("end", "550 5.7.26 Neither SPF nor DKIM passed", BAD_CONFIG, None, ALL),
    ("end", "552 5.3.4 Message too big for system", BAD_CONTENT, None, ALL),
    ("end", "552 Message size exceeds fixed maximum", BAD_CONTENT, None, ALL),
    ("end", "554 5.6.0 Not a message", BAD_CONTENT, None, ALL),
    ("end", "554 Transaction failed", BAD_CONTENT, None, ALL),
    ("end", "500 5.5.2 Line too long", BAD_CONFIG, None, ALL),
    ("end", "354 Go on", UNCERTAIN, None, ALL),
    ("end", "220 Hello again", UNCERTAIN, None, ALL),
    # more of what servers say that hold something back: RFC 3463, section 3, and the big mailbox providers
    ("greeting", "421 4.7.0 Connection refused, too many sessions", THROTTLED, None, ALL),
    ("MAIL", "450 4.7.1 Greylisted, please try again", THROTTLED, 60.0, ALL),
    ("RCPT", "421 4.7.1 Greylisted, try again in 2 minutes", THROTTLED, 120.0, ONE),
    ("RCPT", "450 4.2.0 <bob@wijk.example>: Recipient address rejected: Greylisted", THROTTLED, 60.0, ONE),
    ("RCPT", "450 Requested mail action not taken: too many messages, try later", THROTTLED, 1.0, ONE),
    ("RCPT", "450 Mailbox busy", UNREACHABLE, None, ONE),
    ("RCPT", "450 4.3.2 System not accepting messages", UNREACHABLE, None, ALL),
    ("RCPT", "451 4.3.5 Server configuration error", UNREACHABLE, None, ALL),
    ("RCPT", "450 4.1.2 Domain not found", UNREACHABLE, None, ONE),
    ("RCPT", "450 4.7.25 Client host rejected: cannot find your hostname", UNREACHABLE, None, ONE),
    ("RCPT", "452 4.2.1 The recipient's inbox is out of storage", UNREACHABLE, None, ONE),
    ("RCPT", "450 4.2.1 The user you are trying to contact is receiving mail too quickly", UNREACHABLE, None, ONE),
    ("RCPT", "452 4.5.3 Too many recipients for this sender, wait 20 seconds", THROTTLED, 20.0, ALL),
    ("RCPT", "550 5.1.9 Non-compliant destination", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.2.0 Mailbox trouble", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.2.4 Mailing list expansion problem", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.4.4 Unable to route", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.4.310 Domain does not exist", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.7.18 Domain has another owner", BAD_ADDRESS, None, ALL),
    ("RCPT", "550 5.7.27 Sender address has null MX", BAD_CONFIG, None, ALL),
    ("end", "421 4.7.0 Our system has detected an unusual rate of mail", THROTTLED, None, ALL),
    ("end", "450 4.2.2 Mailbox over quota", UNREACHABLE, None, ONE),
    ("end", "451 Try later", UNREACHABLE, None, ALL),
    ("end", "550 5.2.2 Mailbox full", BAD_ADDRESS, None, ALL),
    ("end", "550 5.7.0 Message blocked by policy", BAD_CONTENT, None, ALL),
]


@pytest.mark.parametrize(
    ("stage", "reply", "kind", "wait", "all_wait"),
    REPLIES,
    ids=[f"{stage} {reply[:9]}" for stage, reply, *_ in REPLIES],
)
async def test_every_reply_has_one_meaning(stage, reply, kind, wait, all_wait):
    async with CASE.live(script=[Reply(stage, reply)]) as (provider, account):
        [outcome] = await account.send(CASE.parcels())
        assert (outcome.kind, outcome.retry_after, outcome.whole_account) == (kind, wait, all_wait)
        assert provider.counts.as_json()["messages"] == 0
        [following] = await account.send([elsewhere(*CASE.parcels())])
        assert isinstance(following, Accepted)


def elsewhere(parcel: Parcel, domain: str = "elders.example") -> Parcel:
    return parcel._replace(address=f"bob@{domain}")


def test_the_table_has_a_hundred_replies_or_more():
    assert len({(stage, reply) for stage, reply, *_ in REPLIES}) > 100


async def test_a_refusal_tells_the_enhanced_code_and_else_the_plain_one():
    script = [Reply("RCPT", "550 5.1.1 No such user"), Reply("RCPT", "551 Not local")]
    async with CASE.live(script=script) as (_, account):
        [[first], [second]] = [await account.send(CASE.parcels()) for _ in range(2)]
    assert (first.provider_code, second.provider_code) == ("5.1.1", "551")


async def test_what_the_server_queued_it_as_is_the_reference():
    async with CASE.live() as (_, account):
        assert await account.send(CASE.parcels()) == [Accepted("SIMULATED")]


# --- where a connection fails ----------------------------------------------------------------------

GREETING, EHLO, OK, GO = b"220 mail ESMTP\r\n", b"250 mail\r\n", b"250 Ok\r\n", b"354 Go\r\n"
UP_TO = {
    "greeting": [],
    "EHLO": [GREETING],
    "MAIL": [GREETING, EHLO],
    "RCPT": [GREETING, EHLO, OK],
    "DATA": [GREETING, EHLO, OK, OK],
    "end": [GREETING, EHLO, OK, OK, GO],
}


def server(replies, then):
    """Says one reply after another, each after a command, and then nothing more, or what `then` does."""

    async def talk(reader, writer):
        for number, reply in enumerate(replies):
            if number:
                await reader.readuntil(b"\r\n")
            writer.write(reply)
        if replies:
            await reader.readuntil(b"\r\n.\r\n" if replies[-1] == GO else b"\r\n")
        await then(reader, writer)

    return talk


async def silent(reader, writer):
    await reader.read()


async def closing(reader, writer):
    writer.close()


async def garbling(reader, writer):
    writer.write(b"what?\r\n")
    await reader.read()


@pytest.mark.parametrize("then", [silent, closing, garbling], ids=lambda then: then.__name__)
@pytest.mark.parametrize("stage", UP_TO)
async def test_before_the_final_dot_is_unreachable_and_after_it_uncertain(stage, then):
    async with listening(server(UP_TO[stage], then)) as port:
        account = email_smtp.connect(
            "email.x", email_smtp.Settings(**CASE.settings(port) | CASE.impatient), {}, SystemClock()
        )
        [outcome] = await account.send(CASE.parcels())
        await account.aclose()
    assert outcome.kind is (UNCERTAIN if stage == "end" else UNREACHABLE)


@pytest.mark.parametrize(
    ("stage", "wait"),
    [
        ("greeting", "greeting_in"),
        ("EHLO", "command_in"),
        ("MAIL", "command_in"),
        ("RCPT", "command_in"),
        ("DATA", "data_in"),
        ("end", "done_in"),
    ],
)
async def test_each_command_has_its_own_wait(stage, wait):
    waits = {"connect_in": 60, "greeting_in": 60, "command_in": 60, "data_in": 60, "done_in": 60, wait: 0.05}
    async with listening(server(UP_TO[stage], silent)) as port:
        settings = email_smtp.Settings(**CASE.settings(port) | waits)
        account = email_smtp.connect("email.x", settings, {}, SystemClock())
        [outcome] = await account.send(CASE.parcels())
        await account.aclose()
    assert isinstance(outcome, Failed)


def test_the_waits_are_those_of_rfc_5321_by_default():
    settings = email_smtp.Settings(**{"host": "mail.example", "from": "crisis@stad.example"})
    assert (settings.greeting_in, settings.command_in, settings.data_in, settings.done_in) == (300, 300, 120, 600)


# --- connections -----------------------------------------------------------------------------------


async def test_one_connection_carries_many_messages_also_after_a_refusal():
    script = [Reply("RCPT", "550 5.1.1 No such user"), Reply("end", "554 5.7.1 Spam"), Reply("MAIL", "451 4.3.0 Later")]
    async with CASE.live(script=script) as (provider, account):
        outcomes = [(await account.send([parcel]))[0] for parcel in CASE.parcels(8)]
        assert provider.counts.connections == 1
    assert [type(outcome) for outcome in outcomes] == [Failed] * 3 + [Accepted] * 5


async def test_no_more_connections_than_were_allowed_are_opened():
    async with CASE.live(changed={"connections": 3, "connect_in": 30}) as (provider, account):
        await asyncio.gather(*(account.send([parcel]) for parcel in CASE.parcels(20)))
        assert provider.counts.connections == 3


async def test_waiting_too_long_for_a_connection_is_unreachable():
    async with CASE.live(script=[Fault.HOLD], changed={"connections": 1, "connect_in": 0.05, "done_in": 0.8}) as (
        _,
        account,
    ):
        [first], [second] = await asyncio.gather(account.send(CASE.parcels()), account.send(CASE.parcels()))
    assert (first.kind, second.kind) == (UNCERTAIN, UNREACHABLE)


async def test_an_unused_connection_is_closed_with_a_goodbye_and_opened_again_when_needed():
    said, gone = [], asyncio.Event()

    async def talk(reader, writer):
        writer.write(GREETING)
        try:
            while line := await reader.readline():
                said.append(line)
                writer.write({b"DATA": GO, b"EHLO": EHLO, b"QUIT": b"221 Bye\r\n"}.get(line[:4], OK))
                if line == b"DATA\r\n":
                    await reader.readuntil(b"\r\n.\r\n")
                    writer.write(OK)
        finally:
            gone.set()

    async with listening(talk) as port:
        settings = email_smtp.Settings(**CASE.settings(port) | {"idle_in": 0.05})
        account = email_smtp.connect("email.x", settings, {}, SystemClock())
        await account.send(CASE.parcels())
        await gone.wait()
        assert said[-1] == b"QUIT\r\n"
        assert await account.send(CASE.parcels()) == [Accepted()]
        await account.aclose()


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced():
    async with CASE.live() as (provider, account):
        await account.send(CASE.parcels())
        for talk in list(provider.talks):
            talk.abort()
        for _ in range(5):
            await asyncio.sleep(0)  # the client's loop hears of it
        assert isinstance((await account.send(CASE.parcels()))[0], Accepted)
        assert provider.counts.connections == 2


async def test_a_busy_account_can_be_probed():
    async with CASE.live(script=[Fault.HOLD], changed={"connections": 1, "done_in": 0.8}) as (_, account):
        sending = asyncio.ensure_future(account.send(CASE.parcels()))
        await asyncio.sleep(0)
        assert await account.probe() is None
        await sending


# --- one domain and the others ---------------------------------------------------------------------

SLOW = Reply("RCPT", "450 4.7.1 Throttled, retry in 90 sec")


class TickingClock(SystemClock):
    """The system's clock, which a test puts forward."""

    moved = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.moved


def at_domains(*names: str) -> list[Parcel]:
    return [p._replace(address=f"bob@{name}") for p, name in zip(CASE.parcels(len(names)), names, strict=True)]


def with_clock(port: int, clock: SystemClock, **changed) -> email_smtp.MailAccount:
    return email_smtp.connect("email.x", email_smtp.Settings(**CASE.settings(port) | changed), {}, clock)


async def test_a_domain_that_slows_us_down_holds_up_nobody_else():
    async with MailServer(script=[SLOW]) as provider:
        account = with_clock(provider.port, TickingClock())
        parcels = at_domains("vol.example", *["vol.example", "wijk.example", "buurt.example"] * 20)
        [first], *others = [await account.send([parcel]) for parcel in parcels]
        await account.aclose()
    assert (first.kind, first.retry_after, first.whole_account) == (THROTTLED, 90.0, False)
    held = [outcome for [outcome] in others if isinstance(outcome, Failed)]
    assert len(held) == 20
    assert all(o.kind is THROTTLED and not o.whole_account and 89 < o.retry_after <= 90 for o in held)
    assert provider.counts.as_json()["messages"] == 40  # all of the others', and the slow one was not even asked


async def test_a_domain_gets_mail_again_when_its_time_is_over():
    clock = TickingClock()
    async with MailServer(script=[SLOW]) as provider:
        account = with_clock(provider.port, clock)
        outcomes = []
        for _ in range(2):
            outcomes += [(await account.send([parcel]))[0] for parcel in at_domains("vol.example", "vol.example")]
            clock.moved += 90
        await account.aclose()
    assert [type(outcome) for outcome in outcomes] == [Failed, Failed, Accepted, Accepted]


async def test_a_domain_that_names_no_time_waits_twice_as_long_each_time_until_it_takes_mail():
    clock, waits = TickingClock(), []
    vague = Reply("RCPT", "450 4.7.1 Too many messages")
    async with MailServer(script=[vague] * 9) as provider:
        account = with_clock(provider.port, clock)
        for _ in range(9):
            [outcome] = await account.send(at_domains("vol.example"))
            waits.append(outcome.retry_after)
            clock.moved += outcome.retry_after
        assert isinstance((await account.send(at_domains("vol.example")))[0], Accepted)
        provider.script.append(vague)
        waits.append((await account.send(at_domains("vol.example")))[0].retry_after)
        await account.aclose()
    assert waits == [1, 2, 4, 8, 16, 32, 64, 120, 120, 1]


async def test_when_every_domain_says_so_it_is_our_own_server_that_speaks():
    async with MailServer(script=[SLOW] * 3) as provider:
        account = with_clock(provider.port, TickingClock())
        outcomes = [(await account.send([p]))[0] for p in at_domains("a.example", "b.example", "c.example")]
        await account.aclose()
    assert [outcome.whole_account for outcome in outcomes] == [False, False, True]


async def test_greylisting_makes_one_recipient_wait_and_not_the_domain():
    """Each of them is greylisted in its turn: whoever waited for the first would still be asked to wait."""
    async with CASE.live(script=[Reply("RCPT", "450 4.2.0 Greylisted for 300 seconds")]) as (_, account):
        outcomes = [(await account.send([parcel]))[0] for parcel in at_domains("grijs.example", "grijs.example")]
    assert [type(outcome) for outcome in outcomes] == [Failed, Accepted]


async def test_no_more_than_allowed_are_under_way_to_one_domain_and_the_rest_comes_back_soon():
    at_once, most, go = 0, 0, asyncio.Event()

    async def talk(reader, writer):
        nonlocal at_once, most
        writer.write(GREETING)
        while line := await reader.readline():
            if line == b"DATA\r\n":
                writer.write(GO)
                await reader.readuntil(b"\r\n.\r\n")
                at_once += 1
                most = max(most, at_once)
                await go.wait()
                at_once -= 1
            writer.write(EHLO if line.startswith(b"EHLO") else OK)

    async with listening(talk) as port:
        account = with_clock(port, SystemClock(), connections=8, per_domain=3)
        sending = [asyncio.ensure_future(account.send([p])) for p in at_domains(*["vol.example"] * 7, "wijk.example")]
        async with asyncio.timeout(20):
            while at_once < 4 or sum(task.done() for task in sending) < 4:  # noqa: ASYNC110 - the server's count is the only sign
                await asyncio.sleep(0)
        go.set()
        outcomes = [outcome for [outcome] in await asyncio.gather(*sending)]
        await account.aclose()
    back = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert (most, len(back)) == (4, 4)
    assert {(o.kind, o.retry_after, o.whole_account) for o in back} == {(THROTTLED, 1.0, False)}
    assert isinstance(outcomes[-1], Accepted)


# --- TLS and signing in ----------------------------------------------------------------------------

AUTHORITY = trustme.CA()


@pytest.fixture
def authority_file(tmp_path):
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


def server_tls(name="127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


def tls_account(port, tls, ca_file, secrets=CASE.secrets):
    settings = email_smtp.Settings(**CASE.settings(port) | {"tls": tls, "ca_file": ca_file})
    return email_smtp.connect("email.x", settings, secrets, SystemClock())


async def one_over_tls(tls, ca_file, server_name="127.0.0.1", secrets=CASE.secrets, offered=True, users=True):
    context = server_tls(server_name) if offered else None
    options = {"users": CASE.secrets and {CASE.secrets["username"]: CASE.secrets["password"]}} if users else {}
    async with MailServer(tls=context, implicit=tls == "implicit" and offered, **options) as provider:
        account = tls_account(provider.port, tls, ca_file, secrets)
        [outcome] = await account.send(CASE.parcels())
        probed = await account.probe()
        await account.aclose()
        return outcome, probed, provider.counts.as_json()


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mail_goes_over_tls_to_a_server_we_can_check(tls, authority_file):
    outcome, probed, counts = await one_over_tls(tls, authority_file)
    assert (outcome, probed, counts["messages"]) == (Accepted("SIMULATED"), None, 1)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_of_an_unknown_authority_is_unreachable(tls):
    outcome, probed, counts = await one_over_tls(tls, None)
    assert (outcome.kind, probed.kind, counts["messages"]) == (UNREACHABLE, UNREACHABLE, 0)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_of_another_server_is_unreachable(tls, authority_file):
    outcome, _, counts = await one_over_tls(tls, authority_file, server_name="other.example")
    assert (outcome.kind, counts["messages"]) == (UNREACHABLE, 0)


async def test_a_server_without_starttls_gets_nothing_in_the_clear(authority_file):
    outcome, probed, counts = await one_over_tls("starttls", authority_file, offered=False)
    assert (outcome.kind, probed.kind, counts["messages"]) == (BAD_CONFIG, BAD_CONFIG, 0)


async def test_a_wrong_password_is_our_configuration(authority_file):
    wrong = CASE.secrets | {"password": "guessed"}
    outcome, probed, _ = await one_over_tls("starttls", authority_file, secrets=wrong)
    assert (outcome.kind, probed.kind) == (BAD_CONFIG, BAD_CONFIG)
    assert "guessed" not in repr((outcome, probed))


async def test_without_secrets_we_do_not_sign_in(authority_file):
    outcome, probed, _ = await one_over_tls("starttls", authority_file, secrets={}, users=False)
    assert (outcome, probed) == (Accepted("SIMULATED"), None)


@pytest.mark.parametrize("alone", ["username", "password"])
def test_a_name_without_a_password_is_refused(alone):
    with pytest.raises(ValueError, match=r"email\.main\.username and email\.main\.password"):
        email_smtp.connect("email.main", email_smtp.Settings(**CASE.settings(1)), {alone: "secret"}, SystemClock())


@pytest.mark.parametrize("host", ["mail.example", "192.0.2.1", "localhost.example", "10.0.0.1"])
def test_only_a_server_on_this_machine_may_go_without_tls(host):
    with pytest.raises(ValueError, match="on this machine"):
        email_smtp.Settings(**CASE.settings(25) | {"host": host, "tls": "none"})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_a_server_on_this_machine_may_go_without_tls(host):
    assert email_smtp.Settings(**CASE.settings(25) | {"host": host, "tls": "none"}).host == host


@pytest.mark.parametrize(
    "changed",
    [
        {"from": "crisis"},
        {"from": "crisis@stad.example\r\nBcc: all@stad.example"},
        {"from_name": "Stad\r\nBcc: all@stad.example"},
        {"host": "mail.example\r\n"},
        {"host": "smtp://mail.example"},
        {"ehlo": "a b"},
        {"done_in": 0},
        {"connections": 0},
    ],
    ids=str,
)
def test_a_setting_that_would_break_a_header_or_a_command_is_refused(changed):
    with pytest.raises(ValueError, match=next(iter(changed))):
        email_smtp.Settings(**CASE.settings(25) | changed)


# --- the message -----------------------------------------------------------------------------------


LINK = "https://crisis.voorbeeldstad.example/uit/" + "a1b2c3d4" * 6
HOLES = {
    Hole.RECIPIENT: b"bob@wijk.example",
    Hole.MESSAGE_ID: b"01jd@voorbeeldstad.example",
    Hole.ENVELOPE_SENDER: b"crisis+01jdabcdefgh@voorbeeldstad.example",
    Hole.UNSUBSCRIBE: LINK.encode(),
}
MARK = Hole.UNSUBSCRIBE.token.decode()


def letter(texts: Texts, name: str | None = "Gemeente Voorbeeldstad", link: str = LINK) -> bytes:
    fitted = message.fit(texts, "crisis@voorbeeldstad.example", name)
    wire = message.letter(fitted.payload, HOLES | {Hole.UNSUBSCRIBE: link.encode()})
    assert wire.endswith(b"\r\n.\r\n")
    assert all(line.startswith(b"..") for line in wire.split(b"\r\n")[:-2] if line.startswith(b"."))
    return wire[: -len(b".\r\n")].replace(b"\r\n.", b"\r\n")


def filled(payload: bytes, holes: Mapping[Hole, bytes]) -> bytes:
    """A payload as an approver may expect it to arrive."""
    for hole, value in holes.items():
        payload = payload.replace(hole.token, value)
    return payload


def parsed(raw: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.SMTP)


@pytest.mark.parametrize("texts", [NL, AR], ids=lambda texts: texts.language)
def test_a_message_carries_both_texts_and_the_headers_of_automatic_mail(texts):
    found = parsed(letter(texts))
    assert found.get_content_type() == "multipart/alternative"
    plain, html = found.iter_parts()
    assert plain.get_content().strip().replace("\r\n", "\n") == texts.text
    assert html.get_content().strip() == texts.html
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert found["Subject"] == texts.subject
    assert found["From"] == "Gemeente Voorbeeldstad <crisis@voorbeeldstad.example>"
    assert (found["To"], found["Message-ID"]) == ("bob@wijk.example", "<01jd@voorbeeldstad.example>")
    assert (found["Auto-Submitted"], found["Content-Language"]) == ("auto-generated", texts.language)
    assert found["Date"].datetime == texts.sent_at
    assert not found.defects


def test_a_message_without_html_is_plain_text():
    found = parsed(letter(Texts("nl", "Kop\nTekst", NOW)))
    assert (found.get_content_type(), found["Subject"]) == ("text/plain", "Kop")


@given(
    subject=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=60),
    text=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x1a\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0"),
        max_size=400,
    ),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_comes_out_again_in_lines_that_any_server_takes(subject, name, text):
    raw = letter(Texts("nl", text, NOW, subject, f"<p>{text}</p>"), name)
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line and len(line) <= 998 for line in lines)
    found = parsed(raw)
    assert " ".join(str(found["Subject"]).split()) == " ".join(subject.split())
    assert [address.addr_spec for address in found["From"].addresses] == ["crisis@voorbeeldstad.example"]
    plain, _ = found.iter_parts()
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert len(found.keys()) == len(set(found.keys())) == 11


@given(st.text(st.sampled_from("\r\n :aB\u2028\u0085\x0b"), max_size=80))
def test_no_subject_makes_a_header_of_its_own(subject):
    raw = letter(Texts("nl", "Tekst", NOW, f"x{subject}Bcc: all@wijk.example", "<p>Tekst</p>"))
    assert set(parsed(raw).keys()) == set(parsed(letter(NL)).keys())


def test_a_text_cannot_open_a_hole():
    with pytest.raises(ValueError, match=r"U\+001A"):
        message.fit(Texts("nl", f"Tekst {Hole.RECIPIENT.token.decode()}", NOW), "crisis@voorbeeldstad.example", None)


def test_the_holes_stand_once_each_in_the_headers_but_for_the_envelope_which_is_no_header():
    fitted = message.fit(NL, "crisis@voorbeeldstad.example", None)
    head, _, body = fitted.payload.partition(b"\r\n\r\n")
    assert {hole: head.count(hole.token) for hole in fitted.holes} == dict.fromkeys(Hole, 1) | {Hole.ENVELOPE_SENDER: 0}
    assert b"\x1a" not in body


def test_one_press_is_enough_to_get_no_more():
    found = parsed(letter(NL))
    assert found["List-Unsubscribe"] == f"<{LINK}>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@given(
    before=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120),
    after=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=90),
    link=st.text("abcdefgh0123=./-?&", min_size=1, max_size=150).map("https://stad.example/".__add__),
)
@settings(max_examples=300, deadline=None)
def test_the_link_stands_whole_wherever_a_layout_puts_it(before, after, link):
    texts = Texts("nl", f"{before}{MARK}{after}", NOW, "Kop", f'<p>{before}<a href="{MARK}">{after}</a></p>')
    raw = letter(texts, link=link)
    plain, html = parsed(raw).iter_parts()
    assert plain.get_content().rstrip("\r\n") == texts.text.replace(MARK, link)
    assert html.get_content().rstrip("\r\n") == texts.html.replace(MARK, link)
    _, *body = raw.split(b"--=_")
    assert max(len(line) for part in body for line in part.split(b"\r\n")) <= 76  # RFC 2045, section 6.7


def test_a_text_that_looks_like_a_hole_once_it_is_written_is_none():
    raw = letter(Texts("nl", "=1Aunsubscribe=1A", NOW, "Kop", "<p>=1Aunsubscribe=1A</p>"))
    assert [part.get_content().strip() for part in parsed(raw).iter_parts()] == [
        "=1Aunsubscribe=1A",
        "<p>=1Aunsubscribe=1A</p>",
    ]


def test_a_mail_is_built_once_and_only_filled_for_each_recipient():
    fitted = message.fit(NL, "crisis@voorbeeldstad.example", None)
    assert message.letter(fitted.payload, HOLES) == filled(fitted.payload, HOLES) + b".\r\n"


def test_the_instant_of_submit_is_the_date_in_whatever_zone():
    amsterdam = NOW.astimezone(timezone(timedelta(hours=1)))
    assert parsed(letter(Texts("nl", "Tekst", amsterdam, "Kop")))["Date"].datetime == NOW


async def test_a_line_that_begins_with_a_dot_arrives_with_its_dot():
    texts = Texts("nl", ".eerste\n..tweede\n.\nderde", NOW, "Kop", "<p>.</p>")
    letters: list[bytes] = []
    async with CASE.live(letters=letters) as (_, account):
        [parcel] = CASE.parcels(1, texts)
        await account.send([parcel])
    plain, _ = parsed(letters[0]).iter_parts()
    assert plain.get_content().replace("\r\n", "\n").rstrip() == texts.text


async def test_what_arrives_is_the_approved_payload_with_its_holes_filled():
    letters: list[bytes] = []
    [parcel] = CASE.parcels()
    async with CASE.live(letters=letters) as (_, account):
        await account.send([parcel])
    holes = {
        Hole.RECIPIENT: parcel.address.encode(),
        Hole.MESSAGE_ID: f"{parcel.reference}@voorbeeldstad.example".encode(),
        Hole.ENVELOPE_SENDER: b"",  # stands in no payload
        Hole.UNSUBSCRIBE: parcel.unsubscribe.encode(),
    }
    assert letters == [filled(parcel.rendition.payload, holes)]


async def test_a_payload_that_ends_in_the_middle_of_a_line_is_ended_properly():
    rendition = Rendition("r", "email", "nl", "x", b"Subject: x\r\n\r\nno line end")
    parcel = Parcel("01jd", "bob@wijk.example", rendition, datetime.now(UTC))
    letters: list[bytes] = []
    async with CASE.live(letters=letters) as (_, account):
        assert isinstance((await account.send([parcel]))[0], Accepted)
    assert letters == [b"Subject: x\r\n\r\nno line end\r\n"]
