"""Whether every language of a scenario says the same as the first, without running any of its texts."""

import re
from collections.abc import Iterator, Sequence

from broadcaster.render.lint.complaint import Complaint
from broadcaster.render.scenarios import WITHDRAWAL, Scenario, ScenarioTexts
from broadcaster.render.templates import Templates

_DIGITS = re.compile(r"[0-9]+")


def said(own: ScenarioTexts) -> dict[str, str]:
    """Everything a scenario says in a language, by where it stands in the file."""
    words = {f"choices.{name}.{option}": text for name, each in own.choices.items() for option, text in each.items()}
    return own.slots() | words


def reference(scenario: Scenario) -> str:
    """The language that the others are held to: Dutch where there is any."""
    return "nl" if "nl" in scenario.texts else next(iter(sorted(scenario.texts)))


def meaning(scenario: Scenario, templates: Templates, languages: Sequence[str]) -> Iterator[Complaint]:
    """What a language lacks, has beside the others, or lost on the way."""
    yield from _languages(scenario, languages)
    yield from _fields(scenario)
    holes: dict[str, dict[str, set[str]]] = {}
    for language, own in scenario.texts.items():
        file = f"{scenario.name}/{language}.toml"
        holes[language] = {}
        for where, text in said(own).items():
            try:
                holes[language][where] = templates.holes(text)
            except Exception as error:  # noqa: BLE001 (a template that is none may raise anything)
                yield Complaint(file, where, "is no template", f"mend it ({' '.join(str(error).split())[:120]})")
                return
    for language in scenario.texts:
        yield from _same(scenario, language, holes)
        yield from _used(scenario, language, holes[language])
        yield from _options(scenario, language)


def _languages(scenario: Scenario, languages: Sequence[str]) -> Iterator[Complaint]:
    for language in languages:
        if language not in scenario.texts:
            file = f"{scenario.name}/{language}.toml"
            remedy = "have it translated by someone whose own language it is"
            yield Complaint(file, "", "is missing", remedy, grave=False)


def _fields(scenario: Scenario) -> Iterator[Complaint]:
    file = f"{scenario.name}/scenario.toml"
    for name, rule in scenario.fields.items():
        if rule.kind == "choice" and not rule.options:
            yield Complaint(file, f"fields.{name}.options", "is empty", "name the options")
        if rule.as_of and rule.stale_after is None and scenario.facts_minutes is None:
            remedy = "say how old it may be, as stale_after = 'PT30M', or for all fields as facts_minutes = 30"
            yield Complaint(file, f"fields.{name}.as_of", "has no age limit", remedy, grave=False)
    if scenario.name == WITHDRAWAL:
        yield from _withdrawal(scenario, file)
    if scenario.facts_minutes is not None and not any(rule.as_of for rule in scenario.fields.values()):
        yield Complaint(file, "facts_minutes", "is about nothing", "mark what ages with as_of = true", grave=False)


def _withdrawal(scenario: Scenario, file: str) -> Iterator[Complaint]:
    """What a cancel fills in by itself must have its place."""
    if not scenario.withdraws:
        yield Complaint(file, "withdraws", "is missing", "write withdraws = true: a cancel takes its words from here")
    for name in ("number", "first"):
        if name not in scenario.fields or scenario.fields[name].kind != "number":
            yield Complaint(file, f"fields.{name}", "is missing", "add it, of kind number: a cancel fills it in")


def _same(scenario: Scenario, language: str, holes: dict[str, dict[str, set[str]]]) -> Iterator[Complaint]:
    """The same texts, placeholders and digits as the reference."""
    first, file = reference(scenario), f"{scenario.name}/{language}.toml"
    ours, theirs = said(scenario.texts[language]), said(scenario.texts[first])
    for where in sorted(theirs.keys() - ours.keys()):
        yield Complaint(file, where, f"is missing, and {first}.toml has it", "write it")
    for where in sorted(ours.keys() - theirs.keys()):
        yield Complaint(file, where, f"is not in {first}.toml", "remove it, or write it in every language")
    for where in sorted(ours.keys() & theirs.keys()):
        wanted, there = holes[first][where], holes[language][where]
        for hole in sorted(wanted - there):
            yield Complaint(file, where, f"lost the field '{hole}' of {first}.toml", f"put {{{{ {hole} }}}} in it")
        for hole in sorted((there - wanted) & scenario.fields.keys()):
            yield Complaint(file, where, f"has the field '{hole}', and {first}.toml has not", "take it out")
        if _numbers(ours[where]) != _numbers(theirs[where]):
            digits = ", ".join(_numbers(theirs[where])) or "no digits"
            yield Complaint(file, where, f"does not have the digits of {first}.toml", f"it has {digits}")


def _numbers(text: str) -> list[str]:
    return sorted(_DIGITS.findall(text))


def _used(scenario: Scenario, language: str, holes: dict[str, set[str]]) -> Iterator[Complaint]:
    file = f"{scenario.name}/{language}.toml"
    for where, names in holes.items():
        for hole in sorted(names - scenario.fields.keys()):
            yield Complaint(file, where, f"has {{{{ {hole} }}}}, which is no field", "add it to scenario.toml")
    for name in sorted(scenario.fields.keys() - set().union(*holes.values())):
        yield Complaint(file, "", f"uses the field '{name}' nowhere", "put it in a text, or remove the field")
    if not scenario.texts[language].instruction.strip():
        yield Complaint(file, "instruction", "is empty", "say what people can do: no message goes out without")


def _options(scenario: Scenario, language: str) -> Iterator[Complaint]:
    file, words = f"{scenario.name}/{language}.toml", scenario.texts[language].choices
    options = {name: set(rule.options) for name, rule in scenario.fields.items() if rule.kind == "choice"}
    for name in sorted(options.keys() | words.keys()):
        for option in sorted(options.get(name, set()) - words.get(name, {}).keys()):
            yield Complaint(file, f"choices.{name}.{option}", "is missing", "write what it means")
        for option in sorted(words.get(name, {}).keys() - options.get(name, set())):
            yield Complaint(file, f"choices.{name}.{option}", "is no option of a field", "remove it")
