"""One search for all channels: after a whole broadcast with faults and reports no address, name, token or password is
in a log, in the bytes of the database, in the journal, or in anything that the API answers (CodeRED, November 2025).
"""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from broadcaster.demo import office, story
from broadcaster.demo.screen import Screen
from broadcaster.demo.story import Options, Running

pytestmark = pytest.mark.timeout(300)
HELD = {"keys", "secrets", "audience.csv", "omroeper.toml"}
"""What an installation keeps by right: keys, secrets and configuration; and the file that people were imported from."""


def spellings(row):
    """Everything of a person that nobody may read, in each way somebody might write it."""
    if row["sms"]:
        national = row["sms"].removeprefix("+31")
        yield from (national, f"{national[:3]} {national[3:]}", f"6 {national[1:]}")
    if row["email"]:
        yield from (row["email"], row["email"].replace("@", "="), row["email"].partition("@")[0])
    if row["telegram"]:
        yield row["telegram"]
    yield row["name"]


def hidden(made):
    """Of every recipient, officer, display and account."""
    folder = made.folder
    with (folder / "audience.csv").open(encoding="utf-8", newline="") as file:
        people = [spelling for row in csv.DictReader(file) for spelling in spellings(row)]
    secrets = [file.read_text().strip() for file in (folder / "secrets").iterdir()]
    officers = [secret for officer in (made.writer, made.approver) for secret in (officer.password, officer.token)]
    return people, [*secrets, *officers, *made.screens.values()]


def written(folder: Path):
    """Every file that the running house wrote, by name, without the zeros around it: the ballast is nothing else, and
    eighty megabytes."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in HELD]
    return {str(path.relative_to(folder)): path.read_bytes().strip(b"\0") for path in files}


async def said(running, submitted, made):
    """What the API answers to who may ask, and to who asks wrongly."""
    writer, answers = running.writer, {}
    alert = f"/v1/alerts/{submitted.alert}"
    for path in (alert, f"{alert}/deliveries?limit=1000", f"{alert}/renditions", "/v1/alerts", "/v1/drafts"):
        answers[path] = await writer.ask("GET", path)
    hook = made.hooks["sms.primary"]
    answers["another key"] = await writer.ask("POST", f"{hook[:-2]}zz", {"messages": {"msg": []}})
    answers["approved twice"] = await writer.ask("POST", f"{alert}/approve", {"digest": "x"})
    answers["not understood"] = await writer.ask("POST", "/v1/drafts", {"status": "Actual", "sms": "+31600000000"})
    return {path: json.dumps(answer).encode() for path, answer in answers.items()}


@pytest.mark.parametrize("seed", [4])
async def test_nothing_that_is_written_or_said_holds_an_address_or_a_secret(tmp_path, seed):
    options = Options(recipients=250, seed=seed, outage=True)
    screen = Screen(Console(file=io.StringIO()), lambda _: None)
    async with story.providers(seed, fault_rate=0.3, down=(60, 2.0)) as simulators:
        made = await story.furnish(tmp_path, simulators, options)
        async with Running.on(made, options, simulators) as running:
            submitted = await story.write(running)
            await office.approve(running.approver, submitted)
            await story.follow(running, submitted, [], screen)
            answers = await said(running, submitted, made)
    people, secrets = hidden(made)
    places = written(tmp_path) | answers
    assert any(name.endswith("hub.log") and content for name, content in places.items())
    assert any(name.startswith("omroeper.db") for name in places)
    found = {
        (name, needle)
        for needle in [*people, *secrets]
        for name, content in places.items()
        if needle.encode() in content
    }
    assert found == set()
