"""R11, by the kernel: a drill that as much as asks for a socket of the internet is killed, whoever in it asks.

An audit hook hears Python's own sockets; this filter (seccomp(2)) also hears those of the event loop and of
the database's library, which are written in C.
"""

import asyncio
import platform
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadcaster.store import deliveries
from broadcaster.store.database import Database
from tests import lives
from tests.databases import Store
from tests.drill.counting import configured

ROOT = Path(__file__).parents[2]
SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""The kernel's name of an architecture (linux/audit.h), and the number of socket(2) on it."""
SEALED = """
import ctypes, struct, sys

ARCHITECTURE, SOCKET = map(int, sys.argv[1:3])
KILL, ALLOW = 0x80000000, 0x7FFF0000
LOAD, SAME, RETURN = 0x20, 0x15, 0x06
# seccomp_data: number at 0, architecture at 4, the lower half of the first argument at 16.
program = [
    (LOAD, 0, 0, 4), (SAME, 1, 0, ARCHITECTURE), (RETURN, 0, 0, KILL),
    (LOAD, 0, 0, 0), (SAME, 1, 0, SOCKET), (RETURN, 0, 0, ALLOW),
    (LOAD, 0, 0, 16), (SAME, 1, 0, 1), (RETURN, 0, 0, KILL), (RETURN, 0, 0, ALLOW),  # 1 is AF_UNIX
]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
whole = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
assert libc.prctl(22, 2, ctypes.byref(whole), 0, 0) == 0, ctypes.get_errno()  # PR_SET_SECCOMP, a filter
sys.argv[1:] = sys.argv[3:]
if sys.argv[1] == "--try":
    import asyncio, uvloop
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.open_connection("127.0.0.1", 9))
from broadcaster.__main__ import main
main()
"""
pytestmark = pytest.mark.skipif(platform.machine() not in SOCKET, reason="socket(2) has another number here")


async def sealed(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    """`omroeper`, with no way to the internet."""
    script = folder / "sealed.py"
    script.write_text(SEALED)
    numbers = map(str, SOCKET[platform.machine()])
    return await asyncio.create_subprocess_exec(
        sys.executable, str(script), *numbers, *arguments,
        env={"PYTHONPATH": str(ROOT)}, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
    )  # fmt: skip


async def test_the_filter_kills_even_what_python_does_not_hear_of(tmp_path: Path) -> None:
    process = await sealed(tmp_path, "--try")
    async with asyncio.timeout(60):
        await process.communicate()
    assert process.returncode == -signal.SIGSYS


async def test_a_drill_works_off_an_exercise_and_never_asks_for_a_socket_of_the_internet(
    database: Database, store: Store, tmp_path: Path
) -> None:
    house = lives.house_in(tmp_path, configured(store, lives.CONFIGURATION))
    now = datetime.now(UTC)
    with database.engine.begin() as conn:
        lives.furnish(conn, house, 40, now)
        alert = lives.approved(conn, house, now, status="Exercise", channels=["sms", "email", "display"])
    process = await sealed(tmp_path, "drill", "--config", str(tmp_path / "omroeper.toml"))
    async with asyncio.timeout(60):
        while process.returncode is None and not await database.read(deliveries.settled, alert.id):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    with database.engine.begin() as conn:
        assert deliveries.counts(conn, alert.id) == {"email": {"accepted": 20}, "sms": {"accepted": 40}}
