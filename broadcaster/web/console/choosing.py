"""Which scenario a new draft begins with: found by words, by phase and by subject, those used last in front."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from broadcaster.render import scenarios
from broadcaster.render.scenarios import Scenario
from broadcaster.web.console.words import Words
from broadcaster.workflow.house import House

WORDS, PHASE, SUBJECT = "q", "phase", "subject"
QUERY = frozenset({WORDS, PHASE, SUBJECT})
PHASES = ("first-72-hours", "cold", "aftermath")
"""What is in a hurry stands first."""
SUBJECTS = ("outage", "danger", "help", "government", "mistake", "over", "before", "after", "other")
_RECENT = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; empty is anything."""

    words: str = ""
    phase: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """One scenario, with the words by which it is found."""

    scenario: Scenario
    found_by: str


def wanted(request: web.Request) -> Wanted:
    """What stands behind the question mark; a phase or subject that is none is anything."""
    query = request.query
    phase, subject = query.get(PHASE, ""), query.get(SUBJECT, "")
    words = " ".join(query.get(WORDS, "").split())[:100]
    return Wanted(words, phase if phase in PHASES else "", subject if subject in SUBJECTS else "")


def every(house: House) -> list[Scenario]:
    """The scenarios to choose from, by phase and then by the name that officers know."""
    found = (scenarios.load(name, house.templates) for name in scenarios.names(house.templates))
    return sorted((one for one in found if not one.withdraws), key=lambda one: (PHASES.index(one.phase), one.title))


def offered(house: House, words: Words, asked: Wanted) -> list[Offered]:
    """Those that fit."""
    those = [Offered(one, _found_by(one, words)) for one in every(house)]
    return [one for one in those if _fits(one, asked)]


def _found_by(one: Scenario, words: Words) -> str:
    """Its words in both languages: an officer may think of either."""
    own = (one.title, one.purpose, one.event, words.of("scenario_subject", one.subject), words.of("phase", one.phase))
    return " ".join([*own, *(words.say(text) for text in own), one.name]).casefold()


def _fits(one: Offered, asked: Wanted) -> bool:
    return (
        all(word in one.found_by for word in asked.words.casefold().split())
        and asked.phase in ("", one.scenario.phase)
        and asked.subject in ("", one.scenario.subject)
    )


def in_groups(those: Sequence[Offered], used: Sequence[str]) -> list[tuple[str, list[Offered]]]:
    """Those that were used last, and the others by phase; a group without any is left out. Each stands once."""
    by_name = {one.scenario.name: one for one in those}
    recent = [by_name[name] for name in used if name in by_name][:_RECENT]
    rest = [(phase, [one for one in those if one.scenario.phase == phase and one not in recent]) for phase in PHASES]
    return [(name, group) for name, group in (("recent", recent), *rest) if group]
