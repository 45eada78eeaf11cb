"""Telegram's Bot API, as far as it is established (see channels/telegram_bot): it keeps its limits, and says a halt.

Nothing in a request names it, so a copy is the same text to the same chat: what is counted under a reference is the
start of the text's SHA-256.
"""

import asyncio
import hashlib
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

import aiohttp

from broadcaster.demo.simulators.faults import Fault
from broadcaster.demo.simulators.http import HttpSimulator, Reply, Request

SEND = "sendMessage"
HALT_IN = 3
"""Seconds that the whole bot must be silent for after it went too fast."""
_BOT = {"id": 4200, "is_bot": True, "first_name": "Omroeper", "username": "VoorbeeldBot"}
_PUSH_AGAIN_IN = 0.2


def text_mark(text: str) -> str:
    """What a text is counted under."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(slots=True)
class Bucket:
    """Lets through `rate` a second, and up to `size` at once after a rest."""

    rate: float
    size: float
    free: float
    at: float

    def take(self, now: float) -> bool:
        """Whether one more fits."""
        self.free = min(self.size, self.free + (now - self.at) * self.rate)
        self.at = now
        if self.free < 1 - 1e-9:
            return False
        self.free -= 1
        return True


class Limits:
    """30 messages a second in all, one a second to a chat (a second one is let through), 20 a minute to a group."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = Bucket(30, 30, 30, clock())
        self._chats: dict[str, Bucket] = defaultdict(lambda: Bucket(1, 2, 2, self._clock()))
        self._groups: dict[str, deque[float]] = defaultdict(deque)
        self._halted_until = clock()
        self.violations = 0

    def wait(self, chat: str) -> int:
        """0 when a message to this chat may go; else the seconds to be silent for. Whoever is not, violates."""
        now = self._clock()
        if now < self._halted_until:
            self.violations += 1
            return max(1, round(self._halted_until - now))
        if self._all.take(now) and self._chats[chat].take(now) and self._group_takes(chat, now):
            return 0
        self._halted_until = now + HALT_IN
        return HALT_IN

    def _group_takes(self, chat: str, now: float) -> bool:
        if chat.isdecimal():
            return True
        sent = self._groups[chat]
        while sent and sent[0] <= now - 60:
            sent.popleft()
        sent.append(now)
        return len(sent) <= 20


class BotApi(HttpSimulator):
    """One server with one bot. limits: None keeps none. `heard` holds what the bot said, in order, as (chat, text).

    `say` and `press` are a reader's: they become an update, which goes to the webhook or waits to be fetched.
    """

    def __init__(self, *, limits: Limits | None = None, unlimited: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.limits = None if unlimited else limits or Limits()
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.webhook: dict[str, Any] = {}
        self._updates: deque[dict[str, Any]] = deque()
        self._last_update = 731_000_000
        self._last_message = 0
        self._wake = asyncio.Event()
        self._pushing: asyncio.Task[None] | None = None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pushing is not None:
            self._pushing.cancel()
            await asyncio.gather(self._pushing, return_exceptions=True)
        await super().__aexit__(kind, error, trace)

    # --- what readers do ---------------------------------------------------------------------------

    def say(self, chat: int, text: str, *, language: str = "nl", at: int | None = None, group: bool = False) -> int:
        """Somebody writes to the bot; the number of the update."""
        sender = {"id": abs(chat), "is_bot": False, "first_name": "Lezer", "language_code": language}
        return self.update("message", self._message(chat, text, at, group=group) | {"from": sender})

    def press(self, chat: int, data: str, *, shown_at: int | None = None) -> int:
        """Somebody presses a button under one of the bot's messages."""
        sender = {"id": chat, "is_bot": False, "first_name": "Lezer"}
        query = {"id": str(self._last_update), "from": sender, "chat_instance": "1", "data": data}
        return self.update("callback_query", query | {"message": self._message(chat, "?", shown_at)})

    def block(self, chat: int, *, at: int | None = None) -> int:
        """Somebody blocks the bot."""
        change = {"chat": {"id": chat, "type": "private"}, "date": self._date(at), "from": {"id": chat}}
        return self.update("my_chat_member", change | {"new_chat_member": {"user": _BOT, "status": "kicked"}})

    def update(self, kind: str, content: dict[str, Any]) -> int:
        """An update of any kind; its number."""
        self._last_update += 1
        self._updates.append({"update_id": self._last_update, kind: content})
        self._wake.set()
        return self._last_update

    @property
    def unheard(self) -> int:
        """How many updates nobody has taken yet."""
        return len(self._updates)

    def _message(self, chat: int, text: str, at: int | None, *, group: bool = False) -> dict[str, Any]:
        self._last_message += 1
        place = {"id": chat, "type": "group" if group else "private"}
        return {"message_id": self._last_message, "date": self._date(at), "chat": place, "text": text}

    def _date(self, at: int | None) -> int:
        return int(time.time()) if at is None else at

    async def _push(self) -> None:
        """Send updates to the webhook one by one, each until it is taken."""
        async with aiohttp.ClientSession() as session:
            while True:
                if not self._updates:
                    self._wake.clear()
                    await self._wake.wait()
                headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
                try:
                    async with session.post(self.webhook["url"], json=self._updates[0], headers=headers) as response:
                        taken = response.status < 300
                except aiohttp.ClientError:
                    taken = False
                if taken:
                    self._updates.popleft()
                else:
                    await asyncio.sleep(_PUSH_AGAIN_IN)

    # --- what the bot does -------------------------------------------------------------------------

    def call(self, request: Request) -> str | None:
        """The chat, for what sends."""
        if not request.path.endswith(f"/{SEND}"):
            return None
        return str(_parameters(request).get("chat_id", ""))

    def reply(self, request: Request, fault: Fault | None) -> Reply:
        """As everywhere, but a halt is said in Telegram's own words."""
        if fault is Fault.THROTTLE:
            return _throttled(1)
        return super().reply(request, fault)

    def answer(self, request: Request) -> Reply:
        """What Telegram would answer."""
        bot, _, method = request.path.removeprefix("/").partition("/")
        if not bot.startswith("bot") or not method:
            return _refused(404, "Not Found")
        if not self.knows(bot.removeprefix("bot")):
            return _refused(401, "Unauthorized")
        parameters = _parameters(request)
        methods: dict[str, Callable[[dict[str, Any]], Reply]] = {
            "getMe": lambda _: _done(_BOT),
            SEND: self._take,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getUpdates": self._get_updates,
            "answerCallbackQuery": lambda _: _done(True),
        }
        return methods[method](parameters) if method in methods else _refused(404, "Not Found")

    def _take(self, message: dict[str, Any]) -> Reply:
        chat, text = str(message.get("chat_id", "")), str(message.get("text", "")).strip()
        if self.limits is not None and (wait := self.limits.wait(chat)):
            self.counts.violations = self.limits.violations
            return _throttled(wait)
        if not text:
            return _refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            return _refused(400, "Bad Request: message is too long")
        if not (chat.removeprefix("-").isdecimal() or chat.startswith("@")) or self._faults.refuses(chat):
            return _refused(400, "Bad Request: chat not found")
        self.counts.took(text_mark(text), chat)
        self.heard.append((chat, message))
        self._last_message += 1
        place = {"id": int(chat), "type": "private"} if not chat.startswith("@") else {"id": -1, "type": "channel"}
        return _done({"message_id": self._last_message, "date": int(time.time()), "chat": place, "text": text})

    def _set_webhook(self, parameters: dict[str, Any]) -> Reply:
        self.webhook = parameters
        if self._pushing is None:
            self._pushing = asyncio.get_running_loop().create_task(self._push())
        return _done(True)

    def _delete_webhook(self, _parameters: dict[str, Any]) -> Reply:
        self.webhook = {}
        if self._pushing is not None:
            self._pushing.cancel()
            self._pushing = None
        return _done(True)

    def _get_updates(self, parameters: dict[str, Any]) -> Reply:
        """What there is; unlike Telegram's, this one never waits for more."""
        if self.webhook:
            return _refused(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(parameters.get("offset", 0))
        while self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        return _done(list(self._updates)[:100])


def _parameters(request: Request) -> dict[str, Any]:
    """A call's parameters: JSON, or a form."""
    try:
        found = json.loads(request.body)
    except ValueError:
        return dict(parse_qsl(request.body.decode("utf-8", "replace")))
    return found if isinstance(found, dict) else {}


def _done(result: Any) -> Reply:
    return Reply(body=json.dumps({"ok": True, "result": result}).encode())


def _refused(code: int, description: str, **parameters: Any) -> Reply:
    said: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return Reply(code, json.dumps(said | ({"parameters": parameters} if parameters else {})).encode())


def _throttled(seconds: int) -> Reply:
    return _refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
