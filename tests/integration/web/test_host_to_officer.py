"""The whole way: what a host tells at a relay comes to the officers, and the host sees when they read it."""

from pathlib import Path

import aiohttp

from broadcaster.relay.courier import Courier
from tests.counters import POINT, open_counter
from tests.houses import TestHouse
from tests.integration.web.site import Site
from tests.outposts import let_in
from tests.telephones import Telephone


async def test_what_a_host_tells_comes_to_the_officers_once_and_the_host_sees_that_it_was_read(
    site: Site, h: TestHouse, tmp_path: Path
) -> None:
    post = await let_in(h, POINT)
    opened = open_counter(tmp_path, h.clock.now(), hub=site.url, key=post.key, token=post.token)
    async with opened as counter, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        telephone = Telephone(session, counter)
        await telephone.enter()
        await telephone.send("/steunpunt/open", telephone.hidden() | {"open": "yes", "first": "yes"})
        await telephone.look("/steunpunt/dringend")
        told = telephone.hidden() | {"subject": "medicine", "line": "Insuline voor twee mensen"}
        for _ in range(2):
            await telephone.send("/steunpunt/dringend", told)
        assert "bewaard" in await telephone.look("/steunpunt/berichten")
        courier = Courier(counter.parts.lines, counter.parts.outbox, counter.parts.clock)
        async with counter.parts.lines:
            await courier.carry()
            assert "verstuurd om" in await telephone.look("/steunpunt/berichten")
            listed = (await site.get("anna", "/v1/reports")).json["items"]
            assert [item["urgent"]["line"] for item in listed if item.get("urgent")] == ["Insuline voor twee mensen"]
            assert len(listed) == 2
            for item in listed:
                assert (await site.post("anna", f"/v1/reports/{item['id']}/read")).status_code == 200
            counter.time.advance(61)
            await courier.carry()
        assert telephone.text.count("gelezen om") == 0
        assert (await telephone.look("/steunpunt/berichten")).count("gelezen om") == 2
