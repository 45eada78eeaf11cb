"""Lists page without a gap or a repeat while others write, and refuse what is no page of theirs."""

from typing import Any

from broadcaster.store import deliveries
from tests.houses import TestHouse
from tests.integration.web.site import Site


async def _page(site: Site, path: str, cursor: str | None, limit: int = 2) -> tuple[list[Any], str | None]:
    mark = "&" if "?" in path else "?"
    more = f"&cursor={cursor}" if cursor is not None else ""
    reply = await site.get("vera", f"{path}{mark}limit={limit}{more}")
    assert reply.status_code == 200, reply.text
    return reply.json["items"], reply.json["cursor"]


async def test_drafts_page_on_while_some_are_added_and_others_put_away(site: Site) -> None:
    there = [(await site.draft())["id"] for _ in range(7)]
    seen, cursor = await _page(site, "/v1/drafts", None)
    assert [item["id"] for item in seen] == sorted(there, reverse=True)[:2]
    gone = False
    while cursor is not None:
        await site.draft()
        gone = not gone
        if gone:  # what the cursor points at
            assert (await site.call("anna", "DELETE", f"/v1/drafts/{cursor}")).status_code == 204
        items, cursor = await _page(site, "/v1/drafts", cursor)
        seen += items
    assert [item["id"] for item in seen] == sorted(there, reverse=True)


async def test_alerts_page_on_while_some_are_added(site: Site) -> None:
    there = [(await site.submitted(channels=["display"]))["alert"] for _ in range(5)]
    seen, cursor = await _page(site, "/v1/alerts?stage=submitted", None)
    while cursor is not None:
        await site.submitted(channels=["display"])
        items, cursor = await _page(site, "/v1/alerts?stage=submitted", cursor)
        seen += items
    assert [item["id"] for item in seen] == sorted(there, reverse=True)


async def test_deliveries_page_on_while_they_are_made(site: Site, h: TestHouse) -> None:
    alert = await site.submitted()
    await site.approve("bert", alert)
    path = f"/v1/alerts/{alert['alert']}/deliveries"
    assert await _page(site, path, None) == ([], None)
    await h.store.run(deliveries.expand, alert["alert"], {"sms": "sms.primary"}, h.clock.now())
    seen, cursor = await _page(site, path, "0")
    while cursor is not None:
        items, cursor = await _page(site, path, cursor)
        seen += items
    assert [item["n"] for item in seen] == [1, 2, 3, 4, 5, 6]


async def test_the_last_page_is_known_as_the_last(site: Site) -> None:
    for _ in range(4):
        await site.draft()
    items, cursor = await _page(site, "/v1/drafts", None, 4)
    assert (len(items), cursor) == (4, None)


async def test_a_limit_has_its_bounds(site: Site) -> None:
    path = f"/v1/alerts/{(await site.submitted())['alert']}/deliveries"
    for where, most in (("/v1/drafts", 200), ("/v1/alerts", 200), (path, 1000)):
        assert (await site.get("vera", f"{where}?limit={most}")).status_code == 200
        for limit in ("0", str(most + 1), "-1", "1.5", "", "9" * 40, "٣"):
            assert (await site.get("vera", f"{where}?limit={limit}")).rules == [("limit", "range")], limit


async def test_a_cursor_of_another_list_is_refused(site: Site) -> None:
    alert = (await site.submitted())["alert"]
    assert (await site.get("vera", "/v1/drafts?cursor=12")).rules == [("cursor", "cursor")]
    assert (await site.get("vera", f"/v1/alerts/{alert}/deliveries?cursor={alert}")).rules == [("cursor", "range")]
