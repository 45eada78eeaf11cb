"""The simulators: their word is what the demo and the tests measure against."""

import asyncio
import json
import signal
import sys
from collections import Counter

import pytest

from broadcaster.channel import Accepted
from broadcaster.demo.simulators.counts import Counts
from broadcaster.demo.simulators.faults import Fault, Faults
from tests.contract.harness import all_cases

NAMES = {"sms_cm": "sms-cm", "sms_spryng": "sms-spryng", "email_smtp": "smtp", "telegram_bot": "telegram"}
CASES = [case for case in all_cases() if case.name in NAMES]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


async def started(name, *arguments):
    command = (sys.executable, "-m", "broadcaster.demo.simulators", name, *arguments)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    return process, json.loads(await process.stdout.readline())["port"]


def by_signal(process):
    process.send_signal(signal.SIGTERM)


def by_closing(process):
    process.stdin.close()


async def ended(process, end):
    end(process)
    said, complained = await process.communicate()
    assert (process.returncode, complained) == (0, b"")
    [line] = said.splitlines()
    return json.loads(line)


@pytest.mark.parametrize("end", [by_signal, by_closing])
async def test_a_process_counts_what_it_took_and_says_it_when_told_to_stop(case, end):
    process, port = await started(NAMES[case.name], "--port", "0", "--seed", "5")
    account = case.account(port)
    parcels = case.parcels(3)
    for parcel in (*parcels, parcels[0]):
        assert isinstance((await account.send([parcel]))[0], Accepted)
    await account.aclose()
    counts = await ended(process, end)
    assert counts == {"connections": 1, "messages": 4, "unique": 3, "duplicates": 1, "copies_max": 2}


async def test_a_process_that_nobody_used_counts_nothing(case):
    process, _ = await started(NAMES[case.name])
    counts = await ended(process, by_signal)
    assert counts == {"connections": 0, "messages": 0, "unique": 0, "duplicates": 0, "copies_max": 0}


async def test_a_process_stops_while_it_holds_a_connection(case):
    process, port = await started(NAMES[case.name], "--seed", "2", "--fault-rate", "1")
    account = case.account(port)
    sending = [asyncio.ensure_future(account.send([parcel])) for parcel in case.parcels(30)]
    await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    counts = await ended(process, by_closing)
    assert not any(isinstance(outcome, Accepted) for [outcome] in await asyncio.gather(*sending))
    await account.aclose()
    assert counts["connections"] > 0


def test_a_fault_follows_from_the_seed_and_the_call_alone():
    calls = [(f"message-{n}", copy) for n in range(300) for copy in (1, 2)]
    forwards = [Faults(3, 0.3).draw(*call) for call in calls]
    assert forwards == [Faults(3, 0.3).draw(*call) for call in reversed(calls)][::-1]
    assert forwards != [Faults(4, 0.3).draw(*call) for call in calls]


def test_faults_come_at_their_rate_and_in_every_kind():
    drawn = Counter(Faults(1, 0.05).draw(n) for n in range(40_000))
    assert 0.045 < 1 - drawn[None] / 40_000 < 0.055
    assert set(drawn) == {None, *Fault}
    assert not any(Faults(1, 0.0).draw(n) for n in range(1000))


def test_a_refused_recipient_is_refused_every_time():
    refused = [n for n in range(20_000) if Faults(1, 0.05).refuses(str(n))]
    assert 0.008 < len(refused) / 20_000 < 0.012
    assert refused == [n for n in range(20_000) if Faults(1, 0.05).refuses(str(n))]


def test_a_copy_is_the_same_reference_to_the_same_recipient():
    counts = Counts()
    for reference, recipient in (("a", "x"), ("a", "y"), ("b", "x"), ("a", "x"), ("a", "x")):
        counts.took(reference, recipient)
    assert counts.as_json() == {"connections": 0, "messages": 5, "unique": 3, "duplicates": 2, "copies_max": 3}
