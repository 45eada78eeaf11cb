"""Every call of the document, attacked by schemathesis with what the document allows and what it does not."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from broadcaster.boards.serving import signed
from broadcaster.model.board import Mode
from tests.houses import TestHouse
from tests.integration.web.site import Site, serving

ROOT = Path(__file__).parents[3]
SEED = 20261124
POINTS = ["wijkhuis-noord", "buurthuis-zuid"]
CONFIG = """
[auth.openapi.bearer]
bearer = "{token}"
[checks.positive_data_acceptance]  # by shape; what a house has, and where an alert stands, is another matter
expected-statuses = ["2xx", 304, 401, 403, 404, 409, 412, 415, 422, 428]
[checks.missing_required_header]
expected-statuses = [400, 401, 428]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 415, 422, 428]
[[operations]]  # a key may hold anything (RFC 7517, 4) but a number beyond all bounds; who goes on guessing waits
include-name = "POST /devices"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 415, 422, 429]
[operations.checks.negative_data_rejection]
expected-statuses = [400, 404, 415, 422, 429]
"""


async def _stocked(site: Site) -> dict[str, Any]:
    """Drafts and alerts in every stage, for bert to work on."""
    for point in POINTS:
        site.house.boards.publish(point, Mode.LIVE, signed("kop.bord.handtekening", 3))
    drafts = [(await site.draft())["id"] for _ in range(6)]
    submitted = [await site.submitted() for _ in range(6)]
    for alert in submitted[4:]:
        assert (await site.approve("bert", alert)).status_code == 200
    return {
        "drafts": drafts,
        "alerts": [alert["alert"] for alert in submitted],
        "digests": [alert["digest"] for alert in submitted],
        "points": POINTS,
        "areas": ["noord", "zuid"],
        "groups": ["bewoners", "artsen"],
        "channels": ["sms", "email", "display"],
    }


_NO_RECORDINGS = ("--exclude-operation-id", "post-recordings")
"""It makes no files of sound: what is none, and what is too large, comes in `test_recordings`."""


async def _attack(site: Site, folder: Path, *options: str) -> str:
    """What schemathesis reports; fails when it found something."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}/v1/openapi.json"),
        *("--origin", site.url, "--exclude-path", "/events", *_NO_RECORDINGS, "--checks", "all"),
        *("--seed", str(SEED), "--generation-deterministic"),
        "--suppress-health-check=filter_too_much",  # of a mandate few combinations that are drawn have everything
        *("--no-color", "--warnings", "off", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", str(folder / "report.json")),
        *options,
    ]
    (folder / "schemathesis.toml").write_text(CONFIG.format(token=site.house.tokens["bert"]))
    environ = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.integration.web.aimed",
        "AIMED_AT": json.dumps(await _stocked(site)),
    }
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)  # it is the more particular about bytes
async def test_no_request_gets_an_answer_that_is_not_described(h: TestHouse, tmp_path: Path) -> None:
    async with serving(h) as site:
        await _attack(site, tmp_path, "--max-examples", "4")


@pytest.mark.soak
async def test_no_request_gets_an_answer_that_is_not_described_at_length(h: TestHouse, tmp_path: Path) -> None:
    async with serving(h) as site:
        await _attack(site, tmp_path, "--max-examples", "200")
