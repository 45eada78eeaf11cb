"""`omroeper demo --blackout`, as somebody runs it who wants to see it."""

import json
import subprocess
import sys

import pytest


@pytest.mark.soak
def test_the_three_days_are_told_and_handed_over() -> None:
    command = [sys.executable, "-m", "broadcaster", "demo", "--blackout", "--json"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["ok"]
    assert [hour["at"] for hour in told["hours"]][-1] == 72
    assert told["converged_in"] <= 60
    assert told["reports"] == 7
    for hour in told["hours"]:
        assert f"{hour['at']} h" in run.stderr
