"""The life of an alert step by step, each step a plain call on a connection; no network, no waiting.

Anna writes, Bert approves; Cara may do both; Dirk only looks, Eva only hands out roles, and Fred, an
approver, left.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from broadcaster.clock import Clock
from broadcaster.model.cap import MsgType
from broadcaster.model.finding import to_accept
from broadcaster.model.people import Caller, Role
from broadcaster.render.limited import InlineRenderer
from broadcaster.seal import Seal
from broadcaster.settings import load
from broadcaster.store import alerts, deliveries, people, schedules, tasks
from broadcaster.store.alerts import AlertRow
from broadcaster.store.drafts import DraftRow
from broadcaster.wiring.accounts import accounts, house_of
from broadcaster.workflow import approving, correcting, drafting, importing, submitting
from broadcaster.workflow import tasks as by_hand
from broadcaster.workflow.house import House
from broadcaster.workflow.submitting import Submitted
from tests.clocks import NOON, HandClock

T = TypeVar("T")
ORGANISATION = "voorbeeldstad"
CONFIGURATION = """
[hub]
listen = "127.0.0.1:0"
public_url = "https://crisis.voorbeeldstad.example"
languages = ["nl", "en"]
timezone = "Europe/Amsterdam"
[[organisation]]
id = "voorbeeldstad"
name = "Gemeente Voorbeeldstad"
sender = "voorbeeldstad.example"
[[area]]
id = "noord"
name = "Noord"
circle = "52.09,5.12 3.0"
[[area]]
id = "zuid"
name = "Zuid"
circle = "52.05,5.12 3.0"
[store]
url = "sqlite:///omroeper.db"
[channel."sms.primary"]
module = "channels.sms_cm"
base_url = "http://127.0.0.1:1"
from = "Voorbeeld"
per_second = 1000
failover = ["sms.secondary"]
[channel."sms.secondary"]
module = "channels.sms_cm"
base_url = "http://127.0.0.1:1"
from = "Voorbeeld"
per_second = 1000
[channel."email.main"]
module = "channels.email_smtp"
host = "127.0.0.1"
port = 1
tls = "none"
from = "crisis@voorbeeldstad.example"
[[point]]
id = "wijkhuis-noord"
name = "Wijkhuis Noord"
kind = "local"
areas = ["noord"]
languages = ["nl", "en"]
[[point]]
id = "wijkhuis-zuid"
name = "Wijkhuis Zuid"
kind = "local"
areas = ["zuid"]
languages = ["nl"]
[[contact]]
kind = "phone"
value = "14 030"
label = "Gemeente Voorbeeldstad"
[[contact]]
kind = "url"
value = "https://voorbeeldstad.example"
label = "Gemeente Voorbeeldstad"
[[contact]]
kind = "address"
value = "Kerkstraat 1"
label = "Wijkhuis Noord"
"""
BOTH = frozenset({Role.AUTHOR, Role.APPROVER})
ROLES: dict[str, frozenset[Role]] = {
    "anna": BOTH,
    "bert": BOTH,
    "cara": BOTH,
    "dirk": frozenset({Role.VIEWER}),
    "eva": frozenset({Role.ADMIN}),
    "fred": frozenset({Role.APPROVER}),
}
ANNA, BERT, CARA, DIRK, EVA, FRED = (Caller(f"token of {name}", roles, name, name) for name, roles in ROLES.items())
MACHINE = Caller("machine", frozenset({Role.AUTHOR}))
SEAL = Seal(b"k" * 32)
ACCOUNTS = {"sms": "sms.primary", "email": "email.main"}
TEXTS = {
    "headline": "Stroomuitval in Noord",
    "description": "De stroom is uit.",
    "impact": "Licht en verwarming werken niet.",
    "instruction": "Blijf thuis als dat kan.",
}
_RENDERER = InlineRenderer()


# --- a house ---------------------------------------------------------------------------------------


def house_in(folder: Path, configuration: str = CONFIGURATION) -> House:
    """A configured house with its accounts' secrets in `folder`."""
    (folder / "omroeper.toml").write_text(configuration, encoding="utf-8")
    (folder / "secrets").mkdir(exist_ok=True)
    for account in ("sms.primary", "sms.secondary"):
        (folder / "secrets" / f"{account}.token").write_text("token")
    settings = load(folder / "omroeper.toml", {})
    return house_of(settings, accounts(settings))


def furnish(conn: Connection, house: House, recipients: int = 4, now: datetime = NOON) -> None:
    """Fill a migrated database with people and an audience in Noord: Dutch and English by turns, every fourth
    reads Polish; every second has a mailbox besides a number."""
    alerts.sync_organisations(conn, [(o.id, o.name, o.sender) for o in house.settings.organisations])
    tasks.sync(conn, by_hand.channels(house), now)
    for name, roles in ROLES.items():
        people.add(conn, name, name, roles, None, now)
    people.add_token(conn, MACHINE.token_id, "secret", now)
    people.disable(conn, "fred", now)
    listed(conn, [_recipient(i) for i in range(1, recipients + 1)], now=now)


def _recipient(i: int) -> str:
    language = "pl" if i % 4 == 0 else ("nl", "en")[i % 2]
    mail = f"inwoner{i}@voorbeeldstad.example" if i % 2 else ""
    return f"Inwoner {i},{language},bewoners,noord,+316{i:08d},{mail},"


def listed(conn: Connection, lines: Sequence[str], *, now: datetime = NOON, replace: bool = False) -> dict[str, int]:
    """Take an audience file with these lines."""
    text = "\n".join([",".join(importing.HEADER), *lines])
    rows = importing.parse(text.encode(), {"noord", "zuid"})
    return importing.take(
        conn, ORGANISATION, [importing.sealed(SEAL, row) for row in rows], "eva", now, replace=replace
    )


# --- a life ----------------------------------------------------------------------------------------


class Inline:
    """A store that runs everything on one connection, in one transaction that the test holds open."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.engine: Engine = conn.engine

    async def run(self, f: Callable[..., T], *args: Any) -> T:
        return f(self._conn, *args)

    async def read(self, f: Callable[..., T], *args: Any) -> T:
        return f(self._conn, *args)

    def reading(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError

    def close(self) -> None:
        return


def crowd(conn: Connection, recipients: int, now: datetime = NOON) -> None:
    """So many in the group "veel", by SMS; in pieces, as PostgreSQL ends a transaction that is idle for 10 seconds."""
    lines = [f"X{i},nl,veel,noord,+317{i:08d},," for i in range(recipients)]
    for n in range(0, recipients, 10_000):
        listed(conn, lines[n : n + 10_000], now=now)


def done(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    coroutine.close()
    raise AssertionError("it waited")


def words(now: datetime = NOON, **changes: Any) -> dict[str, Any]:
    """A complete draft, as an officer would send it; None takes a field out."""
    content = {
        "status": "Actual",
        "event": "Stroomuitval",
        "category": "Infra",
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "source": "Gemeente Voorbeeldstad",
        "as_of": now.isoformat(),
        "expires": (now + timedelta(hours=4)).isoformat(),
        "next_update": (now + timedelta(hours=1)).isoformat(),
        "areas": ["noord"],
        "audience": {"areas": ["noord"], "groups": ["bewoners"]},
        "channels": ["sms", "display"],
        "infos": {"nl": TEXTS, "en": TEXTS},
    }
    return {name: value for name, value in {**content, **changes}.items() if value is not None}


def drafted(conn: Connection, house: House, caller: Caller = ANNA, now: datetime = NOON, **changes: Any) -> DraftRow:
    """A complete draft."""
    return drafting.create(conn, house, caller, drafting.parse(words(now, **changes)), now)


def offered(
    conn: Connection,
    house: House,
    draft_id: str,
    caller: Caller = ANNA,
    now: datetime = NOON,
    clock: Clock | None = None,
) -> Submitted:
    """Submit a draft."""
    preparing = submitting.prepare(Inline(conn), house, _RENDERER, caller, draft_id, clock or HandClock(now))
    material, composed = done(preparing)
    return submitting.freeze(conn, house, caller, material, composed, now)


def submitted(conn: Connection, house: House, caller: Caller = ANNA, now: datetime = NOON, **changes: Any) -> AlertRow:
    """A draft, written and submitted by one person."""
    return offered(conn, house, drafted(conn, house, caller, now, **changes).id, caller, now).alert


def agreed(
    conn: Connection,
    house: House,
    alert: AlertRow,
    caller: Caller = BERT,
    now: datetime = NOON,
    accepts: Sequence[str] = (),
    expected: int | None = None,
) -> AlertRow:
    """Approve what was submitted."""
    return approving.approve(conn, house, caller, alert.id, alert.digest, accepts, expected, now)


def approved(conn: Connection, house: House, now: datetime = NOON, **changes: Any) -> AlertRow:
    """An alert that two people let go, whatever there was to accept."""
    alert = submitted(conn, house, now=now, **changes)
    return agreed(conn, house, alert, now=now, accepts=to_accept(alerts.findings(conn, alert.id)))


def unread(conn: Connection, alert: AlertRow) -> list[str]:
    """The texts of a scenario that nobody read: ours begin so, and an approver accepts each by name."""
    return [code for code in to_accept(alerts.findings(conn, alert.id)) if code.startswith("text-unread:")]


def correcting_draft(
    conn: Connection,
    house: House,
    alert: AlertRow,
    msg_type: MsgType,
    caller: Caller = ANNA,
    now: datetime = NOON,
    **changes: Any,
) -> DraftRow:
    """A correction of an alert, started by one action; with changes, edited once."""
    row = correcting.start(conn, house, caller, alert.id, msg_type, now)
    return drafting.revise(conn, house, caller, row.id, 1, changes, now) if changes else row


def corrected(
    conn: Connection,
    house: House,
    alert: AlertRow,
    msg_type: MsgType,
    now: datetime = NOON,
    accepts: Sequence[str] = (),
    **changes: Any,
) -> AlertRow:
    """A correction that Anna started and submitted, and Bert approved."""
    draft = correcting_draft(conn, house, alert, msg_type, ANNA, now, **changes)
    correction = offered(conn, house, draft.id, ANNA, now).alert
    return agreed(conn, house, correction, BERT, now, [*accepts, *unread(conn, correction)])


def expand_all(
    conn: Connection, alert: AlertRow, now: datetime = NOON, accounts: Mapping[str, str] = ACCOUNTS
) -> AlertRow:
    """All the deliveries of an approved alert."""
    while deliveries.expand(conn, alert.id, accounts, now):
        pass
    return alert


def expanded(
    conn: Connection, house: House, now: datetime = NOON, accounts: Mapping[str, str] = ACCOUNTS, **changes: Any
) -> AlertRow:
    """An approved alert with all its deliveries."""
    return expand_all(conn, approved(conn, house, now, **changes), now, accounts)


def is_released(conn: Connection, alert: AlertRow) -> bool:
    """Whether anything of an alert went, or will go, on its way by itself."""
    return schedules.released(conn, alert.id) or schedules.state(conn, alert.id) == "waiting"
