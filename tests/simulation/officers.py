"""What people do in one run, drawn from its seed: approve, halt, correct, send again; and readers opt out."""

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Connection, text

from broadcaster.model.audience import normal_address
from broadcaster.model.cap import MsgType
from broadcaster.store import facts
from broadcaster.workflow import approving, resending
from tests import lives
from tests.simulation.disk import RECIPIENTS, Furnished
from tests.simulation.watch import Watch

Act = Callable[[Connection, datetime], Any]
"""One transaction."""
APPROVED = ("severe", "minor", "short", "planned", "exercise")
LIVE = ("severe", "minor", "short")


def drawn(random: Random, ready: Furnished, watch: Watch, until: float) -> list[tuple[float, Act]]:
    """What is done, and when."""
    acts = [(random.uniform(0, 12), _approve(ready, name)) for name in APPROVED]

    def sometimes(share: float, latest: float, act: Callable[[], Act]) -> None:
        if random.random() < share:
            acts.append((random.uniform(3, latest), act()))

    msg_type = random.choice((MsgType.UPDATE, MsgType.CANCEL))
    sometimes(0.6, 16, lambda: _halt(ready, random.choice(LIVE)))
    sometimes(0.4, 20, lambda: _correct(ready, watch, random.choice(LIVE), msg_type))
    sometimes(0.4, until, lambda: _resend(ready, watch, random.choice(LIVE)))
    sometimes(0.3, 16, lambda: _opt_out(random.randint(1, RECIPIENTS)))
    sometimes(0.1, 16, lambda: _tamper(ready, random.choice(LIVE)))
    return acts


def _approve(ready: Furnished, name: str) -> Act:
    return lambda conn, now: lives.agreed(conn, ready.house, ready.alerts[name], lives.BERT, now)


def _halt(ready: Furnished, name: str) -> Act:
    return lambda conn, now: approving.halt(conn, lives.CARA, ready.alerts[name].id, now)


def _resend(ready: Furnished, watch: Watch, name: str) -> Act:
    def act(conn: Connection, now: datetime) -> None:
        watch.resent.add(ready.alerts[name].id)
        resending.resend(conn, ready.house, lives.CARA, ready.alerts[name].id, ["failed", "uncertain"], now)

    return act


def _correct(ready: Furnished, watch: Watch, name: str, msg_type: MsgType) -> Act:
    def act(conn: Connection, now: datetime) -> None:
        row = lives.corrected(conn, ready.house, ready.alerts[name], msg_type, now)
        watch.note(conn, row.id)

    return act


def _opt_out(number: int) -> Act:
    mark = lives.SEAL.mark(normal_address("sms", f"+316{number:08d}"), "sms")
    return lambda conn, now: facts.opt_out(conn, "sms", mark, now)


def _tamper(ready: Furnished, name: str) -> Act:
    """Somebody with the file in his hands changes what was approved."""

    def act(conn: Connection, _now: datetime) -> None:
        conn.execute(text("DROP TRIGGER IF EXISTS rendition_never_changes"))
        change = "UPDATE rendition SET payload = CAST('Kom allemaal naar buiten' AS BLOB) WHERE alert_id = :alert"
        conn.execute(text(change), {"alert": ready.alerts[name].id})

    return act
