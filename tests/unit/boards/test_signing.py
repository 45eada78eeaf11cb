import base64
import json

import pytest
from cryptography import x509
from joserfc import jws
from joserfc.jwk import KeySet

from broadcaster.boards.signing import key_set, sign
from broadcaster.boards.verifying import Board, root_of, verify
from broadcaster.seal import create_keys, fingerprint, load_signer, public_key, read_certificate, rotate_signer
from broadcaster.seal.cap_key import new_cap_key, read_cap_key
from tests.mint import NOW


def test_a_board_names_its_algorithm_its_key_and_its_type(mint):
    header = json.loads(base64.urlsafe_b64decode(mint.token().split(".")[0] + "=="))
    assert header == {"alg": "Ed25519", "kid": mint.live.kid, "typ": "omroeper-board+json"}


def test_what_is_signed_is_the_payload_of_the_contract(mint):
    content = json.loads(base64.urlsafe_b64decode(mint.token().split(".")[1] + "=="))
    assert {"mode", "point", "seq", "issued_at", "not_after", "notices"} <= set(content)
    assert content["notices"][0]["languages"]["nl"]["headline"] == "Stroomuitval"


def test_any_reader_of_jwk_sets_checks_a_board_with_ours(mint):
    keys = KeySet.import_key_set(json.loads(json.dumps(key_set([mint.live, mint.exercise]))))
    assert jws.deserialize_compact(mint.token(), keys, algorithms=["Ed25519"]).payload


def test_the_roots_are_not_among_the_keys_that_sign_boards(mint):
    content = key_set([mint.live, mint.exercise])
    roots = {fingerprint(mint.live.root), fingerprint(mint.exercise.root)}
    assert {member["kid"] for member in content["roots"]} == roots
    assert not roots & {member["kid"] for member in content["keys"]}


def test_the_key_set_holds_no_private_member(mint):
    assert '"d"' not in json.dumps(key_set([mint.live, mint.exercise]))


def test_the_keys_of_cap_documents_stand_apart_and_a_display_passes_them_by(mint):
    cap = read_cap_key("live", new_cap_key("live", NOW))
    content = json.loads(json.dumps(key_set([mint.live, mint.exercise], [cap])))
    assert [member["kid"] for member in content["cap"]] == [cap.jwk["kid"]]
    assert content | {"cap": []} == key_set([mint.live, mint.exercise])
    [certificate] = content["cap"][0]["x5c"]
    assert x509.load_der_x509_certificate(base64.b64decode(certificate)) == cap.certificate
    found = root_of(content, fingerprint(mint.live.root))
    assert isinstance(verify(mint.token(), found, mint.display(), None, NOW), Board)


def test_each_key_comes_with_its_roots_certificate(mint):
    content = key_set([mint.live, mint.exercise])
    roots = {member["mode"]: public_key(member) for member in content["roots"]}
    for member in content["keys"]:
        certificate = read_certificate(member["certificate"], roots[member["mode"]])
        assert (certificate.kid, certificate.mode, certificate.epoch) == (member["kid"], member["mode"], 1)


def test_after_a_rotation_both_keys_are_published_the_new_one_first(tmp_path):
    folder = tmp_path / "keys"
    create_keys(folder)
    old = load_signer(folder, "live")
    new = rotate_signer(folder, "live", folder / "live.root.offline.json")
    assert [(m["kid"], m["epoch"]) for m in key_set([new])["keys"]] == [(new.kid, 2), (old.kid, 1)]


def test_a_signer_signs_its_own_mode_and_epoch_only(mint):
    for payload in (mint.payload(signer=mint.exercise), mint.payload(epoch=2)):
        with pytest.raises(ValueError, match="not for this key"):
            sign(payload, mint.live)
