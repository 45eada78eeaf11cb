"""The linter of scenarios: every language says the same, in its own letters, and says what people can do.

What is broken (`grave`) keeps a scenario out of use; the rest is advice. Ours have neither: a test asks this linter.
"""

from collections.abc import Sequence

from broadcaster.render.lint.complaint import Complaint
from broadcaster.render.lint.files import read
from broadcaster.render.lint.filled import filled
from broadcaster.render.lint.meaning import meaning
from broadcaster.render.lint.wording import wording
from broadcaster.render.templates import Templates

__all__ = ["LANGUAGES", "Complaint", "broken", "lint", "static"]
LANGUAGES = ("nl", "nl-easy", "en", "de", "fr", "pl", "tr", "ar", "uk")
"""Those that each of our own scenarios speaks."""


def lint(name: str, templates: Templates, languages: Sequence[str] = LANGUAGES) -> list[Complaint]:
    """Everything wrong with a scenario that should speak `languages`; fills in its texts to see how they come out."""
    found = static(name, templates, languages)
    if any(complaint.grave for complaint in found):
        return found
    scenario, _ = read(name, templates)
    assert scenario is not None  # what cannot be read is grave
    return sorted({*found, *filled(scenario, templates)})


def static(name: str, templates: Templates, languages: Sequence[str] = ()) -> list[Complaint]:
    """What shows without running any of its texts."""
    scenario, found = read(name, templates)
    if scenario is None:
        return sorted(set(found))
    return sorted({*found, *meaning(scenario, templates, languages), *wording(scenario)})


def broken(templates: Templates) -> dict[str, list[Complaint]]:
    """The municipality's own scenarios that cannot be used, each with why."""
    every = {name: [item for item in static(name, templates) if item.grave] for name in sorted(templates.own)}
    return {name: complaints for name, complaints in every.items() if complaints}
