"""The provider of `tests.oidc_provider`, from outside: started, told what to say, and visited as a browser does."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from joserfc.jwk import RSAKey

CALLBACK = "/console/sign-in/oidc/callback"
CLIENT = "omroeper"
_ROOT = Path(__file__).parents[1]
_KEY = RSAKey.generate_key(2048)


def key_in(folder: Path) -> Path:
    """Where the hub's own key for it is."""
    return folder / "oidc.pem"


@dataclass
class Elsewhere:
    """The provider, and what it is told."""

    port: int
    session: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def tell(self, **said: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.url}/told", json=said) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    def table(self, folder: Path) -> str:
        """The table of the hub's configuration that names it; the hub's key is put in the folder."""
        key_in(folder).write_bytes(_KEY.as_pem(private=True))
        return (
            f'[oidc]\nissuer = "{self.url}"\nclient_id = "{CLIENT}"\nname = "Voorbeeldstad"\nkey = "{key_in(folder)}"\n'
        )

    async def knows(self, public: str, hub: str) -> None:
        """Tell it of its client: the hub that people know as `public` and that answers at `hub`. What it was told
        before is forgotten."""
        keys = f"{hub}/console/sign-in/oidc/keys"
        fresh = {"lies": {}, "refuses": False, "says_issuer": None}
        await self.tell(client_id=CLIENT, redirect_uri=f"{public}{CALLBACK}", jwks_uri=keys, **fresh)

    async def visit(self, url: str) -> str:
        """Where the provider sends a browser that came here."""
        async with self.session.get(url, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]


@contextmanager
def running() -> Iterator[tuple[int, Callable[[], None]]]:
    """The port of a provider, and what ends it."""
    command = [sys.executable, "-m", "tests.oidc_provider"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.kill
        finally:
            process.kill()
