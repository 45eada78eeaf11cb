"""A site over a fresh house, on each engine; and everything it answers is as the API's description says, without
what is nobody's business."""

from collections.abc import AsyncIterator

import pytest

from tests.houses import HIDDEN, TestHouse, house
from tests.integration.web.described import conforms
from tests.integration.web.site import MovableClock, Site, serving


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def h(store_url: str, clock: MovableClock) -> AsyncIterator[TestHouse]:
    async with house(store_url, clock=clock) as opened:
        yield opened


@pytest.fixture
async def site(h: TestHouse) -> AsyncIterator[Site]:
    async with serving(h) as served:
        yield served
    for reply in served.seen:
        whole = f"{reply.headers} {reply.text}"
        conforms(reply)
        assert not [hidden for hidden in (*HIDDEN, *h.tokens.values()) if hidden in whole]
