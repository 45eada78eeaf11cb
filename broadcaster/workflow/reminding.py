"""Reminding colleagues until somebody acts. Everything is a row: a process that starts again goes on where one ended.

Valencia, 29 October 2024: a text that was ready waited from 17:45 to 20:11.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.audience import normal_address
from broadcaster.model.cap import Lane
from broadcaster.model.events import SYSTEM, Event
from broadcaster.model.people import Role
from broadcaster.model.reminding import About, Sent, turn
from broadcaster.render import reminding
from broadcaster.seal import Seal, SealError
from broadcaster.store import alerts, approvals, drafts, journal, people, reminders
from broadcaster.store.alerts import AlertRow
from broadcaster.store.reminders import Claimed, Wanted
from broadcaster.workflow.house import House

NOT_REMINDED = (
    "Geen accordeur kan herinnerd worden: geef hun een adres met 'omroeper user contact NAAM --sms of --email'."
)
_SURE_IN = timedelta(minutes=2)
"""After so long nobody will tell any more what became of a reminder that was handed over."""


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Who is here. reach: the kinds by which each can be reached over an account of this house. deputies: in their
    configured order; they are nobody's first choice."""

    roles: dict[str, frozenset[Role]]
    reach: dict[str, list[str]]
    deputies: tuple[str, ...]

    def able(self, role: Role) -> list[str]:
        """Who has a role."""
        return [person for person, roles in self.roles.items() if role in roles]


def colleagues(conn: Connection, house: House) -> Colleagues:
    """Read who is here."""
    staff = [person for person in people.everyone(conn) if not person["disabled"]]
    known = {person["name"]: person["id"] for person in staff}
    reach = {
        person: kept
        for person, kinds in reminders.reached_by(conn).items()
        if (kept := [kind for kind in kinds if kind in house.accounts])
    }
    deputies = tuple(known[name] for name in house.settings.reminders.deputies if name in known)
    return Colleagues({person["id"]: frozenset(map(Role, person["roles"])) for person in staff}, reach, deputies)


# --- where a person is reached ---------------------------------------------------------------------


def context(kind: str) -> str:
    """What an address of a colleague is sealed as: one of a resident does not open as such."""
    return f"colleague {kind}"


def set_contact(
    conn: Connection, seal: Seal, person_id: str, kind: str, address: str, actor: str, now: datetime
) -> None:
    """Remind a person at an address from now on; an empty one: no more. ValueError says why it is none."""
    address = address.strip()
    sealed = seal.seal(normal_address(kind, address), context(kind)) if address else None
    reminders.set_contact(conn, person_id, kind, sealed, now)
    journal.append(conn, [Event("PersonContactChanged", actor, person_id, {"kind": kind, "there": bool(address)})], now)


def contacts_of(conn: Connection, seal: Seal, person_id: str) -> dict[str, str]:
    """Where a person is reached, by kind."""
    return {kind: seal.open(sealed, context(kind)) for kind, sealed in reminders.contacts(conn, person_id).items()}


# --- what should be said ---------------------------------------------------------------------------


def plan(conn: Connection, house: House, now: datetime) -> int:
    """Write down every reminder whose time has come; how many were new."""
    reminders.give_up(conn, now - _SURE_IN, now)
    waiting = alerts.unexpired(conn, now, [Stage.SUBMITTED])
    out = [row for lane in Lane for row in alerts.shown(conn, lane, now)]
    if not waiting and not out:
        return 0
    here = colleagues(conn, house)
    wanted = [item for row in waiting for item in _of_waiting(conn, house, here, row, now)]
    wanted += [item for row in out for item in _of_promise(conn, house, here, row, now)]
    return write_down(conn, wanted, now)


def write_down(conn: Connection, wanted: Sequence[Wanted], now: datetime) -> int:
    """Keep reminders; those that are there stay as they are. What an exercise would have sent is told at once."""
    new = [item for item in wanted if reminders.plan(conn, item, now)]
    rehearsed = [item for item in new if item.row.lane is Lane.DRILL]
    journal.append(conn, list(_told([(i.row.id, i.about, i.person_id, Sent.REHEARSED) for i in rehearsed])), now)
    return len(new)


def _of_waiting(conn: Connection, house: House, here: Colleagues, row: AlertRow, now: datetime) -> Iterator[Wanted]:
    """Approvers first, then the deputies, both again and again. Whoever wrote it cannot decide on it."""
    route, writers = house.settings.reminders, approvals.contributors(conn, row)
    able = [person for person in here.able(Role.APPROVER) if person not in writers and person in here.reach]
    first = [person for person in able if person not in here.deputies]
    deputies = [person for person in here.deputies if person in able]
    after = route.deputies_from if first else route.approvers  # nobody before them: then it is their turn
    for circle, minutes in ((first, route.approvers), (deputies, after)):
        due = turn(row.sent_at + timedelta(minutes=minutes), timedelta(minutes=route.repeat), now)
        if due is not None:
            yield from _to(house, here, circle, row, About.APPROVAL, due.n, row.sent_at, due.due_at)


def _of_promise(conn: Connection, house: House, here: Colleagues, row: AlertRow, now: datetime) -> Iterator[Wanted]:
    """Who wrote it some minutes before, and at the moment itself the deputies as well. Who offered the next message has
    kept the promise as far as they can. A withdrawal promises as well as any: readers count on what it says."""
    promised = row.draft.next_update
    if promised is None or reminders.is_being_replaced(conn, row.id):
        return
    soon = promised - timedelta(minutes=house.settings.reminders.update)
    writers = [person for person in _writers(conn, row) if person in here.reach]
    if promised <= now:
        circle = list(dict.fromkeys([*writers, *(person for person in here.deputies if person in here.reach)]))
        yield from _to(house, here, circle, row, About.UPDATE, 1, promised, promised)
    elif row.sent_at < soon <= now:  # a promise for so soon needs no reminder of it
        yield from _to(house, here, writers, row, About.UPDATE, 0, promised, soon)


def _writers(conn: Connection, row: AlertRow) -> list[str]:
    """Who offered it, and who wrote the last version."""
    draft = drafts.get(conn, row.draft_id)
    last = drafts.last_change(conn, draft)[0] if draft else None
    return list(dict.fromkeys(person for person in (row.submitter_id, last) if person is not None))


def of_mandate(conn: Connection, house: House, row: AlertRow, by: str, now: datetime) -> list[Wanted]:
    """What every approver hears at once when somebody released a message alone."""
    here = colleagues(conn, house)
    circle = [person for person in here.able(Role.APPROVER) if person != by and person in here.reach]
    return list(_to(house, here, circle, row, About.MANDATE, 0, now, now))


def _to(
    house: House,
    here: Colleagues,
    circle: Sequence[str],
    row: AlertRow,
    about: About,
    n: int,
    at: datetime,
    due_at: datetime,
) -> Iterator[Wanted]:
    event = str(row.content.get("event") or "")
    zone = house.settings.hub.zone
    sentence = reminding.words(row.status, about, row.number, event, at, zone, again=n > 0)
    for person in circle:
        for kind in here.reach[person]:
            yield Wanted(row, about, n, person, kind, reminding.whole(sentence, house.settings.hub.url), due_at)


# --- sending ---------------------------------------------------------------------------------------


def claim(conn: Connection, now: datetime) -> list[Claimed]:
    """What this process sends now. What nobody has to be told any more is dropped: somebody acted."""
    claimed = []
    for reminder_id, alert_id, about in reminders.due(conn):
        row = alerts.get(conn, alert_id)
        if row is None or not _still_holds(conn, row, about, now):
            reminders.move(conn, reminder_id, Sent.DUE, Sent.DROPPED, now)
        elif found := reminders.claim(conn, reminder_id, now):
            claimed.append(found)
    return claimed


def _still_holds(conn: Connection, row: AlertRow, about: About, now: datetime) -> bool:
    if about is About.APPROVAL:
        return row.stage is Stage.SUBMITTED and row.expires_at > now
    if about is About.UPDATE:
        valid = row.stage is Stage.APPROVED and row.superseded_at is None and row.expires_at > now
        return valid and not reminders.is_being_replaced(conn, row.id)
    return True


def address_of(seal: Seal, claimed: Claimed) -> str | None:
    """Where a reminder goes; None when that was taken away meanwhile, or cannot be read."""
    try:
        return None if claimed.sealed is None else seal.open(claimed.sealed, context(claimed.kind))
    except SealError:
        return None


def record(conn: Connection, results: Sequence[tuple[Claimed, Sent, str | None]], now: datetime) -> None:
    """Keep what became of reminders, over which account."""
    told = [
        (item.alert_id, item.about, item.person_id, state)
        for item, state, account in results
        if reminders.move(conn, item.id, Sent.SENDING, state, now, account)
    ]
    journal.append(conn, list(_told(told)), now)


def _told(results: Sequence[tuple[str, About, str, Sent]]) -> Iterator[Event]:
    """One line for each alert and what it is about: who was reminded, and what came of it."""
    for alert_id, about in dict.fromkeys((alert_id, about) for alert_id, about, _, _ in results):
        of_one = [(person, state) for a, b, person, state in results if (a, b) == (alert_id, about)]
        states = {state.value: sum(1 for _, each in of_one if each is state) for _, state in of_one}
        data = {"about": about.value, "people": sorted({person for person, _ in of_one}), "states": states}
        yield Event("AlertReminded", SYSTEM, alert_id, data)


def nobody(conn: Connection, house: House) -> Iterator[str]:
    """A sentence for each hole in the route by which colleagues are reminded."""
    here = colleagues(conn, house)
    names = {person["name"] for person in people.everyone(conn) if not person["disabled"]}
    if not [person for person in here.able(Role.APPROVER) if person in here.reach]:
        yield NOT_REMINDED
    for name in house.settings.reminders.deputies:
        if name not in names:
            yield f"De vervanger '{name}' in [reminders] is geen gebruiker: zie 'omroeper user list'."
