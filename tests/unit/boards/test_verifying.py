import json
from dataclasses import replace
from datetime import timedelta

import pytest

from broadcaster.boards.refusals import Refusal, Refused
from broadcaster.boards.signing import BOARD_TYP, key_set
from broadcaster.boards.verifying import Board, Display, KeySet, Unchanged, offered_root, root_of, verify
from broadcaster.model.board import MAX_SEQ, Mode
from broadcaster.seal import Certificate, certify, fingerprint, new_key, sign_text, unpack


@pytest.fixture
def judge(mint):
    def _judge(token, keys=None, held=None, now=mint.now):
        verdict = verify(token, keys or mint.keys(), mint.display(), held, now)
        return verdict.reason if isinstance(verdict, Refused) else verdict

    return _judge


def test_a_board_of_the_hub_is_taken_byte_for_byte(mint, judge):
    token = mint.token()
    board = judge(token)
    assert isinstance(board, Board)
    assert (board.token, board.payload) == (token, mint.payload())


def test_text_that_is_no_board_is_malformed(judge):
    for text in ("", "..", "a.b.c", "<html>", "é.é.é", "\x00", "e30.e30.e30"):
        assert judge(text) is Refusal.MALFORMED


def test_a_key_the_hub_does_not_publish_is_unknown(mint, judge):
    assert judge(mint.token(signer=mint.signer("live"))) is Refusal.UNKNOWN_KEY


def test_a_key_of_another_root_is_not_certified(mint, judge):
    stranger = mint.signer("live")
    keys = mint.keys(mint.live, stranger)
    assert judge(mint.token(signer=stranger), keys) is Refusal.UNCERTIFIED_KEY


def test_a_live_display_refuses_exercise_boards_and_the_other_way_round(mint, judge):
    assert judge(mint.token(signer=mint.exercise)) is Refusal.UNCERTIFIED_KEY
    exercise = Display("noord", Mode.EXERCISE, fingerprint(mint.exercise.root))
    keys = mint.keys(mint.exercise, mint.live)
    assert isinstance(verify(mint.token(signer=mint.exercise), keys, exercise, None, mint.now), Board)
    assert verify(mint.token(), keys, exercise, None, mint.now) == Refused(Refusal.UNCERTIFIED_KEY)


def test_a_key_that_the_root_certified_for_the_other_mode_is_refused(mint, judge):
    drilling = mint.signer("exercise", mint.live.root)
    assert judge(mint.token(signer=drilling), mint.keys(mint.live, drilling)) is Refusal.UNCERTIFIED_KEY


def test_a_certificate_counts_for_the_key_it_names_only(mint, judge):
    other = mint.signer("live", mint.live.root)
    keys = KeySet(mint.live.root, {mint.live.kid: other.certificates[0]})
    assert judge(mint.token(), keys) is Refusal.UNCERTIFIED_KEY


def test_a_key_set_of_another_root_than_the_displays_is_refused(mint):
    display = replace(mint.display(), root=fingerprint(new_key()))
    assert verify(mint.token(), mint.keys(), display, None, mint.now) == Refused(Refusal.UNCERTIFIED_KEY)


def test_a_key_past_its_date_is_refused(mint, judge):
    at = mint.live.not_after
    assert isinstance(judge(mint.token(), now=at - timedelta(seconds=1)), Board)
    assert judge(mint.token(), now=at) is Refusal.KEY_EXPIRED


def test_a_clock_that_fell_back_does_not_revive_an_expired_key(mint, judge):
    late = mint.payload(11, issued_at=mint.live.not_after)
    held = replace(mint.board(), payload=late)
    assert judge(mint.token(12), held=held, now=mint.now.replace(year=1970)) is Refusal.KEY_EXPIRED


def test_a_board_signed_after_its_keys_date_is_refused_whatever_the_clock_says(mint, judge):
    token = mint.forced(mint.live, issued_at=(mint.live.not_after + timedelta(days=1)).isoformat())
    assert judge(token) is Refusal.KEY_EXPIRED


def test_a_clock_of_1970_does_not_stop_a_display(mint, judge):
    assert isinstance(judge(mint.token(), now=mint.now.replace(year=1970)), Board)


def test_a_replaced_key_signs_no_more(mint, judge):
    new = mint.next_epoch()
    held = mint.board(1, new)
    assert judge(mint.token(MAX_SEQ), mint.keys(new), held) is Refusal.KEY_REPLACED


def test_a_stolen_key_that_runs_ahead_cannot_block_the_next_key(mint, judge):
    ahead = judge(mint.token(MAX_SEQ, issued_at=mint.live.not_after - timedelta(days=1)))
    assert isinstance(ahead, Board)
    assert judge(mint.token(11), held=ahead) is Refusal.OLDER
    new = mint.next_epoch()
    recovered = judge(mint.token(1, signer=new), mint.keys(new), ahead)
    assert isinstance(recovered, Board)
    assert recovered.payload.epoch == 2


def test_a_stolen_key_that_dates_a_board_ahead_cannot_make_the_next_key_look_expired(mint, judge):
    ahead = judge(mint.token(11, issued_at=mint.live.not_after - timedelta(days=1)))
    new = mint.signer("live", mint.live.root, epoch=2, not_after=mint.now + timedelta(days=30))
    assert isinstance(judge(mint.token(1, signer=new), mint.keys(new), ahead), Board)


def test_a_changed_board_does_not_pass(mint, judge):
    head, payload, signature = mint.token().split(".")
    other = mint.token(11).split(".")[1]
    assert judge(f"{head}.{other}.{signature}") is Refusal.BAD_SIGNATURE
    swapped = payload[:80] + payload[81] + payload[80] + payload[82:]
    assert payload != swapped
    assert judge(f"{head}.{swapped}.{signature}") is Refusal.BAD_SIGNATURE


def test_a_signature_over_something_else_does_not_pass_for_a_board(mint, judge):
    text = mint.payload().model_dump_json()
    assert judge(sign_text(text, "omroeper-report+json", mint.live.key)) is Refusal.BAD_SIGNATURE


def test_signed_text_that_is_no_board_is_malformed(mint, judge):
    for text in ("", "[]", "{}", "null", '{"seq":1}'):
        assert judge(sign_text(text, BOARD_TYP, mint.live.key)) is Refusal.MALFORMED
    assert judge(mint.forced(mint.live, seq=2**62)) is Refusal.MALFORMED


def test_a_live_key_does_not_put_an_exercise_on_a_live_display(mint, judge):
    notices = [json.loads(mint.notice(status="Exercise").model_dump_json())]
    assert judge(mint.forced(mint.live, notices=notices)) is Refusal.MALFORMED
    assert judge(mint.forced(mint.live, mode="exercise", notices=notices)) is Refusal.WRONG_MODE


def test_a_board_names_the_epoch_of_its_key(mint, judge):
    assert judge(mint.forced(mint.live, epoch=9)) is Refusal.WRONG_EPOCH


def test_a_board_of_another_point_is_refused(mint, judge):
    assert judge(mint.token(point="zuid")) is Refusal.WRONG_POINT


def test_a_higher_number_is_taken_and_a_lower_one_is_older(mint, judge):
    held = mint.board(10)
    assert isinstance(judge(mint.token(11), held=held), Board)
    assert judge(mint.token(9), held=held) is Refusal.OLDER


def test_the_same_number_is_the_same_board_or_a_conflict(mint, judge):
    held = mint.board(10)
    assert judge(mint.token(10), held=held) == Unchanged(held)
    assert judge(mint.token(10, journal_head="x"), held=held) is Refusal.CONFLICT


FAULTS = [
    ("kid", Refusal.UNKNOWN_KEY),
    ("signature", Refusal.BAD_SIGNATURE),
    ("mode", Refusal.WRONG_MODE),
    ("point", Refusal.WRONG_POINT),
    ("seq", Refusal.OLDER),
]


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_the_checks_come_in_the_order_of_the_design(mint, judge, first):
    """With several faults at once the earliest check speaks: nothing is read before it is trusted."""
    faults = {name for name, _ in FAULTS[first:]}
    changes = {"mode": "exercise", "notices": []} if "mode" in faults else {}
    changes |= {"point": "zuid"} if "point" in faults else {}
    changes |= {"seq": 1} if "seq" in faults else {}
    signer = mint.signer("live") if "kid" in faults else mint.live
    token = mint.forced(signer, **changes)
    if "signature" in faults:
        token = token.rsplit(".", 1)[0] + "." + mint.token(99).rsplit(".", 1)[1]
    assert judge(token, held=mint.board(10)) is FAULTS[first][1]


def test_the_pinned_root_is_looked_up_by_its_fingerprint(mint):
    content = key_set([mint.exercise, mint.live])
    assert fingerprint(root_of(content, fingerprint(mint.live.root)).root) == fingerprint(mint.live.root)
    assert root_of(content, fingerprint(new_key())) == Refused(Refusal.WRONG_ROOT)


def test_a_root_that_only_claims_the_fingerprint_is_not_it(mint):
    content = key_set([mint.live])
    content["roots"] = [content["roots"][0] | {"x": key_set([mint.exercise])["roots"][0]["x"]}]
    assert root_of(content, fingerprint(mint.live.root)) == Refused(Refusal.WRONG_ROOT)


@pytest.mark.parametrize("content", [None, [], {}, "x", 1, {"roots": 1}, {"roots": [1], "keys": []}, {"roots": [{}]}])
def test_a_key_set_of_another_shape_is_refused_whole(content):
    assert root_of(content, "x") == Refused(Refusal.MALFORMED)
    assert offered_root(content, Mode.LIVE) is None


def test_the_root_offered_is_that_of_the_mode(mint):
    content = key_set([mint.live, mint.exercise])
    assert offered_root(content, Mode.EXERCISE) == fingerprint(mint.exercise.root)


def test_every_refusal_has_a_sentence_of_its_own_that_says_what_to_do():
    sentences = [refusal.sentence for refusal in Refusal]
    assert len(set(sentences)) == len(Refusal)
    assert all(": " in sentence and sentence.endswith(".") for sentence in sentences)


def test_a_certificate_signed_by_an_online_key_certifies_nothing(mint, judge):
    """A stolen online key must not be able to name its own successor."""
    own = mint.signer("live", epoch=2)
    token = certify(Certificate("live", 2, own.key, own.not_after), mint.live.key)
    keys = KeySet(mint.live.root, {**mint.keys().certificates, unpack(mint.token(signer=own)).kid: token})
    assert judge(mint.token(signer=own), keys) is Refusal.UNCERTIFIED_KEY
