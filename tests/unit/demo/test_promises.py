"""The demo's verdict must be able to fall."""

from dataclasses import replace

import pytest

from broadcaster.demo.evidence import Evidence, Line, Ours
from broadcaster.demo.processes import Seen
from broadcaster.demo.promises import judged
from broadcaster.model.cap import Lane
from broadcaster.model.delivery import State
from broadcaster.store.attempts import Figures
from broadcaster.store.journal import Broken, Head

DIGEST = "ab" * 32


def line(n, state=State.ACCEPTED, transmissions=1):
    return Line(f"r{n}", f"31600{n:06}", n, "sms", state, transmissions)


def seen(copies, ends=None, waiting=0):
    messages, unique = sum(copies.values()), len(copies)
    ends = {"r1": True} if ends is None else ends
    return Seen(1, messages, unique, messages - unique, max(copies.values(), default=0), copies, (1, waiting), ends)


LINES = [line(1, State.DELIVERED), line(2, transmissions=2), line(3, State.FAILED, 0), line(4, State.UNCERTAIN, 2)]
COPIES = {("r1", "0031600000001"): 1, ("r2", "0031600000002"): 2, ("r4", "0031600000004"): 1}
OURS = Ours(LINES, {"sms": Figures(2, 0, 2)}, Lane.LIVE, DIGEST, Head(9, "cd" * 32))
KEPT = Evidence(
    ours=OURS,
    seen={"sms-cm": seen(COPIES)},
    before={"sms": {"accepted": 1, "delivered": 1, "failed": 1, "uncertain": 1}},
    boards={"wijkhuis": {"seq": 2, "verified": True}},
    fooled=[],
    refusals=[403, 409],
    digest=DIGEST,
    recipients=4,
    names=("Een", "Twee"),
    drill=False,
)
DRILL = replace(KEPT, drill=True, ours=replace(OURS, lane=Lane.DRILL), seen={"sms-cm": Seen(0, 0, 0, 0, 0, {})})


def broken(found):
    return [promise.broken for promise in judged(found) if promise.broken]


@pytest.mark.parametrize("found", [KEPT, DRILL], ids=["alert", "exercise"])
def test_what_adds_up_is_kept(found):
    assert broken(found) == []


def test_the_seven_end_states_make_up_what_was_planned():
    sms = OURS.channels()["sms"]
    assert sms["planned"] == 4 == sum(sms[end] for end in ("accepted", "delivered", "failed", "uncertain"))
    assert (sms["retries"], sms["copies_max"]) == (2, 2)


def copied(**changes):
    return {"sms-cm": seen(COPIES | {(f"r{key[1:]}", f"0031600{int(key[1:]):06}"): n for key, n in changes.items()})}


without_first = {key: count for key, count in COPIES.items() if key[0] != "r1"}
to_another = without_first | {("r1", "0031600999999"): 1}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(KEPT, seen={"sms-cm": seen(without_first)}), "reached no provider"),
        (replace(KEPT, seen={"sms-cm": seen(to_another)}), "belong to no delivery"),
        (replace(KEPT, seen=copied(n1=2)), "more often than we know of"),
        (replace(KEPT, seen=copied(n4=3)), "more often than we know of"),
        (replace(KEPT, seen=copied(n3=1)), "more often than we know of"),
        (replace(KEPT, seen=copied(n5=1)), "belong to no delivery"),
        (replace(KEPT, outage=True), "nothing went by the other one"),
        (replace(KEPT, seen={"sms-cm": seen(COPIES, waiting=1)}), "1 reports were never taken"),
        (
            replace(KEPT, seen={"sms-cm": seen(COPIES, {"r1": True, "r2": True})}),
            "reported delivered are something else",
        ),
        (replace(KEPT, seen={"sms-cm": seen(COPIES, {"r1": True, "r4": False})}), "reported failed are something else"),
        (replace(KEPT, seen={"sms-cm": seen(COPIES, {})}), "nobody reported that"),
        (replace(KEPT, recipients=5), "only 4 have a delivery"),
        (replace(KEPT, ours=replace(OURS, lines=[*LINES[:3], line(4, State.DUE)])), "still under way"),
        (replace(KEPT, before={"sms": {"accepted": 3, "failed": 1}}), "its database says"),
        (replace(KEPT, refusals=[200, 409]), "must get [403, 409]"),
        (replace(KEPT, ours=replace(OURS, approved_digest="00" * 32)), "another digest"),
        (replace(KEPT, boards={"wijkhuis": {"seq": 1, "verified": False}}), "does not show the notice"),
        (replace(KEPT, fooled=["wijkhuis"]), "forged board"),
        (replace(KEPT, ours=replace(OURS, journal=Broken(3, "a line was changed"))), "tampered with at line 3"),
        (replace(DRILL, seen={"sms-cm": Seen(1, 0, 0, 0, 0, {})}), "1 connections during an exercise"),
        (replace(DRILL, ours=OURS), "in the live lane"),
    ],
)
def test_whatever_does_not_add_up_is_said(found, said):
    assert said in "; ".join(broken(found))
