"""One line of the table of routes."""

from dataclasses import dataclass

from broadcaster.web.callers import Who
from broadcaster.web.calls import Handler


@dataclass(frozen=True, slots=True)
class Route:
    """One call. who: None is everybody, without a token. often: made so often that only its failures
    are worth a line in the log; such a call also keeps its own time, and does not show that a person is there.
    query: None lets everything stand. page: for people, so a refusal is a page too, and who is not signed in is
    sent to where they can."""

    method: str
    path: str
    handler: Handler
    who: Who | None
    query: frozenset[str] | None = frozenset()
    often: bool = False
    page: bool = False
