"""The promises that one broadcast can show, each with what was counted for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from broadcaster.demo.evidence import ENDS, TAKEN, Evidence
from broadcaster.model.cap import Lane
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
        _isolated(found) if found.drill else _delivered(found),
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
    """What all providers took, by our reference and the recipient."""
    copies: Counter[tuple[str, str]] = Counter()
    for seen in found.seen.values():
        copies.update(seen.copies)
    return copies


def _missing(found: Evidence) -> list[str]:
    """The references of what we call accepted, and no provider took for that recipient."""
    copies = _copies(found)
    taken = [line for line in found.ours.lines if line.state in TAKEN]
    return [line.reference for line in taken if not copies[line.reference, line.recipient]]


def _disagreements(found: Evidence) -> Iterator[str]:
    """Every accepted delivery is at a provider; nothing is there that we do not know of, nor more often."""
    if missing := _missing(found):
        yield f"{len(missing):,} that we call accepted reached no provider, such as {missing[0]}"
    copies = _copies(found)
    allowed = {(line.reference, line.recipient): min(line.transmissions, _MOST_COPIES) for line in found.ours.lines}
    if strange := [reference for reference, recipient in copies if (reference, recipient) not in allowed]:
        yield f"{len(strange):,} at the providers belong to no delivery, such as {strange[0]}"
    if over := [key[0] for key, count in copies.items() if count > allowed.get(key, count)]:
        yield f"{len(over):,} went out more often than we know of, such as {over[0]}"


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
