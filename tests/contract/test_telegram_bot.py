"""Telegram: every documented reply, every status code, what a request holds, and what readers say."""

import asyncio
import json
import logging
from datetime import UTC, datetime

import pytest

from broadcaster.channel import (
    Accepted,
    Announcing,
    Conversing,
    Failed,
    FailureKind,
    Fetched,
    Fetching,
    Inbound,
    Moved,
    Subscribed,
    Texts,
    Unsubscribed,
)
from broadcaster.clock import SystemClock
from broadcaster.demo.simulators.faults import Fault
from broadcaster.demo.simulators.http import Reply
from broadcaster.demo.simulators.telegram import BotApi, Limits
from broadcaster.model.finding import FindingKind
from channels import telegram_bot
from channels.telegram_bot import answering, updates
from channels.telegram_bot.pace import ChatPace
from tests.clocks import NOON, HandClock
from tests.contract.cases.telegram_bot import CASE, SECRET, TOKEN, settings
from tests.contract.harness import AR, NL, NOW, by_status

BAD_ADDRESS, BAD_CONTENT, BAD_CONFIG = FailureKind.BAD_ADDRESS, FailureKind.BAD_CONTENT, FailureKind.BAD_CONFIG
OPTED_OUT, THROTTLED = FailureKind.OPTED_OUT, FailureKind.THROTTLED
UNREACHABLE, UNCERTAIN = FailureKind.UNREACHABLE, FailureKind.UNCERTAIN
BY_HOOK = {"updates": "webhook"}
BY_ASKING = {"updates": "polling"}

REFUSALS = [
    (400, "Bad Request: chat not found", BAD_ADDRESS),
    (400, "Bad Request: user not found", BAD_ADDRESS),
    (400, "Bad Request: chat_id is empty", BAD_ADDRESS),
    (400, "Bad Request: PEER_ID_INVALID", BAD_ADDRESS),
    (400, "Bad Request: group chat was deactivated", BAD_ADDRESS),
    (400, "Bad Request: group chat was upgraded to a supergroup chat", BAD_ADDRESS),
    (400, "Bad Request: CHANNEL_PRIVATE", BAD_ADDRESS),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", BAD_ADDRESS),
    (400, "Bad Request: CHAT_RESTRICTED", BAD_ADDRESS),
    (400, "Bad Request: have no rights to send a message", BAD_ADDRESS),
    (400, "Bad Request: not enough rights to send text messages to the chat", BAD_ADDRESS),
    (400, "Bad Request: need administrator rights in the channel chat", BAD_ADDRESS),
    (400, "Bad Request: TOPIC_CLOSED", BAD_ADDRESS),
    (400, "Bad Request: message is too long", BAD_CONTENT),
    (400, "Bad Request: MESSAGE_TOO_LONG", BAD_CONTENT),
    (400, "Bad Request: message text is empty", BAD_CONTENT),
    (400, "Bad Request: text must be encoded in UTF-8", BAD_CONTENT),
    (400, "Bad Request: can't parse entities: can't find end of the entity", BAD_CONTENT),
    (400, "Bad Request: can't parse reply markup JSON object", BAD_CONFIG),
    (400, "Bad Request: something of tomorrow", BAD_CONFIG),
    (401, "Unauthorized", BAD_CONFIG),
    (403, "Forbidden: bot was blocked by the user", OPTED_OUT),
    (403, "Forbidden: user is deactivated", OPTED_OUT),
    (403, "Forbidden: bot can't initiate conversation with a user", OPTED_OUT),
    (403, "Forbidden: bots can't send messages to bots", OPTED_OUT),
    (403, "Forbidden: bot was kicked from the group chat", OPTED_OUT),
    (403, "Forbidden: bot was kicked from the supergroup chat", OPTED_OUT),
    (403, "Forbidden: bot is not a member of the supergroup chat", OPTED_OUT),
    (403, "Forbidden: bot is not a member of the channel chat", BAD_ADDRESS),
    (403, "Forbidden: bot was kicked from the channel chat", BAD_ADDRESS),
    (404, "Not Found", BAD_CONFIG),
    (409, "Conflict: terminated by other getUpdates request", UNCERTAIN),
    (413, "Request Entity Too Large", BAD_CONFIG),
    (429, "Too Many Requests: retry later", THROTTLED),
    (500, "Internal Server Error", UNCERTAIN),
    (502, "Bad Gateway", UNCERTAIN),
]


def refusing(code, description, **parameters):
    said = {"ok": False, "error_code": code, "description": description}
    return Reply(code, json.dumps(said | ({"parameters": parameters} if parameters else {})).encode())


async def outcome_of(scripted, **changed):
    async with CASE.live(script=[scripted], changed=changed) as (_, account):
        [outcome] = await account.send(CASE.parcels())
    return outcome


# --- outcomes --------------------------------------------------------------------------------------


async def test_every_status_code_has_one_meaning():
    page = b"<html>no document of Telegram</html>"
    found = {code: (await outcome_of(Reply(code, page))).kind for code in range(100, 600)}
    assert found == {code: by_status(code) for code in range(100, 600)}


@pytest.mark.parametrize(
    ("code", "description", "kind"), REFUSALS, ids=[f"{code} {said}" for code, said, _ in REFUSALS]
)
async def test_every_documented_refusal_has_its_outcome(code, description, kind):
    outcome = await outcome_of(refusing(code, description))
    assert (outcome.kind, outcome.provider_code) == (kind, str(code))


async def test_a_message_is_an_acceptance_in_no_other_answer_than_a_success():
    taken = json.dumps({"ok": True, "result": {"message_id": 7, "date": 1, "chat": {"id": 1, "type": "private"}}})
    found = {code: await outcome_of(Reply(code, taken.encode())) for code in (200, 201, 302, 400, 401, 403, 429, 500)}
    assert {code: outcome for code, outcome in found.items() if isinstance(outcome, Accepted)} == {
        200: Accepted(ref="7")
    }


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{}", b'{"ok":', b'{"ok":true}', b'{"ok":false,"result":{}}',
        b'{"ok":"true","result":{}}',
        b'{"ok":true,"result":null}', b'{"ok":true,"result":true}', b'{"ok":true,"result":[]}',
        b'{"ok":true,"result":{}}', b'{"ok":true,"result":{"message_id":7}}', b"[" * 100_000, b"\xff\xfe",
    ],
    ids=range(15),
)  # fmt: skip
async def test_a_200_without_a_message_is_uncertain(body):
    assert (await outcome_of(Reply(200, body))).kind is UNCERTAIN


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (refusing(429, "Too Many Requests: retry after 12", retry_after=12), 12.0),
        (refusing(429, "Too Many Requests"), None),
        (refusing(429, "Too Many Requests", retry_after=-1), None),
        (refusing(429, "Too Many Requests", retry_after="12"), None),
        (refusing(429, "Too Many Requests", retry_after=10**9), 86_400.0),
        (refusing(400, "Bad Request: FLOOD_WAIT_5", retry_after=5), 5.0),
        (Reply(429, b"<html>", {"Retry-After": "3"}), 3.0),
    ],
)
async def test_telegram_says_how_long_the_whole_bot_must_wait(reply, wait):
    outcome = await outcome_of(reply)
    assert (outcome.kind, outcome.retry_after, outcome.whole_account) == (THROTTLED, wait, True)


async def test_a_bot_that_was_told_to_wait_asks_nothing_until_then():
    async with CASE.live(script=[refusing(429, "Too Many Requests", retry_after=40)]) as (provider, account):
        [first] = await account.send(CASE.parcels())
        [second] = await account.send(CASE.parcels())
        await account.acknowledge(heard(account, message("/start")))
        assert (first.retry_after, second.kind, second.whole_account) == (40.0, THROTTLED, True)
        assert 39 < second.retry_after <= 40
        assert provider.heard == []


async def test_a_chat_that_moved_was_not_sent_to_and_says_where_it_went():
    reply = refusing(
        400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1001234567890
    )
    group = parcel_to("-1234")
    async with CASE.live(script=[reply]) as (provider, account):
        [outcome] = await account.send([group])
        assert outcome.kind is UNREACHABLE
        assert account.facts(outcome.said) == [Moved("-1234", "-1001234567890")]
        assert provider.counts.as_json()["messages"] == 0
    assert "1234" not in repr(outcome)


@pytest.mark.parametrize("to", ["-100", None, True, 1.5, 10**20, []])
async def test_a_chat_that_moved_to_no_number_is_not_usable(to):
    outcome = await outcome_of(refusing(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=to))
    assert (outcome.kind, outcome.said) == (BAD_ADDRESS, None)


# --- the pace of one chat --------------------------------------------------------------------------


def parcel_to(address):
    [parcel] = CASE.parcels()
    return type(parcel)(parcel.reference, address, parcel.rendition, parcel.expires_at)


async def test_a_second_message_to_a_chat_waits_and_holds_up_no_other_chat():
    async with CASE.live(changed={"chat_pause": 30}) as (provider, account):
        [first], [second], [other] = [await account.send([parcel_to(chat)]) for chat in ("7", "7", "8")]
        assert isinstance(first, Accepted)
        assert isinstance(other, Accepted)
        assert (second.kind, second.whole_account) == (THROTTLED, False)
        assert 29 < second.retry_after <= 30
        assert [chat for chat, _ in provider.heard] == ["7", "8"]


def test_a_chat_gets_one_message_a_second():
    clock = HandClock(NOON)
    pace = ChatPace(1.0, 20, clock)
    assert (pace.take("7"), pace.take("7"), pace.take("8")) == (0.0, 1.0, 0.0)
    clock.advance(0.75)
    assert pace.take("7") == 0.25
    clock.advance(0.25)
    assert pace.take("7") == 0.0


@pytest.mark.parametrize("chat", ["-1234", "-1001234567890", "@voorbeeld_nl"])
def test_a_group_or_channel_gets_twenty_messages_a_minute(chat):
    clock = HandClock(NOON)
    pace = ChatPace(1.0, 20, clock)
    waits = []
    for _ in range(21):
        waits.append(pace.take(chat))
        clock.advance(1.0)
    assert waits == [0.0] * 20 + [40.0]
    clock.advance(39.0)
    assert pace.take(chat) == 0.0


def test_a_person_gets_more_than_twenty_a_minute_and_nobody_is_remembered_for_longer():
    clock = HandClock(NOON)
    pace = ChatPace(1.0, 20, clock)
    for n in range(30):
        assert pace.take("7") == pace.take(f"1{n}") == 0.0
        clock.advance(1.0)
    clock.advance(60.0)
    pace.take("8")
    assert list(pace._sent) == ["8"]


# --- the request -----------------------------------------------------------------------------------


async def test_a_request_says_what_the_documentation_asks_and_nothing_about_markup():
    seen = []

    def reply(request):
        seen.append(request)
        return Reply(500)

    [parcel] = CASE.parcels()
    async with CASE.live(script=[reply]) as (_, account):
        await account.send([parcel])
    assert (seen[0].method, seen[0].path) == ("POST", f"/bot{TOKEN}/sendMessage")
    assert seen[0].headers["content-type"] == "application/json"
    found = json.loads(seen[0].body)
    assert json.loads(found.pop("link_preview_options")) == {"is_disabled": True}
    assert found == {"chat_id": parcel.address, "text": parcel.rendition.payload.decode()}


HOSTILE = [
    "*vet* _schuin_ __onder__ ~door~ ||weg|| `code` [link](https://evil.example) > citaat #1 +1 -1 =1 {1} .1 !1",
    "<b>vet</b> <a href='tg://user?id=1'>x</a> &lt;b&gt; &amp; &#60;",
    "```python\nprint(1)\n```\n\\* \\_ \\[",
    "*[_<&\\",
    "@voorbeeld_nl #brand /stop https://evil.example/?a=1&b=2 mailto:a@b.nl +31 6 12345678",
    "حريق! <b>*أغلق*</b> _النوافذ_ \u200f(112)\u200f",
    "👩‍👩‍👧‍👦 & 🇳🇱 < 100 % {{ jinja }} ${x} %s \\u0041",
    '"}, "parse_mode": "HTML", "x": {"',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_every_text_arrives_as_it_was_approved(text):
    [parcel] = CASE.parcels(1, Texts("nl", text, NOW))
    async with CASE.live() as (provider, account):
        [outcome] = await account.send([parcel])
        [(_, message)] = provider.heard
    assert isinstance(outcome, Accepted)
    assert message["text"] == text
    assert {"parse_mode", "entities"}.isdisjoint(message)


async def test_the_approved_bytes_are_what_goes_out_in_every_language():
    parcels = [CASE.parcels(1, NL)[0], CASE.parcels(1, AR)[0]]
    async with CASE.live() as (provider, account):
        for parcel in parcels:
            await account.send([parcel])
        assert [said["text"].encode() for _, said in provider.heard] == [p.rendition.payload for p in parcels]


@pytest.mark.parametrize(
    ("text", "fits"), [("a" * 4096, True), ("a" * 4097, False), ("👩" * 2048, True), ("👩" * 2049, False)]
)
def test_a_text_is_counted_as_telegram_counts(text, fits):
    found = CASE.spec().fit(Texts("nl", text, NOW)).findings
    assert [(finding.kind, finding.code) for finding in found] == (
        [] if fits else [(FindingKind.BLOCKING, "telegram-too-long:nl")]
    )


async def test_a_text_that_fits_is_taken_at_its_full_length():
    [parcel] = CASE.parcels(1, Texts("nl", "👩" * 2048, NOW))
    async with CASE.live() as (_, account):
        [outcome] = await account.send([parcel])
    assert isinstance(outcome, Accepted)


# --- limits ----------------------------------------------------------------------------------------


class Second:
    """Monotonic time by hand."""

    def __init__(self):
        self.at = 0.0

    def __call__(self):
        return self.at


@pytest.mark.parametrize(("per_second", "violates"), [(28, False), (45, True)])
def test_the_default_rate_stays_within_thirty_a_second_also_after_a_rest(per_second, violates):
    assert telegram_bot.Settings().per_second == 28
    clock = Second()
    limits = Limits(clock)
    clock.at = 100.0
    waits = []
    for n in range(20 * per_second):  # a second's worth saved up, and then at the pace
        clock.at = max(clock.at, 100.0 + (n - per_second) / per_second)
        waits.append(limits.wait(str(n)))
    assert any(waits) is violates
    assert bool(limits.violations) is violates


def test_the_simulator_counts_who_goes_on_while_told_to_wait():
    clock = Second()
    limits = Limits(clock)
    assert [limits.wait("7") for _ in range(3)] == [0, 0, 3]
    assert [limits.wait("8") for _ in range(2)] == [3, 3]
    assert limits.violations == 2
    clock.at = 3.0
    assert (limits.wait("7"), limits.violations) == (0, 2)


def test_the_simulator_lets_a_group_have_twenty_a_minute():
    clock = Second()
    limits = Limits(clock)
    waits = []
    for _ in range(21):
        clock.at += 2.0
        waits.append(limits.wait("-5"))
    assert waits == [0] * 20 + [3]


async def test_the_simulator_says_a_halt_in_telegrams_words():
    async with BotApi() as provider:
        account = CASE.account(provider.port)
        outcomes = [(await account.send([parcel]))[0] for parcel in CASE.parcels(1) * 3]
        await account.aclose()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted, Failed]
    assert (outcomes[2].kind, outcomes[2].retry_after) == (THROTTLED, 3.0)


# --- the probe -------------------------------------------------------------------------------------


class Who(BotApi):
    """A server that answers one thing to getMe."""

    said = Reply()

    def answer(self, request):
        assert request.path == f"/bot{TOKEN}/getMe"
        return self.said


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Reply(200, b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"x"}}'), None),
        (refusing(401, "Unauthorized"), BAD_CONFIG),
        (refusing(404, "Not Found"), BAD_CONFIG),
        (refusing(429, "Too Many Requests", retry_after=2), THROTTLED),
        (Reply(200, b'{"ok":true,"result":{}}'), UNREACHABLE),
        (Reply(200, b"<html>"), UNREACHABLE),
        (Reply(502), UNREACHABLE),
    ],
)
async def test_a_probe_asks_who_the_bot_is(said, kind):
    async with Who() as provider:
        provider.said = said
        account = CASE.account(provider.port)
        probed = await account.probe()
        await account.aclose()
    assert (probed and probed.kind) == kind


@pytest.mark.parametrize("token", ["", " ", "123:abc/../x", "123:abc?x", "123:ab c", "é:é", "123:abc\nX-A: b"])
def test_a_token_that_cannot_stand_in_an_address_is_refused_without_repeating_it(token):
    with pytest.raises(ValueError, match="BotFather") as caught:
        telegram_bot.connect("telegram.x", telegram_bot.Settings(), {"token": token}, SystemClock())
    assert "abc" not in str(caught.value)


async def test_nothing_that_the_library_logs_holds_the_token_or_a_chat(caplog):
    caplog.set_level(logging.DEBUG)
    async with CASE.live(script=[Reply(200, f"<html>{TOKEN}".encode())]) as (_, account):
        await account.send(CASE.parcels())
        await account.send(CASE.parcels())
        await account.probe()
        await account.announce("https://crisis.example/hooks/telegram.main/geheim")
    said = [f"{record.getMessage()} {record.exc_text} {record.args}" for record in caplog.records]
    for hidden in (TOKEN, SECRET, CASE.address(0), "geheim"):
        assert not [text for text in said if hidden in text]


# --- what readers say ------------------------------------------------------------------------------

DATE = 1_790_000_000
AT = datetime.fromtimestamp(DATE, UTC).replace(microsecond=5)


def message(text, *, chat=77, number=5, private=True, **more):
    place = {"id": chat, "type": "private" if private else "group"}
    sender = {"id": 77, "is_bot": False, "first_name": "L", "language_code": "pl"}
    return {
        "update_id": number,
        "message": {"message_id": 1, "date": DATE, "chat": place, "from": sender, "text": text} | more,
    }


def pressed(data, *, date=DATE):
    shown = {"message_id": 1, "date": date, "chat": {"id": 77, "type": "private"}}
    return {"update_id": 5, "callback_query": {"id": "9", "from": {"id": 77}, "data": data, "message": shown}}


def member(status, kind="private"):
    change = {"chat": {"id": 77, "type": kind}, "date": DATE, "from": {"id": 77}}
    return {"update_id": 5, "my_chat_member": change | {"new_chat_member": {"status": status}}}


def heard(account, update):
    return Inbound(json.dumps(update).encode(), {telegram_bot.SECRET_HEADER: account._secret}, {})


HEARD = [
    (message("/start"), [Subscribed("77", "pl", None, at=AT)]),
    (message("/start noord"), [Subscribed("77", "pl", "noord", at=AT)]),
    (message("/START@VoorbeeldBot wijk_9-a", chat=-5, private=False), [Subscribed("-5", "pl", "wijk_9-a", at=AT)]),
    (message("/start ../../etc"), [Subscribed("77", "pl", None, at=AT)]),
    (message("Start"), [Subscribed("77", "pl", None, at=AT)]),
    (message("/stop"), [Unsubscribed("77", at=AT)]),
    (message(" STOP "), [Unsubscribed("77", at=AT)]),
    (message("stop", private=False), []),
    (message("stop daar niet mee"), []),
    (message("/taal"), []),
    (message("/language"), []),
    (message("help, brand!"), []),
    (message("/start", **{"from": {"language_code": "pt-BR"}}), [Subscribed("77", "pt", None, at=AT)]),
    (message("/start", **{"from": {"language_code": "'; DROP"}}), [Subscribed("77", None, None, at=AT)]),
    (message("/start", **{"from": None}), [Subscribed("77", None, None, at=AT)]),
    (message("", migrate_to_chat_id=-100, chat=-5, private=False), [Moved("-5", "-100")]),
    (message("", migrate_from_chat_id=-5, chat=-100, private=False), [Moved("-5", "-100")]),
    (message("/start", chat=-100) | {}, [Subscribed("-100", "pl", None, at=AT)]),
    (pressed("taal:uk"), [Subscribed("77", "uk", None, chosen=True, at=AT)]),
    (pressed("taal:"), []),
    (pressed("iets anders"), []),
    (member("kicked"), [Unsubscribed("77", at=AT)]),
    (member("left", "group"), [Unsubscribed("77", at=AT)]),
    (member("member"), []),
    (member("kicked", "channel"), []),
    ({"update_id": 5, "poll": {}}, []),
    ({"update_id": 5, "channel_post": {"text": "/start"}}, []),
]


@pytest.fixture
async def account():
    made = CASE.account(1)
    yield made
    await made.aclose()


@pytest.mark.parametrize(("update", "facts"), HEARD, ids=range(len(HEARD)))
async def test_what_readers_say_is_a_fact_with_telegrams_own_time(account, update, facts):
    assert account.facts(heard(account, update)) == facts


async def test_of_two_words_in_one_second_the_one_with_the_higher_number_is_later(account):
    words = [account.facts(heard(account, message("/stop", number=n)))[0].at for n in (731_000_006, 731_000_007)]
    assert words[0] < words[1]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b'{"update_id":"x"}', b'{"update_id":1,"message":7}', b'{"update_id":1,"message":{}}',
     b'{"update_id":1,"message":{"chat":{"id":"x"},"date":1}}',
     b'{"update_id":1,"message":{"chat":{"id":1},"date":-1}}',
     b'{"update_id":1,"message":{"chat":{"id":1},"date":99999999999}}', b"[" * 100_000, b"\xff"],
    ids=range(12),
)  # fmt: skip
async def test_what_is_no_update_is_a_value_error(account, body):
    with pytest.raises(ValueError, match=r"."):
        account.facts(Inbound(body, {telegram_bot.SECRET_HEADER: account._secret}, {}))


@pytest.mark.parametrize("secret", [None, "", "x", "é" * 64, TOKEN])
async def test_what_does_not_carry_our_secret_is_not_of_telegram(account, secret):
    headers = {} if secret is None else {telegram_bot.SECRET_HEADER: secret}
    with pytest.raises(ValueError, match="not from Telegram"):
        account.facts(Inbound(json.dumps(message("/start")).encode(), headers, {}))


# --- how we hear it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "abilities"),
    [("webhook", (True, False, True)), ("polling", (True, True, True)), ("none", (False, False, False))],
)
async def test_a_bot_can_do_what_its_configuration_says(how, abilities):
    made = CASE.account(1, updates=how)
    await made.aclose()
    assert tuple(isinstance(made, protocol) for protocol in (Announcing, Fetching, Conversing)) == abilities


async def test_a_hook_is_announced_with_a_secret_that_comes_back():
    async with CASE.live(changed=BY_HOOK) as (provider, account):
        assert await account.announce("https://crisis.example/hooks/telegram.main/key") is None
    assert provider.webhook["url"] == "https://crisis.example/hooks/telegram.main/key"
    assert provider.webhook["secret_token"] == account._secret
    assert json.loads(provider.webhook["allowed_updates"]) == ["message", "callback_query", "my_chat_member"]
    assert provider.webhook["max_connections"] in (1, "1")
    assert SECRET not in account._secret


async def test_a_hook_that_cannot_be_announced_says_why():
    account = CASE.account(1, updates="webhook")
    assert (await account.announce("https://crisis.example/hooks/x/y")).kind is UNREACHABLE
    await account.aclose()


async def test_what_was_asked_for_is_there_again_until_the_next_question_confirms_it():
    async with CASE.live(changed=BY_ASKING) as (provider, account):
        assert await account.announce("https://never.example") is None
        numbers = [provider.say(chat, "/start") for chat in (5, 6)]
        first, again = await account.fetch(0), await account.fetch(0)
        assert isinstance(first, Fetched)
        assert (first.last, again.last, provider.unheard) == (numbers[1], numbers[1], 2)
        assert [fact.address for inbound in first.inbound for fact in account.facts(inbound)] == ["5", "6"]
        nothing = await account.fetch(first.last)
        assert (nothing, provider.unheard) == (Fetched((), numbers[1]), 0)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (refusing(409, "Conflict: terminated by other getUpdates request"), UNCERTAIN),
        (refusing(401, "Unauthorized"), BAD_CONFIG),
        (Reply(200, b"<html>"), UNCERTAIN),
        (Reply(200, b'{"ok":true,"result":[7]}'), UNCERTAIN),
        (Reply(502), UNCERTAIN),
    ],
)
async def test_a_question_without_an_answer_is_a_failure_and_no_exception(said, kind):
    class Broken(BotApi):
        def answer(self, request):
            return said

    async with Broken() as provider:
        account = CASE.account(provider.port, updates="polling")
        assert (await account.fetch(0)).kind is kind
        await account.aclose()


# --- what the bot says back ------------------------------------------------------------------------


async def answers(*said, **changed):
    async with CASE.live(changed=changed) as (provider, account):
        for update in said:
            await account.acknowledge(heard(account, update))
    return provider.heard


@pytest.mark.parametrize("language", answering.WORDS)
@pytest.mark.parametrize(
    ("text", "word"), [("/start", "welcome"), ("/stop", "stopped"), ("/taal", "choose"), ("?", "help")]
)
async def test_the_bot_answers_in_the_readers_language(language, text, word):
    [(chat, said)] = await answers(message(text, **{"from": {"language_code": language}}))
    assert (chat, said["text"]) == ("77", getattr(answering.WORDS[language], word))


async def test_who_reads_none_of_our_languages_is_answered_in_the_configured_one():
    [(_, said)] = await answers(message("/stop", **{"from": {"language_code": "fi"}}), language="en")
    assert said["text"] == answering.WORDS["en"].stopped


async def test_the_languages_can_be_chosen_below_the_welcome_and_the_choice_is_confirmed():
    [(_, welcome), (_, confirmed)] = await answers(message("/start"), pressed("taal:tr"))
    buttons = [button for row in json.loads(welcome["reply_markup"])["inline_keyboard"] for button in row]
    assert {button["callback_data"] for button in buttons} == {f"taal:{language}" for language in answering.WORDS}
    assert [button["text"] for button in buttons] == [words.name for words in answering.WORDS.values()]
    assert confirmed["text"] == answering.WORDS["tr"].chosen


@pytest.mark.parametrize(
    "update",
    [
        message("praatje", private=False),
        member("kicked"),
        pressed("taal:fi"),
        message("", migrate_to_chat_id=-100, chat=-5, private=False),
        {"update_id": 5, "poll": {}},
    ],
    ids=range(5),
)
async def test_the_bot_is_silent_where_nobody_asked_it_anything(update):
    assert await answers(update) == []


async def test_an_answer_that_does_not_arrive_is_no_exception():
    for fault in (Fault.ERROR_LOST, Fault.THROTTLE, Fault.RESET, Fault.GARBAGE):
        async with CASE.live(script=[fault], changed=CASE.impatient) as (_, account):
            await account.acknowledge(heard(account, message("/start")))


async def test_an_answer_takes_the_place_of_no_alert():
    async with CASE.live(changed={"chat_pause": 30}) as (provider, account):
        await account.send([parcel_to("77")])
        await account.acknowledge(heard(account, message("/start")))
        assert len(provider.heard) == 1


def test_the_words_are_the_eight_languages_and_none_is_too_long_for_a_button_or_a_toast():
    assert set(answering.WORDS) == {"nl", "en", "ar", "tr", "pl", "de", "fr", "uk"}
    for language, words in answering.WORDS.items():
        assert len(updates.button(language)) <= 64  # core.telegram.org/bots/api, InlineKeyboardButton
        assert len(words.chosen) <= 200  # answerCallbackQuery
        assert "/stop" in words.welcome
        assert "112" in words.welcome
        assert "/start" in words.stopped


# --- settings --------------------------------------------------------------------------------------


def test_the_posts_are_in_the_spec():
    posts = {"nl": "@voorbeeld_nl", "en": "-1001234567890"}
    assert telegram_bot.spec(telegram_bot.Settings(posts=posts)).posts == posts


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": "https://api.telegram.org/bot"},
        {"posts": {"nl": "voorbeeld_nl"}},
        {"posts": {"Nederlands": "@voorbeeld_nl"}},
        {"updates": "mail"},
        {"language": "fi"},
        {"per_second": 0},
        {"group_per_minute": 0},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_setting_that_cannot_work_is_refused(changed):
    with pytest.raises(ValueError, match=next(iter(changed))):
        telegram_bot.Settings(**settings(1) | changed)


async def test_many_at_once_cost_no_more_than_the_connections_of_the_spec():
    async with CASE.live() as (provider, account):
        outcomes = await asyncio.gather(*(account.send([parcel]) for parcel in CASE.parcels(40)))
        assert all(isinstance(outcome, Accepted) for [outcome] in outcomes)
        assert provider.counts.connections <= 4
