"""Two people in one draft. What one of them changed stands, whoever it was; where both changed the same field, nobody's
words go over the other's: whoever comes later sees both, and chooses.

A form knows which version it was made from, so there are three readings of every field: that version's, mine, theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from broadcaster.web.console import form
from broadcaster.web.console.form import Posted

CLASH, CHOICE = "clash", "choice."
"""Names in the form: of each field that still waits for a choice, and of the choice itself, before the field's name."""
MINE, THEIRS = "mine", "theirs"
Values = Mapping[str, Sequence[str]]
MOMENTS = (*form.MOMENTS, "release_at")


@dataclass(frozen=True, slots=True)
class Meeting:
    """What came of it. taken: what stands in each field of the form that is theirs now, by its name; clashes: fields
    that both changed, with what stands in them for me and for them."""

    taken: dict[str, list[str]] = field(default_factory=dict)
    clashes: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def shown(self, posted: Posted) -> dict[str, list[str]]:
        """The form as it is shown: what clashes stands as I typed it."""
        return {**{name: list(values) for name, values in posted.items()}, **self.taken}

    def kept(self, posted: Posted, stored: Values) -> dict[str, list[str]]:
        """The form as it is kept: what clashes stays theirs until there is a choice."""
        found = self.shown(posted)
        for name in (name for clash in self.clashes for name in names_of(clash)):
            found[name] = list(stored.get(name, ()))
        return found


def names_of(field_name: str) -> tuple[str, ...]:
    """The names in the form of a field: a moment has two."""
    return (f"{field_name}.day", f"{field_name}.time") if field_name in MOMENTS else (field_name,)


def _field_of(name: str) -> str:
    whole, _, part = name.rpartition(".")
    return whole if whole in MOMENTS and part in ("day", "time") else name


def still_open(posted: Posted) -> list[str]:
    """The fields that wait for a choice which was not made."""
    return [name for name in posted.get(CLASH, ()) if form.one(posted, CHOICE + name) not in (MINE, THEIRS)]


def meet(base: Values, mine: Values, theirs: Values, posted: Posted) -> Meeting:
    """base: what stood in the form that I began with. Choices that were made are followed; no field of it is named that
    stands as it stood."""
    taken: dict[str, list[str]] = {}
    clashes: dict[str, tuple[list[str], list[str]]] = {}
    waiting = still_open(posted)
    for name in dict.fromkeys(_field_of(name) for name in (*base, *mine, *theirs)):
        old, own, other = (_stands(values, name) for values in (base, mine, theirs))
        if own == other:
            continue
        if form.one(posted, CHOICE + name) == THEIRS or (own == old and name not in waiting):
            taken |= {part: list(theirs.get(part, ())) for part in names_of(name)}
        elif name in waiting or other != old:
            clashes[name] = (own, other)
    return Meeting(taken, clashes)


def _stands(values: Values, field_name: str) -> list[str]:
    """What stands in a field; the order of ticked boxes says nothing."""
    found = _all(values, names_of(field_name))
    return sorted(found) if field_name in form.MANY else found


def _all(values: Values, names: Iterable[str]) -> list[str]:
    return [text for name in names for text in values.get(name, ())]
