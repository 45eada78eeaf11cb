"""Boards that an honest hub did not issue for this display now: one seeded hand for each kind of falseness.

Each takes the mint and a source of chance, and gives a board (or a board with the keys that are published beside it)
for a display that holds board 10 of its point.
"""

import base64
import json
from datetime import timedelta

from broadcaster.boards.signing import BOARD_TYP
from broadcaster.model.board import MAX_SEQ
from broadcaster.seal import sign_text

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def segment(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def flipped(mint, random):
    token = mint.token(11 + random.randrange(1000))
    at = random.randrange(len(token))
    return token[:at] + random.choice([c for c in LETTERS + ".=+/ \n" if c != token[at]]) + token[at + 1 :]


def cut_or_grown(mint, random):
    token = mint.token(11)
    at = random.randrange(len(token))
    return random.choice(
        [token[:at], token[at:], token + random.choice(LETTERS + "=.\n"), token + "." + token, " " + token]
    )


def respelled(mint, random):
    """The same signature in another spelling of base 64: the last letter has four bits that mean nothing."""
    head, signature = mint.token(11).rsplit(".", 1)
    twin = LETTERS[(LETTERS.index(signature[-1]) & 0b110000) | random.randrange(16)]
    if twin == signature[-1]:
        twin = random.choice(["=", "==", "\n"])
        return f"{head}.{signature}{twin}"
    return f"{head}.{signature[:-1]}{twin}"


def spliced(mint, random):
    one, two = (mint.token(11 + random.randrange(500)).split("."), mint.token(600).split("."))
    parts = random.choice([(one[0], one[1], two[2]), (one[0], two[1], one[2]), (one[0], one[2], one[1])])
    return ".".join(parts)


def reheaded(mint, random):
    """Another algorithm, or a key brought along."""
    _, payload, signature = mint.token(11).split(".")
    members = {"alg": "Ed25519", "kid": mint.live.kid, "typ": BOARD_TYP}
    own = mint.signer("live").key.as_dict(private=False)
    change = random.choice(
        [{"alg": alg} for alg in ("none", "None", "EdDSA", "HS256", "RS256", "", None)]
        + [{"jwk": own}, {"jku": "http://127.0.0.1/"}, {"crit": ["b64"], "b64": False}, {"crit": ["x"]}, {"typ": "JWT"}]
        + [{"kid": None}, {"kid": mint.exercise.kid}, {"kid": [1]}, {"alg": ["Ed25519"]}]
    )
    return f"{segment(members | change)}.{payload}.{random.choice([signature, ''])}"


def replayed(mint, random):
    return mint.token(random.randrange(1, 10))


def other_bytes_of_the_same_number(mint, random):
    return mint.token(10, journal_head=str(random.random()))


def forged_ahead(mint, random):
    return mint.token(random.choice([11, 2**31, MAX_SEQ]), signer=mint.signer("live", epoch=random.randrange(1, 9)))


def beyond_every_number(mint, random):
    return mint.forced(mint.live, seq=random.choice([2**53, 2**62, 2**63, 2**64, 10**40, -1, 0, 1.5, "11", None]))


def foreign_point(mint, random):
    return mint.token(11, point=random.choice(["zuid", "noord-2", "noor", "n"]))


def exercise_signed(mint, random):
    return mint.token(random.randrange(11, 99), signer=mint.exercise)


def other_mode_under_the_live_key(mint, random):
    notices = [json.loads(mint.notice(status=random.choice(["Exercise", "Test"])).model_dump_json())]
    return mint.forced(mint.live, seq=11, mode=random.choice(["live", "exercise"]), notices=notices)


def expired_key(mint, random):
    old = mint.signer("live", mint.live.root, not_after=mint.now - timedelta(seconds=random.randrange(9999)))
    return mint.token(random.randrange(11, 99), signer=old), mint.keys(old, mint.exercise)


def uncertified_key(mint, random):
    """A stolen online key names its own successor, or another root does."""
    successor = mint.signer("live", random.choice([mint.live.key, mint.exercise.root]), epoch=random.randrange(1, 9))
    return mint.token(11, signer=successor), mint.keys(mint.live, successor)


def signed_something_else(mint, random):
    text = random.choice(["", "null", "[]", "{}", '{"seq": 11}', "\x00", "[" * 3000])
    return sign_text(text, random.choice([BOARD_TYP, "JWT", "omroeper-key+json"]), mint.live.key)


KINDS = [
    flipped,
    cut_or_grown,
    respelled,
    spliced,
    reheaded,
    replayed,
    other_bytes_of_the_same_number,
    forged_ahead,
    beyond_every_number,
    foreign_point,
    exercise_signed,
    other_mode_under_the_live_key,
    expired_key,
    uncertified_key,
    signed_something_else,
]
