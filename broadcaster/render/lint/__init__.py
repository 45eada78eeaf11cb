"""The linter of scenarios: every language says the same, in its own letters, and says what people can do.

What is broken (`grave`) keeps a scenario out of use; the rest is advice. Ours have neither: a test asks this linter.
"""

from collections.abc import Sequence

from broadcaster.render.lint.complaint import Complaint
from broadcaster.render.lint.files import read
from broadcaster.render.lint.filled import everyday_infos, filled
from broadcaster.render.lint.meaning import meaning
from broadcaster.render.lint.wording import wording
from broadcaster.render.readability import Readability, readability
from broadcaster.render.templates import Templates

__all__ = ["LANGUAGES", "Complaint", "broken", "counted", "lint", "static"]
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


def counted(name: str, templates: Templates) -> dict[str, Readability]:
    """How readable the Dutch texts of a scenario are, filled in as on most days; nothing for one that is broken."""
    scenario, _ = read(name, templates)
    if scenario is None:
        return {}
    try:
        infos = everyday_infos(scenario, templates)
    except Exception:  # noqa: BLE001 (a template may raise anything; the complaints tell it)
        return {}
    found = {language: readability(info.model_dump(exclude_none=True), language) for language, info in infos.items()}
    return {language: each for language, each in found.items() if each is not None}


def broken(templates: Templates) -> dict[str, list[Complaint]]:
    """The municipality's own scenarios that cannot be used, each with why."""
    every = {name: [item for item in static(name, templates) if item.grave] for name in sorted(templates.own)}
    return {name: complaints for name, complaints in every.items() if complaints}
