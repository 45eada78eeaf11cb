"""Telegram through a bot: the Bot API, with python-telegram-bot.

What is established, and where:
- core.telegram.org/bots/api, "Making requests": POST /bot<token>/METHOD, an answer with `ok`, and `description` and
  `parameters` when it is not (see `refusals`). "sendMessage": 1 to 4,096 characters. "getMe" sends nothing.
- core.telegram.org/api/entities: lengths are counted in UTF-16 code units. Whether the 4,096 are too is not said; it is
  the smaller of the two readings, so a text that fits by it fits by either.
- "Formatting options": without `parse_mode` a text is taken as it is. So there is nothing to escape, and nothing in
  what an officer wrote can become markup, or be refused as broken markup.
- "setWebhook": secret_token comes back in the header X-Telegram-Bot-Api-Secret-Token; max_connections 1 has updates
  come one by one, in order. "getUpdates": an offset confirms all before it; both exclude each other.
- core.telegram.org/bots/faq: about 30 messages a second in all, and see `pace`. `per_second` is by default a bit less:
  the bot's answers to readers come on top.

What is not established:
- Nothing drops a second message: there is no reference of ours in a request, and no receipt ever comes. What Telegram
  took is "accepted" and stays so.
- There is no validity: what was taken is shown whenever the phone is reached again, with its own times in the text.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from telegram import Bot, LinkPreviewOptions

from broadcaster.channel import (
    Accepted,
    Fact,
    Failed,
    FailureKind,
    Fetched,
    Fitted,
    Inbound,
    Outcome,
    Parcel,
    Spec,
    Texts,
)
from broadcaster.clock import Clock
from broadcaster.model.finding import Finding, FindingKind
from channels import _http
from channels._address import why_not
from channels.telegram_bot import answering, refusals, updates
from channels.telegram_bot.pace import ChatPace
from channels.telegram_bot.request import NotDone, Request

MOST_CHARACTERS = 4096
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
_POLL_IN = 20
_TOKEN = re.compile(r"[A-Za-z0-9:_-]+")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

why_not_chat = partial(why_not, "telegram")
"""Why a chat cannot be written to; None when it can."""


def _is_chat(address: str) -> str:
    if (reason := why_not_chat(address)) is not None:
        raise ValueError(f"{reason}: write @name, or the number of the channel")
    return address


def _is_shipped(language: str) -> str:
    if language not in answering.WORDS:
        raise ValueError(f"the bot has no words in it: choose one of {', '.join(answering.WORDS)}")
    return language


Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z]{2,8})?$")]


class Settings(BaseModel):
    """`[channel."telegram.…"]` with `module = "channels.telegram_bot"`.

    base_url: a Bot API server. posts: our public channels, by language. updates: how we hear what readers say.
    language: of the bot's answers to who reads none of its languages. chat_pause: seconds between two messages to
    one chat. group_per_minute: messages to one group or channel. timeout: seconds for a request and its answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    base_url: _http.BaseUrl = "https://api.telegram.org"
    posts: dict[Language, Annotated[str, AfterValidator(_is_chat)]] = {}
    updates: Literal["webhook", "polling", "none"] = "webhook"
    language: Annotated[str, AfterValidator(_is_shipped)] = "nl"
    per_second: float = Field(default=28, gt=0)
    chat_pause: float = Field(default=1.0, ge=0)
    group_per_minute: int = Field(default=20, ge=1)
    timeout: float = Field(default=10, gt=0, le=60)
    concurrency: int = Field(default=16, ge=1, le=64)


def spec(settings: Settings) -> Spec:
    """One message to a request, and our public channels."""
    return Spec(
        kind="telegram",
        check_address=why_not_chat,
        fit=fit,
        concurrency=settings.concurrency,
        per_second=settings.per_second,
        required_secrets=("token",),
        posts=settings.posts,
        internet=True,
    )


def fit(texts: Texts) -> Fitted:
    """The text as UTF-8, as it is; refused when Telegram would."""
    return Fitted(text=texts.text, payload=texts.text.encode(), findings=_findings(texts))


def _findings(texts: Texts) -> tuple[Finding, ...]:
    over = len(texts.text.encode("utf-16-le")) // 2 - MOST_CHARACTERS
    if over <= 0:
        return ()
    message = f"De tekst is {over} tekens te lang voor Telegram. Maak de tekst korter."
    code, field = f"telegram-too-long:{texts.language}", f"infos.{texts.language}"
    return (Finding(code, FindingKind.BLOCKING, field, message),)


def connect(name: str, settings: Settings, secrets: Mapping[str, str], clock: Clock) -> "BotAccount":  # noqa: ARG001 - part of the port
    """A live account; the secret is `token`, from BotFather."""
    token = secrets["token"].strip()
    if not _TOKEN.fullmatch(token):
        raise ValueError("the token is empty or holds characters that no token has: copy it from BotFather again")
    return {"webhook": HookedBot, "polling": PollingBot, "none": BotAccount}[settings.updates](settings, token, clock)


class BotAccount:
    """A bot that speaks; whoever writes to it is not heard."""

    def __init__(self, settings: Settings, token: str, clock: Clock) -> None:
        self._settings, self._token, self._clock = settings, token, clock
        self._secret = hashlib.sha256(f"omroeper webhook {token}".encode()).hexdigest()
        self._chats = ChatPace(settings.chat_pause, settings.group_per_minute, clock)
        self._held_until = clock.monotonic()
        self._bot = self._asking(settings.timeout)

    def _asking(self, timeout_in: float) -> Bot:
        account = _http.HttpAccount(
            "",
            {"Content-Type": "application/json"},
            concurrency=self._settings.concurrency,
            timeout_in=timeout_in,
            clock=self._clock,
        )
        request = Request(account, timeout_in, self._token)
        return Bot(self._token, f"{self._settings.base_url}/bot", request=request, get_updates_request=request)

    async def send(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        """One POST for each; none for a chat that may not get one yet."""
        return [await self._sent(parcel) for parcel in parcels]

    async def _sent(self, parcel: Parcel) -> Outcome:
        chat = parcel.address
        if (reason := why_not_chat(chat)) is not None:
            return Failed(FailureKind.BAD_ADDRESS, reason)
        if held_in := self._held_in():
            return Failed(FailureKind.THROTTLED, "Telegram asked to wait", retry_after=held_in)
        if wait := self._chats.take(chat):
            return Failed(FailureKind.THROTTLED, "this chat just got one", retry_after=wait, whole_account=False)
        try:
            message = await self._bot.send_message(
                chat, parcel.rendition.payload.decode(), link_preview_options=_NO_PREVIEW
            )
            return Accepted(ref=str(message.message_id))
        except NotDone as error:
            return self._heeded(error, chat)
        except Exception as error:  # noqa: BLE001 - the library makes objects of a "yes", and one it cannot read is still one
            return Failed(FailureKind.UNCERTAIN, f"taken, and the answer cannot be read: {type(error).__name__}")

    def _held_in(self) -> float:
        """Seconds until Telegram wants anything again: what it asks of one request holds for the whole bot."""
        return max(0.0, self._held_until - self._clock.monotonic())

    def _heeded(self, error: NotDone, chat: str) -> Failed:
        failed = error.failed
        if failed.kind is FailureKind.THROTTLED:
            self._held_until = max(self._held_until, self._clock.monotonic() + (failed.retry_after or 1.0))
        if error.moved_to and chat.startswith("-"):
            said = self._inbound(updates.moved(chat, error.moved_to))
            return Failed(failed.kind, failed.detail, failed.provider_code, failed.retry_after, said=said)
        return failed

    def _inbound(self, body: bytes) -> Inbound:
        """What we heard from Telegram by asking, as if it had come by the hook."""
        return Inbound(body, {SECRET_HEADER: self._secret}, {})

    async def probe(self) -> Failed | None:
        """Who the bot is: it takes the token and sends nothing."""
        try:
            await self._bot.get_me()
        except NotDone as error:
            return _http.probed(error.failed)
        except Exception as error:  # noqa: BLE001 - as in `_sent`
            return Failed(FailureKind.UNREACHABLE, f"the answer cannot be read: {type(error).__name__}")
        return None

    def facts(self, inbound: Inbound) -> list[Fact]:
        """What an update says; ValueError when it is not from Telegram."""
        said = self._said(inbound)
        return said.facts() if said else []

    def _said(self, inbound: Inbound) -> updates.Said | None:
        given = inbound.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise ValueError("not from Telegram: the secret is another")
        return updates.said_in(inbound.body)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._bot.request.shutdown()


class _ListeningBot(BotAccount):
    """A bot that answers who writes to it."""

    async def acknowledge(self, inbound: Inbound) -> None:
        """Say fixed words back, unless Telegram wants nothing now or this chat just got something. ValueError when
        it is not from Telegram."""
        said = self._said(inbound)
        if said is None or self._held_in():
            return
        try:
            await self._answer(said, answering.reply(said, self._settings.language))
        except NotDone as error:
            self._heeded(error, said.chat)
        except Exception:  # noqa: BLE001, S110 - as in `_sent`: it was said, whatever the library makes of the answer
            pass

    async def _answer(self, said: updates.Said, reply: answering.Reply | None) -> None:
        if said.button:
            await self._bot.answer_callback_query(said.button, text=reply.text if reply else None)
        if reply and not self._chats.take(said.chat):
            await self._bot.send_message(said.chat, reply.text, reply_markup=reply.keyboard)


class HookedBot(_ListeningBot):
    """Telegram comes to us."""

    async def announce(self, url: str) -> Failed | None:
        """Have updates sent to `url`, one at a time, with our secret in the header."""
        try:
            await self._bot.set_webhook(
                url, secret_token=self._secret, allowed_updates=updates.KINDS, max_connections=1
            )
        except NotDone as error:
            return error.failed
        return None


class PollingBot(_ListeningBot):
    """We come to Telegram, because it cannot reach us."""

    def __init__(self, settings: Settings, token: str, clock: Clock) -> None:
        super().__init__(settings, token, clock)
        self._patient = _http.HttpAccount(
            f"{settings.base_url}/bot{token}",
            {"Content-Type": "application/json"},
            concurrency=1,
            timeout_in=_POLL_IN + settings.timeout,
            clock=clock,
        )

    async def announce(self, url: str) -> Failed | None:
        """Have nothing sent to us: while it is, nobody may ask."""
        del url
        try:
            await self._bot.delete_webhook()
        except NotDone as error:
            return error.failed
        return None

    async def fetch(self, after: int) -> Fetched | Failed:
        """The updates after number `after`, byte for byte as they would have come by the hook."""
        asked = {"timeout": _POLL_IN, "allowed_updates": updates.KINDS} | ({"offset": after + 1} if after else {})
        answer = await self._patient.post("/getUpdates", json.dumps(asked).encode())
        if isinstance(answer, Failed):
            return answer
        found = (answer.document() or {}).get("result") if answer.status_code == 200 else None
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            return refusals.outcome(answer, self._token)
        inbound = tuple(self._inbound(json.dumps(item).encode()) for item in found)
        return Fetched(inbound, max([after, *(int(item.get("update_id", 0)) for item in found)]))

    async def aclose(self) -> None:
        """Let go of connections."""
        await super().aclose()
        await self._patient.aclose()
