"""Whether the files of a scenario have their form: TOML, known keys, words of CAP."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from broadcaster.render.lint.complaint import Complaint
from broadcaster.render.scenarios import Scenario, ScenarioTexts
from broadcaster.render.templates import UNREADABLE, Templates

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,8})?")
_CAP = {"category", "severity", "urgency", "certainty", "response_types"}
_HEAD = "scenario"


def read(name: str, templates: Templates) -> tuple[Scenario | None, list[Complaint]]:
    """The scenario, and what is wrong with the form of its files; None when too much is."""
    folder = f"scenarios/{name}/"
    paths = [path for path in templates.sources if path.startswith(folder)]
    found = list(_names(name, [path.removeprefix(folder).removesuffix(".toml") for path in paths]))
    tables = {path.removeprefix(folder).removesuffix(".toml"): _table(templates, path, found) for path in paths}
    head = tables.pop(_HEAD, None)
    for language, table in tables.items():
        found += _faults(ScenarioTexts, table, f"{name}/{language}.toml")
    found += _faults(Scenario, None if head is None else {**head, "name": name}, f"{name}/{_HEAD}.toml")
    if found:
        return None, found
    return Scenario.model_validate({**(head or {}), "name": name, "texts": tables}), []


def _names(name: str, files: list[str]) -> Iterator[Complaint]:
    if _NAME.fullmatch(name) is None:
        yield Complaint(name, "", "is no name for a scenario", "use small letters, digits and hyphens")
    if _HEAD not in files:
        remedy = f"add it, or name the folder as the scenario of ours that it adds to, not '{name}'"
        yield Complaint(f"{name}/{_HEAD}.toml", "", "is missing", remedy)
    if files == [_HEAD]:
        yield Complaint(name, "", "has no text in any language", "add a file such as nl.toml")
    for file in files:
        if file != _HEAD and _LANGUAGE.fullmatch(file) is None:
            yield Complaint(f"{name}/{file}.toml", "", "is not named after a language", "name it as 'nl.toml'")


def _table(templates: Templates, path: str, found: list[Complaint]) -> dict[str, Any] | None:
    """A file as a table; None, and the complaint, when it is none."""
    file = path.removeprefix("scenarios/")
    if templates.sources[path] == UNREADABLE:
        found.append(Complaint(file, "", "cannot be read", "save it as UTF-8, readable by the user of omroeper"))
        return None
    try:
        return templates.table(path)
    except ValueError as error:
        place = str(error).rpartition("(")[2].rstrip(")")
        found.append(Complaint(file, "", f"is not TOML {place}", "mend that place"))
        return None


def _faults(model: type[BaseModel], table: Mapping[str, Any] | None, file: str) -> Iterator[Complaint]:
    """What the form of a file does not allow; nothing for one that is no table, of which that was said."""
    if table is None:
        return
    if model is Scenario and "texts" in table:
        yield Complaint(file, "texts", "is not a known key", "put the texts of a language in a file of their own")
    try:
        model.model_validate({key: value for key, value in table.items() if key != "texts"})
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            yield _fault(details, model, file)


def _fault(details: Mapping[str, Any], model: type[BaseModel], file: str) -> Complaint:
    location = [str(part) for part in details["loc"]]
    key, kind = ".".join(location), details["type"]
    if kind == "extra_forbidden":
        near = get_close_matches(location[-1], [*model.model_fields, "as_of", "stale_after", "longest"], 1)
        return Complaint(file, key, "is not a known key", f"did you mean '{near[0]}'" if near else "remove it")
    if kind == "missing":
        return Complaint(file, key, "is missing", "write it")
    if location[:1] and location[0] in _CAP:
        expected = str(details.get("ctx", {}).get("expected", "a list of words"))
        return Complaint(file, key, "is no word of CAP 1.2", f"use {expected}")
    message = str(details["msg"]).removeprefix("Value error, ").replace("Input should", "should")
    return Complaint(file, key, "does not have the right form", message)
