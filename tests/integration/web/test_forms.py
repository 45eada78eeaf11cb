"""Forms are read strictly: what two readers might understand differently is refused."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from broadcaster.web import bodies, forms
from broadcaster.web.problems import Problem


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Something that reads a form and says what it found."""

    async def read(request: web.Request) -> web.Response:
        try:
            form = await forms.read(request, many={"tick"})
        except Problem as problem:
            return web.json_response([problem.kind, [fault.field for fault in problem.faults]], status=400)
        return web.json_response(form.fields)

    app = web.Application(client_max_size=bodies.MAX_BYTES)
    app.router.add_post("/", read)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


TAKEN = {
    b"": {},
    b"a=1&b=": {"a": ["1"], "b": [""]},
    b"a=1+%2B+2": {"a": ["1 + 2"]},
    b"a=%E2%82%AC%F0%9F%9A%A8": {"a": ["€🚨"]},
    b"a=x%0D%0Ay%0Dz%09.": {"a": ["x\ny\nz\t."]},
    b"tick=1&tick=2": {"tick": ["1", "2"]},
    b"a=%zz": {"a": ["%zz"]},
}
REFUSED = {
    b"a=1&a=2": ["a"],
    b"a": [],
    b"a=1&&b=2": [],
    b"a=%FF": [],
    b"a=%ED%A0%80": [],
    b"a=\xe2\x82\xac": [],
    b"a=x%00": ["a"],
    b"a=x%1B": ["a"],
    b"a=%C2%85": ["a"],
    b"a%0Ab=1": [""],
    b"&".join(b"a%d=" % n for n in range(1001)): [],
}


async def test_a_form_is_read_or_refused_whole(url: str) -> None:
    kind = {"Content-Type": forms.MEDIA_TYPE}
    async with aiohttp.ClientSession() as session:
        for raw, found in TAKEN.items():
            async with session.post(url, data=raw, headers=kind) as response:
                assert (response.status, await response.json()) == (200, found), raw
        for raw, fields in REFUSED.items():
            async with session.post(url, data=raw, headers=kind) as response:
                assert (response.status, await response.json()) == (400, ["malformed", fields]), raw[:40]
        for other in ("text/plain", "application/json", f"{forms.MEDIA_TYPE}; charset=latin-1"):
            async with session.post(url, data=b"a=1", headers={"Content-Type": other}) as response:
                assert (await response.json())[0] == "unsupported-type"
