"""`omroeper board fetch`, as a process of its own."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from broadcaster.boards.signing import key_set
from broadcaster.model.board import Mode
from broadcaster.seal import fingerprint


@pytest.fixture
def fetch(hub, mint):
    pinned = ("--root", fingerprint(mint.live.root))

    async def _fetch(*options, typed=b"", trust=pinned):
        child = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "broadcaster",
                "board",
                "fetch",
                str(hub.url),
                "--point",
                "noord",
                *trust,
                *options,
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate(typed)
        return child.returncode, out.decode(), err.decode()

    return _fetch


def issue(mint, hub, seq=10, *, signer=None, mode=Mode.LIVE, **changes):
    """A board of this very minute: the verb reads the real clock."""
    now = datetime.now(UTC)
    status = "Actual" if mode is Mode.LIVE else "Exercise"
    content = {"issued_at": now, "not_after": now + timedelta(hours=72)}
    content["notices"] = [mint.notice(7, status=status, expires=now + timedelta(hours=6), replaces=6)]
    hub.put(mint.token(seq, signer=signer, **(content | changes)), seq, mode)


@pytest.fixture
def mint(mint):
    """Keys that are in date by the real clock."""
    until = datetime.now(UTC) + timedelta(days=400)
    return type(mint)(mint.signer("live", not_after=until), mint.signer("exercise", not_after=until))


async def test_the_notices_are_printed_with_their_age(mint, hub, fetch):
    issue(mint, hub)
    status, out, err = await fetch()
    assert (status, err) == (0, "")
    assert "Board 10 of noord (LIVE), issued less than a minute ago" in out
    assert "Nr 7, replaces 6, Severe, until" in out
    assert "[nl] Stroomuitval\n     Blijf thuis." in out


async def test_the_json_is_one_object_with_what_was_verified(mint, hub, fetch):
    issue(mint, hub)
    status, out, _ = await fetch("--json")
    shown = json.loads(out)
    assert status == 0
    assert (shown["verified"], shown["seq"], shown["mode"], shown["point"]) == (True, 10, "live", "noord")
    assert 0 <= shown["age_in"] < 60
    assert [notice["number"] for notice in shown["notices"]] == [7]
    assert shown["root"] == fingerprint(mint.live.root)


async def test_a_refused_board_ends_with_one_and_one_sentence(mint, hub, fetch):
    issue(mint, hub, signer=mint.signer("live"))
    status, out, err = await fetch("--json")
    assert status == 1
    assert json.loads(out) == {"verified": False, "reason": "unknown-key"}
    assert err.strip().count("\n") == 0
    assert "Stroomuitval" not in out + err


async def test_a_board_past_its_date_is_not_printed(mint, hub, fetch):
    issue(mint, hub, not_after=datetime.now(UTC) - timedelta(minutes=1))
    status, out, err = await fetch()
    assert (status, out) == (1, "")
    assert "past its date" in err


async def test_nothing_older_than_the_state_passes(mint, hub, fetch, tmp_path):
    file = str(tmp_path / "noord.json")
    issue(mint, hub, 10)
    assert (await fetch("--state", file))[0] == 0
    issue(mint, hub, 9)
    status, _, err = await fetch("--state", file)
    assert status == 1
    assert "older" in err


async def test_an_unchanged_board_is_printed_again(mint, hub, fetch, tmp_path):
    issue(mint, hub)
    first, second = [await fetch("--state", str(tmp_path / "noord.json")) for _ in range(2)]
    assert first == second


async def test_a_damaged_state_is_said_and_ends_with_one(mint, hub, fetch, tmp_path):
    (tmp_path / "noord.json").write_text("{")
    issue(mint, hub)
    status, out, err = await fetch("--state", str(tmp_path / "noord.json"))
    assert (status, out) == (1, "")
    assert err.startswith("The state file is damaged: ")


async def test_without_a_root_nothing_is_trusted(mint, hub, fetch):
    issue(mint, hub)
    status, out, err = await fetch(trust=())
    assert (status, out) == (1, "")
    assert "--trust-first" in err


async def test_trust_on_first_use_names_the_root_and_keeps_to_it(mint, hub, fetch, tmp_path):
    file = str(tmp_path / "noord.json")
    issue(mint, hub)
    status, _, err = await fetch("--state", file, trust=("--trust-first",))
    assert status == 0
    assert fingerprint(mint.live.root) in err
    impostor = mint.signer("live", not_after=mint.live.not_after)
    hub.keys = key_set([impostor])
    issue(mint, hub, 11, signer=impostor)
    assert (await fetch("--state", file, trust=("--trust-first",)))[0] == 1


async def test_an_exercise_is_asked_for_by_name(mint, hub, fetch):
    issue(mint, hub, signer=mint.exercise, mode=Mode.EXERCISE)
    status, out, _ = await fetch("--exercise", trust=("--root", fingerprint(mint.exercise.root)))
    assert status == 0
    assert "(EXERCISE)" in out


async def test_a_token_may_come_from_standard_input(mint, hub, fetch):
    issue(mint, hub)
    assert (await fetch("--token", "-", typed=b"s3cret\n"))[0] == 0
    assert hub.asked[0].headers["Authorization"] == "Bearer s3cret"


async def test_wrong_use_ends_with_two(fetch):
    assert (await fetch("--trust-first"))[0] == 2
    assert (await fetch("--point", ""))[0] == 2


async def test_following_prints_each_new_board(mint, hub):
    options = ("--point", "noord", "--root", fingerprint(mint.live.root), "--follow", "--json")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "broadcaster", "board", "fetch", str(hub.url), *options), stdout=asyncio.subprocess.PIPE
    )
    try:
        for seq in (10, 11, 12):
            issue(mint, hub, seq)
            assert json.loads(await child.stdout.readline())["seq"] == seq
    finally:
        child.kill()
        await child.wait()
