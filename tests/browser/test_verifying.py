"""The browser believes exactly what the hub's own code believes, for the same reasons, with either implementation of
Ed25519."""

import json
from datetime import timedelta
from random import Random

import pytest

from broadcaster.boards import heartbeat
from broadcaster.boards.refusals import Refused
from broadcaster.boards.verifying import verify
from broadcaster.seal import sign_text
from tests.browser.chromium import LAN_NAME
from tests.forgeries import KINDS
from tests.mint import mint

__all__ = ["mint"]

VERDICTS = """async ({cases, held, keys, display, now}) => {
    const { verify } = await import("/assets/board/verifying.js");
    const { provider } = await import("/assets/board/crypto.js");
    const seen = ({root, certificates}) => ({root, certificates: new Map(Object.entries(certificates))});
    const before = held && (await verify(held, seen(keys), display, null, now)).board;
    const said = [];
    for (const each of cases) {
        const verdict = await verify(each.token, seen(each.keys), display, before, now);
        said.push(verdict.reason ?? verdict.kind);
    }
    return {said, by: (await provider()).name};
}"""


def as_json(keys):
    return {"root": keys.root.as_dict(private=False)["x"], "certificates": dict(keys.certificates)}


async def verdicts(page, mint, cases, held):
    """What the browser makes of boards, as (token, keys); and with what it checked them."""
    display = mint.display()
    given = {
        "cases": [{"token": token, "keys": as_json(keys)} for token, keys in cases],
        "held": held and held.token,
        "keys": as_json(mint.keys()),
        "display": {"point": display.point, "mode": display.mode.value, "root": display.root},
        "now": mint.now.timestamp() * 1000,
    }
    answer = await page.evaluate(VERDICTS, given)
    return answer["said"], answer["by"]


def corpus(mint, seeds):
    for kind in KINDS:
        for seed in range(seeds):
            made = kind(mint, Random(seed))
            yield made if isinstance(made, tuple) else (made, mint.keys())


@pytest.mark.parametrize(("host", "by", "seeds"), [("127.0.0.1", "webcrypto", 60), (LAN_NAME, "noble", 8)])
async def test_no_board_of_the_corpus_is_taken_and_each_is_refused_for_the_same_reason(
    wall, page, mint, host, by, seeds
):
    await page.goto(wall.address(host=host).partition("#")[0])
    cases, held = list(corpus(mint, seeds)), mint.board(10)
    said, checked_by = await verdicts(page, mint, cases, held)
    ours = [verify(token, keys, mint.display(), held, mint.now) for token, keys in cases]
    assert checked_by == by
    assert all(isinstance(verdict, Refused) for verdict in ours)
    assert said == [verdict.reason.value for verdict in ours]


@pytest.mark.parametrize(("host", "by"), [("127.0.0.1", "webcrypto"), (LAN_NAME, "noble")])
async def test_an_honest_board_is_taken_where_the_corpus_is_not(wall, page, mint, host, by):
    await page.goto(wall.address(host=host).partition("#")[0])
    held, successor = mint.board(10), mint.next_epoch()
    renewed = mint.keys(successor, mint.exercise)
    cases = [(mint.token(11), mint.keys()), (held.token, mint.keys()), (mint.token(1, signer=successor), renewed)]
    assert await verdicts(page, mint, cases, held) == (["board", "unchanged", "board"], by)
    assert await verdicts(page, mint, cases[:1], None) == (["board"], by)


async def test_webcrypto_that_does_not_know_ed25519_is_passed_by(wall, contexts, mint):
    context = await contexts()
    await context.add_init_script(
        "if (crypto.subtle) crypto.subtle.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))"
    )
    page = await context.new_page()
    await page.goto(wall.address().partition("#")[0])
    assert await verdicts(page, mint, [(mint.token(11), mint.keys())], mint.board(10)) == (["board"], "noble")


BEATS = """async ({cases, held, keys, display, now}) => {
    const { verify, verifyHeartbeat } = await import("/assets/board/verifying.js");
    const seen = ({root, certificates}) => ({root, certificates: new Map(Object.entries(certificates))});
    const before = (await verify(held, seen(keys), display, null, now)).board;
    const said = [];
    for (const token of cases) {
        const verdict = await verifyHeartbeat(token, seen(keys), display, before, now);
        said.push(verdict.reason ?? verdict.heartbeat.seq);
    }
    return said;
}"""


def beats(mint):
    """The hub's words on a board, honest first."""

    def word(signer=mint.live, typ=heartbeat.HEARTBEAT_TYP, **changed):
        said = {"mode": "live", "point": "noord", "epoch": 1, "seq": 10, "at": mint.now.isoformat()} | changed
        return sign_text(json.dumps(said), typ, signer.key)

    far = (mint.now + timedelta(days=4000)).isoformat()
    yield word()
    yield word(more="of a later hub")
    yield word(signer=mint.signer("live"))
    yield word(signer=mint.exercise)
    yield word(typ="omroeper-board+json")
    yield word()[:-8] + "AAAAAAAA"
    yield mint.token(10)
    yield from (word(**{name: value}) for name, value in (("mode", "exercise"), ("mode", "x"), ("point", "zuid")))
    yield from (word(**{name: value}) for name, value in (("epoch", 2), ("seq", 0), ("seq", "10"), ("at", far)))
    yield from (word(at="gisteren"), "x.y", "")


async def test_the_browser_believes_the_hubs_word_on_a_line_exactly_when_a_relay_does(wall, page, mint):
    await page.goto(wall.address().partition("#")[0])
    cases, held, display = list(beats(mint)), mint.board(10), mint.display()
    given = {
        "cases": cases,
        "held": held.token,
        "keys": as_json(mint.keys()),
        "display": {"point": display.point, "mode": display.mode.value, "root": display.root},
        "now": mint.now.timestamp() * 1000,
    }
    ours = [heartbeat.verify(token, mint.keys(), display, held, mint.now) for token in cases]
    assert [isinstance(verdict, Refused) for verdict in ours] == [False] * 2 + [True] * (len(cases) - 2)
    expected = [verdict.reason.value if isinstance(verdict, Refused) else verdict.seq for verdict in ours]
    assert await page.evaluate(BEATS, given) == expected
