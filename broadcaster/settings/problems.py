"""What is wrong with a configuration, as sentences that name the file, the key and the remedy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `key` is as in the file (`hub.timezone`), or a variable's name; empty when the
    file as a whole is meant. No value that was given is ever in `message`, for it may be a secret."""

    file: str
    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        return f"{place} {self.message}: {self.remedy}."


class ConfigurationError(Exception):
    """The configuration cannot be used. `problems` are all of them, at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


# Where pydantic's own words would show a pattern or sound like a program.
_MESSAGES = {
    "missing": "is missing",
    "string_type": "is not a text",
    "string_pattern_mismatch": "does not have the right form",
    "list_type": "is not a list",
    "tuple_type": "is not a list",
    "dict_type": "is not a table",
    "model_type": "is not a table",
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
}


def closest(word: str, words: Iterable[str]) -> str:
    """A remedy for an unknown word: the known one it resembles, or all of them."""
    known = sorted(words)
    if near := get_close_matches(word, known, 1):
        return f"did you mean '{near[0]}'"
    return f"remove it, or use one of {', '.join(known)}" if known else "remove it"


def from_validation(error: ValidationError, section: type[BaseModel], file: str, table: str) -> list[Problem]:
    """The problems in a pydantic error over one table of the file, the first of each key."""
    problems: dict[str, Problem] = {}
    for details in error.errors(include_url=False, include_input=False):
        problem = _problem(details, section, file, table)
        problems.setdefault(problem.key, problem)
    return list(problems.values())


def _problem(details: Mapping[str, Any], section: type[BaseModel], file: str, table: str) -> Problem:
    field = str(details["loc"][0]) if details["loc"] else ""
    key = f"{table}.{field}" if field else table
    descriptions = {info.alias or name: info.description for name, info in section.model_fields.items()}
    if details["type"] == "extra_forbidden":
        return Problem(file, key, "is not a known key", closest(field, descriptions))
    message, _, remedy = _message(details).partition(": ")  # a validator's own words may end with the remedy
    if not remedy:
        wanted = descriptions.get(field) if field else section.__doc__
        remedy = f"give {wanted}" if wanted else "give another value"
    return Problem(file, key, message, remedy)


def _message(details: Mapping[str, Any]) -> str:
    if details["type"] == "value_error":
        return str(details["ctx"]["error"]).rstrip(".")
    return _MESSAGES.get(details["type"], str(details["msg"]).replace("Input should be", "should be"))
