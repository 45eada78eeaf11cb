"""The drafts that are being frozen right now, and how far each is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from broadcaster.store.freezing import EVERY, Far, Telling


class Freezings:
    """Those of this process. Told from the threads of the store, and read on the event loop."""

    def __init__(self, every: int = EVERY) -> None:
        self._every = every
        self._here: dict[object, tuple[str, Far]] = {}

    @contextmanager
    def of(self, draft_id: str) -> Iterator[Telling]:
        """What the freezing of a draft tells to; it may be offered twice at once."""
        own = object()
        try:
            yield Telling(draft_id, lambda far: self.put(own, draft_id, far), self._every)
        finally:
            self._here.pop(own, None)

    def put(self, own: object, draft_id: str, far: Far) -> None:
        """Note how far one of them is."""
        self._here[own] = (draft_id, far)

    def with_those(self, elsewhere: Mapping[str, Far]) -> dict[str, Far]:
        """How far each draft is that is being frozen, here or `elsewhere`."""
        found = dict(elsewhere)
        for draft_id, far in list(self._here.values()):
            known = found.get(draft_id)
            found[draft_id] = far if known is None else max(known, far, key=lambda one: (one.step, one.done))
        return found
