"""Why a request is refused: whole, with every field's fault at once, and nothing stored."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from broadcaster.model.finding import Finding


class Why(StrEnum):
    """The kinds of refusal."""

    MALFORMED = "malformed"  # not what the API describes
    INVALID = "invalid"  # understood, and not possible
    FORBIDDEN = "forbidden"  # not this caller
    STEP_UP = "step-up"  # not before this person shows again that it is them
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"  # not in this stage, or not any more
    STALE = "stale"  # another revision came first
    FULL = "full"  # no room for anything new


@dataclass(frozen=True, slots=True)
class Fault:
    """One field's fault: the rule it breaks, and what to do."""

    field: str
    rule: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return asdict(self)


class Refused(Exception):
    """A request that changes nothing. `title` says what was refused, in the reader's language."""

    def __init__(self, why: Why, title: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(title)
        self.why, self.title, self.faults = why, title, list(faults)


_DUTCH = {
    "missing": "dit veld is verplicht",
    "extra_forbidden": "dit veld is onbekend",
    "enum": "kies een van: {expected}",
    "string_too_long": "ten hoogste {max_length} tekens",
    "string_too_short": "dit veld mag niet leeg zijn",
    "string_type": "dit moet een tekst zijn",
    "list_type": "dit moet een lijst zijn",
    "int_type": "dit moet een geheel getal zijn",
    "int_from_float": "dit moet een geheel getal zijn",
    "greater_than_equal": "ten minste {ge}",
    "less_than_equal": "ten hoogste {le}",
    "too_long": "ten hoogste {max_length}",
    "too_short": "kies er ten minste {min_length}",
    "dict_type": "dit moet een object zijn",
    "model_type": "dit moet een object zijn",
    "datetime_type": "geef een tijdstip als 2026-11-23T14:30:00+01:00",
    "timezone_aware": "geef het tijdstip met afwijking van UTC, bijvoorbeeld 2026-11-23T14:30:00+01:00",
    "datetime_from_date_parsing": "geef een tijdstip als 2026-11-23T14:30:00+01:00",
    "datetime_parsing": "geef een tijdstip als 2026-11-23T14:30:00+01:00",
    "string_pattern_mismatch": "dit heeft niet de vorm {pattern}",
}


def faults_of(error: ValidationError) -> list[Fault]:
    """A validation error's faults, one per field."""
    return [
        Fault(
            ".".join(str(part) for part in item["loc"] if part != "[key]"),
            item["type"].replace("_", "-"),
            _sentence(item["type"], item["msg"], item.get("ctx", {})),
        )
        for item in error.errors(include_url=False, include_input=False)
    ]


def _sentence(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind in _DUTCH:
        return _DUTCH[kind].format_map(context)
    return message.removeprefix("Value error, ")


def faults_from(findings: Iterable[Finding]) -> list[Fault]:
    """Findings that refuse, as faults."""
    return [Fault(finding.field, finding.code, finding.message) for finding in findings]


def not_found(what: str) -> Refused:
    """The thing asked for does not exist, or not for this caller."""
    return Refused(Why.NOT_FOUND, f"{what} bestaat niet.")


def forbidden(title: str) -> Refused:
    """This caller may not."""
    return Refused(Why.FORBIDDEN, title)


def conflict(title: str, *faults: Fault) -> Refused:
    """Not now, or not any more."""
    return Refused(Why.CONFLICT, title, faults)
