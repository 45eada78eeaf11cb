"""From an outcome to what is written of it: where the delivery goes, and which attempt that was."""

from collections.abc import Callable
from datetime import datetime

from broadcaster.channel import Accepted, Outcome
from broadcaster.dispatch import policy
from broadcaster.dispatch.lanes import Delivery, L
from broadcaster.model.delivery import State
from broadcaster.store.queue import Result


def result_of(
    delivery: Delivery[L],
    outcome: Outcome,
    account: str,
    now: datetime,
    elsewhere: Callable[[], str | None],
    *,
    repeats_safely: bool = False,
) -> Result:
    """What becomes of a delivery after an attempt at `account`. `elsewhere`: which account takes what this one cannot
    send; `repeats_safely` as `policy.Standing` has it."""
    if isinstance(outcome, Accepted):  # nearly always, and nothing to decide. By place: names cost a third more
        made = (delivery.id, delivery.epoch, delivery.alert_id, State.ACCEPTED, account, "accepted")
        return Result(*made, True, True, None, None, None, outcome.ref)
    standing = policy.Standing(
        delivery.rank,
        delivery.attempts + 1,
        delivery.transmissions + 1,
        delivery.parcel.expires_at,
        repeats_safely,
        elsewhere(),
        delivery.epoch,
    )
    decision = policy.decide(outcome, standing, now)
    return Result(
        delivery.id, delivery.epoch, delivery.alert_id, decision.state, account, outcome.kind.value,
        sent=decision.sent, burned=decision.burned, due_at=decision.due_at, next_account=decision.account,
        reason=decision.reason, provider_code=outcome.provider_code, detail=outcome.detail,
    )  # fmt: skip


def withheld(delivery: Delivery[L], account: str, now: datetime) -> Result:
    """Started, but its alert or the account stopped before a byte went out: due again."""
    return Result(
        delivery.id, delivery.epoch, delivery.alert_id, State.DUE, account, "withheld",
        sent=False, burned=False, due_at=now,
    )  # fmt: skip
