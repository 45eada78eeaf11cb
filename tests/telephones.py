"""The telephone of a host, with a browser that runs no script."""

import re

import aiohttp

from tests.counters import PIN, Counter

HOME = "/steunpunt"


class Telephone:
    """A browser without scripts: it keeps cookies and sends the forms that a page holds."""

    def __init__(self, session: aiohttp.ClientSession, counter: Counter) -> None:
        self._session, self._counter = session, counter
        self.status_code, self.text, self.path = 0, "", ""

    async def look(self, path: str = HOME) -> str:
        async with self._session.get(self._counter.url + path) as answer:
            return await self._seen(answer)

    async def send(self, path: str, fields: dict[str, str] | list[tuple[str, str]], **headers: str) -> str:
        usual = {"Origin": self._counter.url}
        async with self._session.post(self._counter.url + path, data=fields, headers=usual | headers) as answer:
            return await self._seen(answer)

    async def send_raw(self, path: str, body: bytes) -> str:
        headers = {"Origin": self._counter.url, "Content-Type": "application/x-www-form-urlencoded; charset=x"}
        async with self._session.post(self._counter.url + path, data=body, headers=headers) as answer:
            return await self._seen(answer)

    async def _seen(self, answer: aiohttp.ClientResponse) -> str:
        self.status_code, self.path, self.text = answer.status, answer.url.path, await answer.text()
        return self.text

    async def enter(self, pin: str = PIN) -> str:
        return await self.send(f"{HOME}/pin", {"pin": pin})

    def hidden(self) -> dict[str, str]:
        """The id and the mode of the form that is shown."""
        return {name: re.findall(rf'name="{name}" value="([^"]+)"', self.text)[0] for name in ("id", "mode")}
