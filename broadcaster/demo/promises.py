"""The promises that one broadcast can show, each with what was counted for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from broadcaster.demo.evidence import ENDS, TAKEN, Evidence, Line, spelt
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store.journal import Broken

_REFUSED = [403, 409]
_MOST_COPIES = 2


@dataclass(frozen=True, slots=True)
class Promise:
    """`counted` is one sentence with numbers; `broken` says what differs, and is empty when it holds."""

    text: str
    counted: str
    broken: str = ""


def judged(found: Evidence) -> list[Promise]:
    """Every promise, kept or broken."""
    return [
        _stored(found),
        _named(found),
        *([_isolated(found)] if found.drill else [_delivered(found), _passed_on(found), _reported(found)]),
        _approved(found),
        _shown(found),
        _journalled(found),
    ]


def _promise(text: str, counted: str, differences: Iterator[str]) -> Promise:
    return Promise(text, counted, "; ".join(differences))


def _stored(found: Evidence) -> Promise:
    told = sum(sum(states.values()) for states in found.before.values())
    counted = f"{told:,} outcomes told over HTTP, {len(found.ours.lines):,} on disk, the same"
    return _promise("Accepted means stored", counted, _stored_otherwise(found))


def _stored_otherwise(found: Evidence) -> Iterator[str]:
    for kind, before in found.before.items():
        after = {state.value: count for state, count in found.ours.states(kind).items()}
        if dict(before) != after:
            yield f"the hub said {dict(before)} for {kind}, its database says {after}"


def _named(found: Evidence) -> Promise:
    ends = Counter(line.state for line in found.ours.lines)
    said = [f"{ends[state]:,} {state}" for state in ENDS if ends[state]]
    said += [f"{found.ours.open:,} still open"]
    counted = f"{found.ours.people:,} people, {len(found.ours.lines):,} addresses: {', '.join(said)}"
    return _promise("Everybody ends in a named state", counted, _unnamed(found))


def _unnamed(found: Evidence) -> Iterator[str]:
    if found.ours.open:
        yield f"{found.ours.open:,} deliveries are still under way"
    if found.ours.people != found.recipients:
        yield f"of {found.recipients:,} recipients only {found.ours.people:,} have a delivery"


def _delivered(found: Evidence) -> Promise:
    taken = sum(line.state in TAKEN for line in found.ours.lines)
    again = sum(seen.duplicates for seen in found.seen.values())
    most = max(seen.copies_max for seen in found.seen.values())
    lost = f"{len(_missing(found)):,} of {taken:,} accepted missing at the providers"
    counted = f"{lost}, {again:,} extra, at most {most} copies of any"
    return _promise("At least once, at most two copies", counted, _disagreements(found))


def _copies(found: Evidence) -> Counter[tuple[str, str]]:
    """What all providers took, by our reference (where they count by it) and the recipient."""
    copies: Counter[tuple[str, str]] = Counter()
    for seen in found.seen.values():
        for (reference, recipient), count in seen.copies.items():
            copies[reference, spelt(recipient)] += count
    return copies


def _missing(found: Evidence) -> list[str]:
    """The references of what we call accepted, and no provider took for that recipient."""
    copies = _copies(found)
    taken = [line for line in found.ours.lines if line.state in TAKEN]
    return [line.reference for line in taken if not copies[_counted_as(line)]]


def _counted_as(line: Line) -> tuple[str, str]:
    """What a provider counts a delivery under: a chat's messages have no reference of ours."""
    return ("" if line.kind == "telegram" else line.reference, line.recipient)


def _disagreements(found: Evidence) -> Iterator[str]:
    """Every accepted delivery is at a provider; nothing is there that we do not know of, nor more often."""
    if missing := _missing(found):
        yield f"{len(missing):,} that we call accepted reached no provider, such as {missing[0]}"
    copies = _copies(found)
    allowed = {_counted_as(line): min(line.transmissions, _MOST_COPIES) for line in found.ours.lines}
    if strange := [reference for reference, recipient in copies if (reference, recipient) not in allowed]:
        yield f"{len(strange):,} at the providers belong to no delivery, such as {strange[0] or 'one to a chat'}"
    if over := [key[0] for key, count in copies.items() if count > allowed.get(key, count)]:
        yield f"{len(over):,} went out more often than we know of, such as {over[0] or 'one to a chat'}"


def _passed_on(found: Evidence) -> Promise:
    """A provider that is out of service costs nobody their message."""
    figures = found.ours.figures.values()
    moved, retries = sum(item.failovers for item in figures), sum(item.retries for item in figures)
    counted = f"{moved:,} passed on to the other gateway, {retries:,} tried again"
    return _promise("One sick provider stops nobody", counted, _unmoved(found, moved))


def _unmoved(found: Evidence, moved: int) -> Iterator[str]:
    if found.outage and not moved:
        yield "a gateway was out of service, and nothing went by the other one"


def _reported(found: Evidence) -> Promise:
    sent = sum(seen.reports[0] for seen in found.seen.values())
    ends = _ends(found)
    arrived = sum(ends.values())
    counted = f"{sent:,} reports, late, twice and in any order: {arrived:,} arrived, {len(ends) - arrived:,} did not"
    return _promise("A report is believed once, in any order", counted, _misread(found, ends))


def _ends(found: Evidence) -> dict[str, bool]:
    """Whether a message arrived, by our reference, as the providers reported; one copy is enough."""
    ends: dict[str, bool] = {}
    for seen in found.seen.values():
        for reference, arrived in seen.ends.items():
            ends[reference] = ends.get(reference, False) or arrived
    return ends


def _misread(found: Evidence, ends: dict[str, bool]) -> Iterator[str]:
    if waiting := sum(seen.reports[1] for seen in found.seen.values()):
        yield f"{waiting:,} reports were never taken"
    for arrived, state in ((True, State.DELIVERED), (False, State.FAILED)):
        if wrong := [ref for ref, end in ends.items() if end is arrived and found.ours.state_of(ref) is not state]:
            yield f"{len(wrong):,} that were reported {state} are something else here, such as {wrong[0]}"
    delivered = [line.reference for line in found.ours.lines if line.state is State.DELIVERED]
    if unsaid := [reference for reference in delivered if not ends.get(reference)]:
        yield f"{len(unsaid):,} are delivered here, and nobody reported that, such as {unsaid[0]}"


def _isolated(found: Evidence) -> Promise:
    connections = sum(seen.connections for seen in found.seen.values())
    kept = len(found.ours.lines)
    counted = f"{connections} connections at {len(found.seen)} providers, {kept:,} messages kept in the house"
    return _promise("An exercise reaches nobody", counted, _leaks(found, connections))


def _leaks(found: Evidence, connections: int) -> Iterator[str]:
    if connections:
        yield f"the providers counted {connections} connections during an exercise"
    if found.ours.lane is not Lane.DRILL:
        yield f"the exercise ran in the {found.ours.lane} lane"


def _approved(found: Evidence) -> Promise:
    own, other = found.refusals
    counted = f"own words refused ({own}), another digest refused ({other}), {found.digest[:12]} approved"
    return _promise("Another person approved these bytes", counted, _unapproved(found))


def _unapproved(found: Evidence) -> Iterator[str]:
    if found.refusals != _REFUSED:
        yield f"two approvals that must get {_REFUSED} got {found.refusals}"
    if found.ours.approved_digest != found.digest:
        yield "the approval in the database is of another digest"


def _shown(found: Evidence) -> Promise:
    every = len(found.boards)
    right = sum(board["verified"] for board in found.boards.values())
    counted = f"{right} of {every} boards verified, {every - len(found.fooled)} of {every} forgeries refused"
    return _promise("Displays show what is signed", counted, _wrongly_shown(found))


def _wrongly_shown(found: Evidence) -> Iterator[str]:
    for point, board in found.boards.items():
        if not board["verified"]:
            yield f"the display of {point} does not show the notice"
    for point in found.fooled:
        yield f"the display of {point} took a forged board"


def _journalled(found: Evidence) -> Promise:
    journal, text = found.ours.journal, "The journal is whole"
    if isinstance(journal, Broken):
        return Promise(text, "", f"the journal was tampered with at line {journal.seq}: {journal.why}")
    return Promise(text, f"{journal.seq:,} lines, each chained to the one before")
