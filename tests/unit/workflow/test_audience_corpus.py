"""Hostile and broken audience files: refused whole, with line and rule, or taken as the data they are (R18)."""

from typing import Any

import pytest

from broadcaster.workflow import importing
from broadcaster.workflow.refusals import Refused
from tests.corpora.reading import named

FILES = named("csv")


def _file(entry: dict[str, Any]) -> bytes:
    if "hex" in entry:
        return bytes.fromhex(entry["hex"])
    if "file" in entry:
        return str(entry["file"]).encode()
    rows = entry["rows"] + entry.get("repeat", "") * entry.get("times", 0) + entry.get("after", "")
    return f"{','.join(importing.HEADER)}\n{rows}\n".encode()


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["why"])
def test_a_file_is_refused_by_its_line_and_rule_or_taken(entry: dict[str, Any]) -> None:
    if "rule" not in entry:
        assert importing.parse(_file(entry), {"noord"})
        return
    with pytest.raises(Refused) as refused:
        importing.parse(_file(entry), {"noord"})
    faults = refused.value.faults
    assert entry["rule"] in {fault.rule for fault in faults}
    assert len(faults) <= 100
    assert all(fault.field.startswith("line ") and len(fault.message) < 300 for fault in faults)
