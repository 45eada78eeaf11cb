"""`omroeper demo` as a visitor runs it, and its parts put together for what no visitor does: kill the hub."""

import asyncio
import io
import json
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from rich.console import Console

from broadcaster.demo import office, story
from broadcaster.demo.office import KINDS
from broadcaster.demo.screen import Screen
from broadcaster.demo.story import Options, Running

pytestmark = pytest.mark.timeout(300)
ENDS = ("accepted", "delivered", "failed", "uncertain", "expired", "superseded", "halted")
PROVIDERS_OF = {"sms": ("sms-cm", "sms-spryng"), "email": ("smtp",), "telegram": ("telegram",)}
POINTS = {"wijkhuis-noord", "bibliotheek-centrum", "brandweer-zuid"}


@asynccontextmanager
async def demo(*arguments):
    command = (sys.executable, "-m", "broadcaster", "demo", "--port", "0", *arguments)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, limit=1 << 20)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def played(*arguments):
    """The JSON of a demo that ended well."""
    async with demo("--once", "--json", *arguments) as process:
        said, told = await process.communicate()
    assert process.returncode == 0, (said, told)
    return json.loads(said)


def adds_up(report, recipients):
    assert report["differences"] == []
    assert report["recipients"] == recipients
    assert set(report["channels"]) == set(KINDS)
    for figures in report["channels"].values():
        assert figures["planned"] == sum(figures[end] for end in ENDS)
        assert figures["copies_max"] <= 2
    assert sum(figures["planned"] for figures in report["channels"].values()) >= recipients
    assert {point for point, board in report["boards"].items() if board["verified"] and board["seq"]} == POINTS


@dataclass(frozen=True)
class Evening:
    """A demo that stayed up until it was told to stop: its report, the processes below it while it was up, and how it
    ended, with what it said after its report."""

    report: dict[str, Any]
    below: list[int]
    up: list[bool]
    ended: tuple[int | None, bytes, bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening():
    """One of 300 people, the fewest of whom a gateway that is out of service for a while passes some on."""
    async with demo("--recipients", "300", "--seed", "3", "--json") as process:
        report = await read_json(process.stdout)
        below = descendants(process.pid)
        up = [alive(pid) for pid in below]
        process.send_signal(signal.SIGINT)
        said, told = await process.communicate()
    return Evening(report, below, up, (process.returncode, said, told))


def test_every_recipient_is_told_about_and_the_providers_agree(evening):
    report = evening.report
    adds_up(report, 300)
    assert report["status"] == "Actual"
    for kind, names in PROVIDERS_OF.items():
        figures, counts = report["channels"][kind], [report["simulators"][name] for name in names]
        arrived = figures["accepted"] + figures["delivered"]
        assert arrived <= sum(item["unique"] for item in counts) <= figures["planned"]
        assert all(item["messages"] == item["unique"] + item["duplicates"] for item in counts)
        assert all(item["connections"] > 0 for item in counts)


def test_a_gateway_that_is_out_of_service_for_a_while_is_made_up_for_by_the_other(evening):
    report = evening.report
    assert report["channels"]["sms"]["failovers"] > 0
    assert report["simulators"]["sms-spryng"]["unique"] > 0
    assert report["channels"]["sms"]["delivered"] > 0


async def test_without_once_the_hub_stays_up_until_it_is_told_to_stop(evening):
    assert len(evening.below) >= 3
    assert all(evening.up)
    returncode, said, told = evening.ended
    assert (returncode, said) == (0, b"")
    assert b"password" in told
    await nobody_left(evening.below)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_it_adds_up_for_every_seed():
    for seed in range(20):
        adds_up(await played("--recipients", "320", "--seed", str(seed)), 320)


async def test_an_exercise_opens_no_connection_at_any_provider():
    report = await played("--recipients", "60", "--drill")
    adds_up(report, 60)
    assert report["status"] == "Exercise"
    nothing = {"connections": 0, "messages": 0, "unique": 0, "duplicates": 0}
    assert report["simulators"] == {item.name: nothing for item in story.PROVIDERS}
    assert all(figures["accepted"] == figures["planned"] for figures in report["channels"].values())


@pytest.mark.soak
async def test_one_recipient_is_an_audience_too():
    adds_up(await played("--recipients", "1"), 1)


# --- ending half way -------------------------------------------------------------------------------


def descendants(pid):
    """Every process below this one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *descendants(child)]
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def nobody_left(pids):
    async with asyncio.timeout(60):
        while True:
            if not any(map(alive, pids)):
                return
            await asyncio.sleep(0.05)


async def read_json(stream):
    """The one JSON document that comes while the process stays up."""
    text = ""
    while line := await stream.readline():
        text += line.decode()
        with suppress(ValueError):
            return json.loads(text)
    raise AssertionError(text)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=str)
async def test_a_demo_that_is_ended_half_way_leaves_no_process(number):
    async with demo("--recipients", "300") as process:
        while b"approved" not in await process.stdout.readline():
            assert process.returncode is None
        below = descendants(process.pid)
        assert len(below) >= 3
        process.send_signal(number)
        await process.communicate()
    assert process.returncode == (1 if number == signal.SIGINT else -number)
    await nobody_left(below)


# --- killing the hub -------------------------------------------------------------------------------


async def half_way(running, submitted):
    """Wait until some deliveries have an outcome and others have none."""
    while True:
        alert = await running.writer.do("GET", f"/v1/alerts/{submitted.alert}")
        done = sum(states.get(end, 0) for states in alert["counts"].values() for end in ENDS)
        assert done < submitted.addressees, "the broadcast was over before the hub could be killed"
        if done:
            return
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("seed", "drill"), [(1, False), pytest.param(3, True, marks=pytest.mark.soak)])
async def test_a_hub_that_is_killed_and_started_again_misses_nobody_and_sends_no_third_copy(tmp_path, seed, drill):
    options = Options(recipients=150, seed=seed, drill=drill, outage=False)
    screen = Screen(Console(file=io.StringIO()), lambda _: None)
    async with story.providers(seed) as simulators:
        made = await story.furnish(tmp_path, simulators, options)
        async with Running.on(made, options, simulators) as running:
            submitted = await story.write(running)
            refusals = await office.refused(running.writer, running.approver, submitted)
            await office.approve(running.approver, submitted)
            await half_way(running, submitted)
            below = descendants(running.hub.process.pid)
            os.kill(running.hub.process.pid, signal.SIGKILL)
            await running.hub.process.wait()
            await nobody_left(below)
        async with Running.on(made, options, simulators) as running:
            broadcast = await story.follow(running, submitted, refusals, screen)
        report = await story.concluded(running, broadcast)
    adds_up(report.as_json(), 150)
