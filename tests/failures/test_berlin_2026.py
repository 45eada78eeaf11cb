"""Berlin, January 2026: power was to be back "tonight", later "Thursday", and posters with the first forecast stayed on
the walls for days.

Here what is printed and shown carries its number, the moment of its facts, its end and what it replaces, each with
its date; the forecast that was replaced can no longer be printed, and the code on a poster that still hangs says so. It
is listed which points still show or hang the older one, and who was asked there to take it down.
"""

import pytest

from broadcaster.boards import lookout
from broadcaster.boards.publisher import valid_notices
from broadcaster.model.board import Mode
from broadcaster.model.cap import MsgType
from broadcaster.model.device import DeviceKind
from broadcaster.render.poster import Size
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow import correcting, posters, reporting, vouching
from broadcaster.workflow.refusals import Refused
from tests.houses import TestHouse, board_signers, house
from tests.outposts import let_in


async def corrected(h: TestHouse, row: AlertRow) -> AlertRow:
    """The next forecast in the place of one."""
    draft = await h.store.run(correcting.start, h.house, h.callers["anna"], row.id, MsgType.UPDATE, h.clock.now())
    return await h.approve("bert", (await h.submit("anna", draft_id=draft.id)).alert)


async def test_a_new_forecast_takes_the_old_one_off_screens_and_paper(store_url: str) -> None:
    async with house(store_url) as h:
        first = await h.released()
        second = await corrected(h, first)
        signers, now = board_signers(), h.clock.now()
        with pytest.raises(Refused, match=r"Nr 1 geldt niet meer. Druk nr 2 af."):
            await h.store.read(posters.of_alert, h.house, signers, first.id, Size.A4)
        poster = await h.store.read(posters.of_alert, h.house, signers, second.id, Size.A4)
        for section, number, take_down in zip(
            poster.sections, ("Nr 2", "No. 2"), ("Haal nummer 1 weg", "Take down No. 1"), strict=True
        ):
            assert (section["number"], section["take_down"]) == (number, take_down)
        assert "vervangt nr 1" in poster.sections[0]["facts"][0]
        local = second.expires_at.astimezone(h.house.settings.hub.zone)
        assert poster.sections[0]["until"].startswith(f"Geldig tot {local.day} ")
        ((_, notice),) = await h.store.read(valid_notices, h.house, Mode.LIVE, now)
        assert (notice.number, notice.replaces) == (2, 1)
        assert {"as_of", "until", "numbered"} <= notice.languages["nl"].keys()
        said = {item.number: (item.state, item.by) for item in await h.store.read(vouching.standing, now)}
        assert said == {1: ("replaced", 2), 2: ("valid", None)}


async def test_the_product_lists_which_points_still_show_or_hang_the_older_one(store_url: str) -> None:
    async with house(store_url) as h:
        first = await h.released()
        host, screen = await let_in(h, "wijkhuis-noord"), await let_in(h, "wijkhuis-noord", DeviceKind.DISPLAY)

        async def old() -> list[tuple[str, bool, int, int | None, str | None]]:
            found = await h.store.read(lookout.read, h.house, h.boards, Mode.LIVE, h.clock.now())
            return [
                (standing.point.name, item.paper, item.number, item.by, item.asked.by if item.asked else None)
                for standing, item in found.old
            ]

        async def tell(*tokens: str) -> None:
            await reporting.take(h.store, h.house, h.seal, tokens, h.clock.now())

        await tell(host.report(showing={"paper": [first.number]}), screen.report(showing={"screen": [first.number]}))
        assert await old() == []
        await corrected(h, first)
        assert await old() == [("Wijkhuis Noord", False, 1, 2, None), ("Wijkhuis Noord", True, 1, 2, None)]
        await tell(screen.report(showing={"screen": [2]}))
        anna = h.callers["anna"]
        await h.store.run(reporting.ask_to_take_down, anna, "wijkhuis-noord", 1, h.clock.now())
        assert await old() == [("Wijkhuis Noord", True, 1, 2, anna.person_id)]
        await tell(host.report(showing={"paper": [2]}))
        assert await old() == []
