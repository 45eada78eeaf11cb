"""The process itself: small enough for a small box, and a whole life of it by the command line."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import aiohttp

from tests.integration.relay.conftest import Box, away

FORBIDDEN = {
    *("sqlalchemy", "alembic", "psycopg", "sqlite3", "telegram", "aiosmtplib", "aiosmtpd", "typst", "lxml", "signxml"),
    *("apscheduler", "tenacity", "prometheus_client", "webauthn", "pyotp", "segno", "rfc8785"),
    *("broadcaster.store", "broadcaster.workflow", "broadcaster.dispatch", "broadcaster.web", "broadcaster.channel"),
    *("broadcaster.wiring.hub", "channels"),
}
"""What a relay has no use for: a database, providers, documents. Each would cost memory that a small box has not."""
LOADED = """
import sys
from broadcaster import cli
import broadcaster.cli.relay, broadcaster.observe, broadcaster.relay.running, broadcaster.settings.relay
import broadcaster.wiring.lasting
cli.build()
print("\\n".join(sys.modules))
"""
LARGEST_MB = 80


async def output_of(*command, **how):
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, **how)
    async with asyncio.timeout(60):
        return (await process.communicate())[0].decode()


async def test_a_relay_loads_nothing_that_only_a_hub_needs():
    loaded = set((await output_of(sys.executable, "-c", LOADED)).split())
    strange = {name for name in loaded if any(name == one or name.startswith(f"{one}.") for one in FORBIDDEN)}
    assert strange == set()


class Process:
    """`omroeper relay` on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __aenter__(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        command = (sys.executable, "-m", "broadcaster", "relay", "--config", "relay.toml", "--port-file", "port")
        with (self.folder / "log").open("w") as log:
            self.process = await asyncio.create_subprocess_exec(*command, cwd=self.folder, stderr=log)
        async with asyncio.timeout(60):
            while not port_file.exists() or not port_file.read_text():
                assert self.process.returncode is None, (self.folder / "log").read_text()
                await asyncio.sleep(0.02)
        self.url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await self.process.wait()

    @property
    def largest_mb(self):
        """The most memory that it ever had resident (proc(5), VmHWM)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    async def get(self, session, path):
        async with session.get(self.url + path) as response:
            return response.status, await response.text()

    async def has(self, session, path):
        """Wait until something is there."""
        async with asyncio.timeout(30):
            while (found := await self.get(session, path))[0] != 200:  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.05)
        return found[1]


async def test_a_box_with_five_points_stays_small_and_lives_through_a_kill_without_its_hub(hub, mint, tmp_path):
    points = ("noord", "zuid", "oost", "west", "midden")
    Box(tmp_path / "relay", mint, points=points, sources=[str(hub.url)])
    (tmp_path / "media").mkdir()
    (tmp_path / "relay.toml").write_text(
        f'[relay]\nname = "Kast"\nlisten = "127.0.0.1:0"\nsources = ["{hub.url}"]\nusb = "media"\n'
    )
    for point in points:
        hub.put(mint.token(10, point=point), 10, point=point)
    hub.heart.beat(mint.now, None)
    async with aiohttp.ClientSession() as session:
        async with Process(tmp_path) as relay:
            for point in points:
                assert await relay.has(session, f"/v1/boards/{point}") == mint.token(10, point=point)
                for path in (f"/display/{point}", f"/display/{point}/worker.js", f"/?point={point}"):
                    assert (await relay.get(session, path))[0] == 200, path
            said = {"seq": 10, "digest": "0" * 64, "screen": [3]}
            async with session.post(f"{relay.url}/v1/points/noord/showing", json=said) as response:
                assert response.status == 204
            assert relay.largest_mb <= LARGEST_MB, relay.largest_mb
            relay.process.send_signal(signal.SIGKILL)
            await relay.process.wait()
        hub.answer = away
        async with Process(tmp_path) as relay:
            for point in points:
                assert await relay.get(session, f"/v1/boards/{point}") == (200, mint.token(10, point=point))
