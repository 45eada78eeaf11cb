"""The scenarios and layouts of an installation: ours, with the municipality's own over them."""

from functools import lru_cache
from pathlib import Path

from broadcaster import data
from broadcaster.render.lint import Complaint, broken
from broadcaster.render.scenarios import WITHDRAWAL
from broadcaster.render.templates import Templates, house_templates


def read(folder: Path, own: Path | None) -> Templates:
    """The files as they are now. An own scenario that is broken is left out (`left_out`), and so is ours of that name:
    whoever changed a text must not send the old one without knowing (docs/decisions/0042-own-scenarios.md)."""
    templates = Templates(folder, own)
    bad = broken(templates)
    if WITHDRAWAL in bad:  # ours is used: a text that takes back must be there, whatever else is not
        templates = Templates(folder, own, without=frozenset({WITHDRAWAL}))
        bad = broken(templates)
    templates.leave_out(bad)
    return templates


def troubles(own: Path | None) -> list[Complaint]:
    """What keeps own scenarios out of use, as of now."""
    if own is None:
        return []
    found = broken(Templates(data.find("templates"), own))
    return [complaint for complaints in found.values() for complaint in complaints]


@lru_cache(maxsize=8)
def library(own: Path | None) -> Templates:
    """The files as they were when they were first asked for; a change of them asks for a restart."""
    return house_templates() if own is None else read(data.find("templates"), own)
