"""How often one chat may be written to, by our own count: before Telegram counts for us and halts the whole bot.

Established: core.telegram.org/bots/faq, "My bot is hitting limits": one message a second in a chat, 20 a minute in
a group, about 30 a second in all. The last is the account's pace (`Spec.per_second`) and not counted here.
"""

from collections import deque

from broadcaster.clock import Clock

_MINUTE = 60.0


class ChatPace:
    """Remembers when each chat was written to, for a minute. pause: seconds between two messages to one chat.
    per_minute: the most to one group or channel."""

    def __init__(self, pause: float, per_minute: int, clock: Clock) -> None:
        self._pause, self._per_minute, self._clock = pause, per_minute, clock
        self._sent: dict[str, deque[float]] = {}

    def take(self, chat: str) -> float:
        """Seconds until this chat may get one more; 0 when it may now, and then it is counted."""
        now = self._clock.monotonic()
        self._forget(now)
        sent = self._sent.pop(chat, None) or deque()
        if wait := self._wait(chat, sent, now):
            self._sent[chat] = sent
            return wait
        sent.append(now)
        self._sent[chat] = sent  # at the end: the dictionary stands in the order of the last message
        return 0.0

    def _wait(self, chat: str, sent: deque[float], now: float) -> float:
        while sent and sent[0] <= now - _MINUTE:
            sent.popleft()
        if not sent:
            return 0.0
        waits = [sent[-1] + self._pause - now]
        if not is_private(chat) and len(sent) >= self._per_minute:
            waits.append(sent[-self._per_minute] + _MINUTE - now)
        return max(0.0, *waits)

    def _forget(self, now: float) -> None:
        """Let go of chats that nothing is counted of any more."""
        while self._sent:
            chat = next(iter(self._sent))
            if self._sent[chat][-1] > now - _MINUTE:
                return
            del self._sent[chat]


def is_private(chat: str) -> bool:
    """Whether it is one person's chat: a group or channel has a negative number or a public name."""
    return chat.isdecimal()
