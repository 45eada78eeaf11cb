"""The first page: what waits for this officer, what is valid now, and how the channels stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from broadcaster.boards import lookout
from broadcaster.boards.lookout import Lookout
from broadcaster.boards.serving import Boards
from broadcaster.dispatch.standing import AccountStanding
from broadcaster.model.alert import Stage
from broadcaster.model.board import Mode
from broadcaster.model.cap import Status
from broadcaster.model.people import Caller, Role
from broadcaster.store import alerts, approvals, drafts, mandates, passwords, people, schedules, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.answers import Answer
from broadcaster.store.drafts import DraftRow
from broadcaster.store.passwords import Given
from broadcaster.store.tasks import Due
from broadcaster.web.calls import Call
from broadcaster.web.console import desk, frame, waiting
from broadcaster.web.console.desk import Returned
from broadcaster.web.console.times import Times
from broadcaster.web.console.waiting import Waiting
from broadcaster.web.console.words import Words
from broadcaster.web.figures import FIGURES, Progress, Snapshot, expected_in, progress
from broadcaster.workflow.house import House

_MOST = 50
_NUMBERS = 3
"""Of the latest numbers it is said how many points show them."""
_GIVEN_TOLD = timedelta(days=7)
"""How long an officer is told of a password that somebody gave them: whoever did not ask for it notices."""
_A_MINUTE = timedelta(minutes=1)
"""A promise is told in whole minutes."""


@dataclass(frozen=True, slots=True)
class Own:
    """A draft of this officer, and why it came back if it did."""

    row: DraftRow
    title: str
    returned: Returned | None


@dataclass(frozen=True, slots=True)
class Tasks:
    """mine: alerts that this officer may approve; others: those that wait for somebody else, with who wrote them.
    held: releases too late to go by themselves. waiting: the clock of each that waits, by alert. late: notices whose
    promised successor did not come. alone: what one person released and this officer may look at afterwards. given:
    when, in the last days, somebody gave this officer a password. by_hand: what people should have placed themselves by
    now, by alert."""

    mine: list[AlertRow]
    others: list[AlertRow]
    held: list[AlertRow]
    drafts: list[Own]
    valid: list[AlertRow]
    waiting: dict[str, Waiting]
    late: list[AlertRow]
    alone: list[AlertRow]
    given: Given | None
    by_hand: dict[str, list[Due]]

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.mine or self.alone or self.held or self.drafts or self.others)


def read(conn: Connection, house: House, caller: Caller, now: datetime) -> Tasks:
    """Read it all."""
    offered = sorted(alerts.listed(conn, None, _MOST, Stage.SUBMITTED), key=lambda row: row.sent_at)
    mine = [row for row in offered if may_decide(caller, approvals.contributors(conn, row))]
    released = alerts.listed(conn, None, _MOST, Stage.APPROVED)
    held = set(schedules.held(conn))
    names = people.names(conn)
    own = drafts.written_by(conn, caller.person_id or "", _MOST)
    valid = [row for row in released if row.id not in held and row.halted_at is None]
    late = [row for row in valid if is_late(row, now)]
    return Tasks(
        mine,
        [row for row in offered if row not in mine],
        [row for row in released if row.id in held],
        [Own(row, desk.title_of(house, row), desk.returned(conn, row.id, names)) for row in own],
        valid,
        waiting.read(conn, house, offered, now),
        late,
        [row for row in _alone(conn) if may_decide(caller, approvals.contributors(conn, row))],
        _given(conn, caller, now),
        _by_hand(conn, now),
    )


def _given(conn: Connection, caller: Caller, now: datetime) -> Given | None:
    found = passwords.given(conn, caller.person_id or "")
    return found if found is not None and found.at > now - _GIVEN_TOLD else None


def _by_hand(conn: Connection, now: datetime) -> dict[str, list[Due]]:
    found: dict[str, list[Due]] = {}
    for due in tasks.overdue(conn, now):
        found.setdefault(due.task.alert_id, []).append(due)
    return found


def _all(conn: Connection, house: House, caller: Caller, boards: Boards, now: datetime) -> tuple[Tasks, Lookout]:
    return read(conn, house, caller, now), lookout.read(conn, house, boards, Mode.LIVE, now)


def _alone(conn: Connection) -> Iterator[AlertRow]:
    for alert_id in mandates.unreviewed(conn)[:_MOST]:
        row = alerts.get(conn, alert_id)
        if row is not None:
            yield row


def is_late(row: AlertRow, now: datetime) -> bool:
    """Whether the next message that a valid notice promised did not come."""
    promised = row.draft.next_update
    out = row.stage is Stage.APPROVED and row.superseded_at is None and row.expires_at > now
    return out and promised is not None and promised + _A_MINUTE <= now


def may_decide(caller: Caller, writers: set[str]) -> bool:
    """Whether a caller may approve what `writers` wrote."""
    return Role.APPROVER in caller.roles and caller.person_id not in writers


@dataclass(frozen=True, slots=True)
class Channel:
    """How a channel kind stands, in words."""

    kind: str
    ready: bool
    lines: list[str]


def _channels(
    house: House,
    accounts: Sequence[AccountStanding],
    points: Lookout,
    times: Times,
    reach: Mapping[str, str],
) -> Iterator[Channel]:
    """Each channel kind; the displays last, which fetch what there is. reach: how soon it has reached people, in words,
    by kind."""
    for kind in sorted(house.specs, key=lambda kind: (house.specs[kind].pull, kind)):
        if house.specs[kind].pull:
            yield Channel(kind, not points.troubled, list(_points(points, times)))
        elif kind not in house.accounts:
            yield Channel(kind, False, [times.words("start.no_account")])
        else:
            own = [item for item in accounts if item.kind == kind]
            found = _standing(kind, own, house.settings.hub.check_days, times)
            yield replace(found, lines=[*found.lines[:1], *_of(reach, kind, found), *found.lines[1:]])


def _of(reach: Mapping[str, str], kind: str, found: Channel) -> list[str]:
    return [reach[kind]] if found.ready and kind in reach else []


def reach_of(
    snapshot: Snapshot, addresses: Mapping[str, int], accounts: Sequence[AccountStanding], words: Words
) -> dict[str, str]:
    """By kind, how many minutes until 95 % has what is under way; or would have a message to everybody, at the pace of
    the contract."""
    under_way, said = progress(snapshot.piles), {}
    for kind in {item.kind for item in accounts}:
        contracted = sum(item.per_second for item in accounts if item.kind == kind and item.breaker != "open")
        far = under_way.get(kind, Progress(0, 0))
        seconds, key = expected_in(far, snapshot.speeds.get(kind), contracted), "start.under_way"
        if not far.missing():
            everybody = Progress(addresses.get(kind, 0), 0)
            seconds, key = expected_in(everybody, None, contracted), "start.everybody"
        if seconds:
            said[kind] = words.counted(key, max(1, round(seconds / 60)))
    return said


def _points(found: Lookout, times: Times) -> Iterator[str]:
    """What screens show of the latest numbers, and what is wrong at points."""
    numbers = sorted({number for standing in found.points for number in standing.valid})[-_NUMBERS:]
    if not numbers:
        yield times.words.counted("start.points", len(found.points))
    for number in reversed(numbers):
        showing, wanted = found.showing(number)
        yield times.words("start.points_showing", number=number, showing=showing, wanted=wanted)
    counts = {
        "start.points_urgent": len(found.urgent),
        "start.points_trouble": len(found.troubled),
        "start.points_old": len(found.old),
    }
    yield from (times.words.counted(key, count) for key, count in counts.items() if count)


def _standing(kind: str, accounts: Sequence[AccountStanding], check_days: int, times: Times) -> Channel:
    """A kind is ready when one of its accounts is: the others take over from each other."""
    open_ones = [item for item in accounts if item.breaker == "open"]
    proven = max((item.proven_at for item in accounts if item.proven_at is not None), default=None)
    lines = [times.words("start.proven", passed=times.passed(proven)) if proven else times.words("start.unproven")]
    for item in open_ones:
        since = times.said(item.failing_since) if item.failing_since else times.words("time.just_now")
        lines.append(times.words("start.failing", account=item.account, since=since))
    lines += [_checked(item, check_days, times) for item in accounts]
    return Channel(kind, len(open_ones) < len(accounts) or not accounts, lines)


def _checked(item: AccountStanding, check_days: int, times: Times) -> str:
    """What the last check message proved of an account, or that it is time for one."""
    check = item.last_check
    if check is None:
        return times.words("start.check_none", account=item.account)
    words = "start.check_arrived" if check.arrived or not check.accepted else "start.check_accepted"
    counts = {"count": check.arrived or check.accepted, "sent": check.sent, "passed": times.passed(check.released_at)}
    line = times.words(words, account=item.account, **counts)
    late = times.now - check.released_at > timedelta(days=check_days)
    return f"{line}. {times.words('start.check_late')}" if late else line


async def show(call: Call) -> Answer:
    """`GET /console`."""
    figures, times = call.request.app[FIGURES], frame.times_for(call)
    house, accounts = call.parts.house, call.parts.accounts()
    reach = reach_of(await figures.now(), await figures.addresses(), accounts, times.words)
    tasks, points = await call.parts.store.read(_all, house, call.caller, call.parts.boards, times.now)
    values = {
        "tasks": tasks,
        "channels": list(_channels(house, accounts, points, times, reach)),
        "area_names": house.area_names,
    }
    return frame.shown(call, "start.html", values, Status.ACTUAL)
