"""Fields filled in as people fill them in, with as little and with as much as they take."""

from collections.abc import Iterator

from broadcaster.render.fields import FieldRule, Value
from broadcaster.render.scenarios import Scenario

Fields = dict[str, Value]
AREA, AREA_NAME = "noord", "Noord"


def longest(rule: FieldRule) -> Value:
    """A value as long as the rule takes; a time on another day, so that its date is written out."""
    if rule.kind == "choice":
        return rule.options[-1]
    values: dict[str, Value] = {
        "place": "W" * rule.longest,
        "address": "W" * rule.longest,
        "time": "2026-09-30T19:00:00+02:00",
        "phone": "0800-1351",
        "url": ("https://voorbeeldstad.example/" + "w" * rule.longest)[: max(rule.longest, 21)],
        "number": rule.most,
        "area": AREA,
    }
    return values[rule.kind]


def everyday(name: str, rule: FieldRule) -> Value:
    """A value as on most days."""
    if rule.kind == "choice":
        return rule.options[0]
    values: dict[str, Value] = {
        "place": {"place": "Noord", "address": "Kerkstraat 1"}.get(name, "Wijkhuis Noord"),
        "address": "Kerkstraat 1",
        "time": "22:00",
        "phone": "14 030",
        "url": "https://voorbeeldstad.example",
        "number": rule.least,
        "area": AREA,
    }
    return values[rule.kind]


def fullest(scenario: Scenario) -> Fields:
    """Every field as long as it may be."""
    return {name: longest(rule) for name, rule in scenario.fields.items()}


def least(scenario: Scenario) -> Fields:
    """Only what must be filled in, as people fill it in."""
    return {name: everyday(name, rule) for name, rule in scenario.fields.items() if rule.required}


def each_option(scenario: Scenario, fields: Fields) -> Iterator[Fields]:
    """The fields as often as it takes to see every option of every choice."""
    rules = scenario.fields.items()
    options = {name: rule.options for name, rule in rules if rule.kind == "choice" and name in fields}
    for turn in range(max(map(len, options.values()), default=1)):
        yield {**fields, **{name: those[turn % len(those)] for name, those in options.items()}}


def every_way(scenario: Scenario) -> list[Fields]:
    """The least first, then the most, with every option seen, and each field that may be left out on its own."""
    few, all_of_them = least(scenario), fullest(scenario)
    alone = [{**few, name: value} for name, value in all_of_them.items() if name not in few]
    return [*each_option(scenario, few), *each_option(scenario, all_of_them), *alone]
