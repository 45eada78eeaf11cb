"""Fields of a draft as people read them: what each is called, and what stands in it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from broadcaster.render.scenarios import Scenario
from broadcaster.web.console.times import Times
from broadcaster.web.console.words import Words
from broadcaster.workflow.house import House

_MOMENTS = frozenset({"as_of", "expires", "next_update", "release_at"})
_CLOSED = frozenset({"category", "severity", "urgency", "certainty"})
_AUDIENCE = {"audience.groups": "groups", "audience.areas": "living", "audience.expected": "expected"}


def labels(words: Words, scenario: Scenario | None) -> Callable[[str], str]:
    """What a field is called."""

    def label(name: str) -> str:
        if scenario is not None and name.startswith("fields.") and name[7:] in scenario.fields:
            return words.say(scenario.fields[name[7:]].label)
        group = "field" if words.knows("field", _AUDIENCE.get(name, name)) else "slot"
        return words.of(group, _AUDIENCE.get(name, name))

    return label


def values(times: Times, house: House) -> Callable[[str, Any], str]:
    """What stands in a field."""

    def said(name: str, value: Any) -> str:
        if name in _MOMENTS:
            return _moment(times, str(value))
        if name in ("areas", "audience.areas"):
            return house.area_names.get(value, str(value))
        if name == "channels":
            return times.words.of("channel", str(value))
        return times.words.of(name, str(value)) if name in _CLOSED else str(value)

    return said


def _moment(times: Times, text: str) -> str:
    at = datetime.fromisoformat(text)
    return times.said(at.replace(tzinfo=times.zone) if at.tzinfo is None else at)


def choices(words: Words, scenario: Scenario | None) -> Callable[[str, str], str]:
    """What an option of a scenario's choice means: the sentence it puts in the text."""

    def choice(name: str, option: str) -> str:
        if scenario is None:
            return option
        texts = scenario.texts.get(words.language) or next(iter(scenario.texts.values()), None)
        return texts.choices.get(name, {}).get(option, option) if texts else option

    return choice
