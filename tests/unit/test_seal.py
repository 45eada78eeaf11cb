import base64
import json
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.seal import (
    MODES,
    BoardSigner,
    Certificate,
    KeysError,
    Seal,
    SealError,
    SignatureError,
    certify,
    create_keys,
    fingerprint,
    load_seal,
    load_signer,
    new_key,
    public_key,
    read_certificate,
    rotate_signer,
    sign_text,
    verified_text,
)

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
KEY = bytes(range(32))
NUMBER = "+31612345678"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.fixture
def folder(tmp_path):
    create_keys(tmp_path / "keys", NOW)
    return tmp_path / "keys"


@given(TEXTS, TEXTS)
def test_a_sealed_text_opens_to_itself(text, context):
    seal = Seal(KEY)
    assert seal.open(seal.seal(text, context), context) == text


def test_the_sealed_bytes_do_not_contain_the_text():
    blob = Seal(KEY).seal(NUMBER, "sms")
    assert NUMBER.encode() not in blob
    assert len(blob) == 12 + len(NUMBER) + 16


def test_sealing_twice_gives_two_blobs():
    seal = Seal(KEY)
    assert seal.seal(NUMBER, "sms") != seal.seal(NUMBER, "sms")


def test_a_blob_opens_only_in_the_context_it_was_sealed_for():
    seal = Seal(KEY)
    with pytest.raises(SealError):
        seal.open(seal.seal(NUMBER, "sms"), "name")


def test_a_blob_opens_only_under_the_key_it_was_sealed_with():
    with pytest.raises(SealError):
        Seal(bytes(32)).open(Seal(KEY).seal(NUMBER, "sms"), "sms")


def test_every_changed_bit_of_a_blob_is_noticed():
    seal = Seal(KEY)
    blob = seal.seal("+31", "sms")
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            seal.open(bytes(changed), "sms")


@given(st.binary(max_size=80))
def test_foreign_bytes_are_refused_whatever_their_length(blob):
    with pytest.raises(SealError):
        Seal(KEY).open(blob, "sms")


def test_a_key_of_another_length_is_refused():
    with pytest.raises(SealError):
        Seal(b"short")


def test_a_mark_is_the_same_for_the_same_text_context_and_key_only():
    seal = Seal(KEY)
    mark = seal.mark(NUMBER, "sms")
    assert mark == Seal(KEY).mark(NUMBER, "sms")
    assert len(mark) == 16
    others = {seal.mark(NUMBER, "name"), seal.mark("+31612345679", "sms"), Seal(bytes(32)).mark(NUMBER, "sms")}
    assert mark not in others


def test_the_border_between_context_and_text_is_part_of_the_mark():
    seal = Seal(KEY)
    assert seal.mark("bc", "a") != seal.mark("c", "ab")


def test_sealing_and_marking_use_different_keys():
    seal = Seal(KEY)
    opened = Seal(seal.mark("x", "y") * 2)  # what marks reveal is no key to what is sealed
    with pytest.raises(SealError):
        opened.open(seal.seal("x", "y"), "y")


def test_a_seal_serves_many_threads():
    seal, wrong = Seal(KEY), []

    def work(n):
        for i in range(300):
            text = f"{n}-{i}"
            if seal.open(seal.seal(text, "sms"), "sms") != text or seal.mark(text, "s") != Seal(KEY).mark(text, "s"):
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def secrets_of(folder):
    """Every private value in the folder, as it would show up in a log."""
    for file in folder.iterdir():
        if file.suffix == ".json":
            content = json.loads(file.read_text())
            yield content.get("d") or content["key"]["d"]
        else:
            yield file.read_text().strip()


def test_no_repr_shows_a_secret(folder):
    shown = [load_seal(folder), *(load_signer(folder, mode) for mode in MODES)]
    shown += [load_signer(folder, mode).key for mode in MODES]
    text = " ".join(f"{thing!r} {thing!s}" for thing in shown)
    assert not [secret for secret in secrets_of(folder) if secret in text]
    assert repr(KEY)[2:-1] not in repr(Seal(KEY))


def test_keys_are_for_their_owner_alone(folder):
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_existing_keys_are_never_overwritten(folder):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(KeysError, match="holds keys already"):
        create_keys(folder, NOW)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_refused_creation_leaves_nothing_behind(folder):
    with pytest.raises(KeysError):
        create_keys(folder, NOW)
    assert [entry.name for entry in folder.parent.iterdir()] == ["keys"]


def test_the_seal_is_the_same_after_a_restart(folder):
    assert load_seal(folder).open(load_seal(folder).seal(NUMBER, "sms"), "sms") == NUMBER


def test_live_and_exercise_have_roots_and_keys_of_their_own(tmp_path):
    roots = create_keys(tmp_path / "keys", NOW)
    live, exercise = (load_signer(tmp_path / "keys", mode) for mode in MODES)
    assert roots == {"live": fingerprint(live.root), "exercise": fingerprint(exercise.root)}
    assert len({live.kid, exercise.kid, *roots.values()}) == 4
    with pytest.raises(SignatureError):
        read_certificate(exercise.certificates[0], live.root)


def test_a_new_signer_is_of_epoch_one_and_certified_by_its_root(folder):
    signer = load_signer(folder, "live")
    certificate = read_certificate(signer.certificates[0], signer.root)
    assert (certificate.mode, certificate.epoch, certificate.kid) == ("live", 1, signer.kid)
    assert certificate.not_after == NOW + timedelta(days=400)
    assert not certificate.key.is_private


def test_nothing_at_run_time_needs_the_private_root(folder):
    for mode in MODES:
        (folder / f"{mode}.root.offline.json").unlink()
        signer = load_signer(folder, mode)
        assert isinstance(signer, BoardSigner)
        assert not signer.root.is_private


def test_the_root_brought_back_certifies_the_next_epoch(folder):
    old = load_signer(folder, "live")
    new = rotate_signer(folder, "live", folder / "live.root.offline.json", NOW)
    assert (new.epoch, new.kid != old.kid) == (2, True)
    assert new.certificates[1:] == old.certificates
    assert load_signer(folder, "live").kid == new.kid
    assert stat.S_IMODE((folder / "live.signing.json").stat().st_mode) == 0o600


def test_only_the_root_of_the_mode_certifies_the_next_epoch(folder):
    with pytest.raises(KeysError, match="not the private root key"):
        rotate_signer(folder, "live", folder / "exercise.root.offline.json", NOW)
    with pytest.raises(KeysError):
        rotate_signer(folder, "live", folder / "seal.key", NOW)


def test_missing_and_damaged_keys_are_named_and_never_quoted(folder):
    secrets = list(secrets_of(folder))
    for name, load in (("seal.key", load_seal), ("live.signing.json", lambda where: load_signer(where, "live"))):
        whole = (folder / name).read_text()
        for left in ("", whole[:20], whole[:-30] + "}", "[]", "{}"):
            (folder / name).write_text(left)
            with pytest.raises(KeysError, match=name) as caught:
                load(folder)
            assert not [secret for secret in secrets if secret in str(caught.value)]
        (folder / name).unlink()
        with pytest.raises(KeysError, match="missing"):
            load(folder)


def test_a_key_its_root_did_not_certify_does_not_load(folder):
    file = folder / "live.signing.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"key": new_key().as_dict(private=True)}))
    with pytest.raises(KeysError, match="did not certify"):
        load_signer(folder, "live")


def test_the_key_of_one_mode_does_not_load_as_the_other(folder):
    (folder / "live.signing.json").write_text((folder / "exercise.signing.json").read_text())
    with pytest.raises(KeysError, match="did not certify for live"):
        load_signer(folder, "live")


def test_a_signature_names_its_algorithm_in_full():
    token = sign_text("text", "note", new_key())
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header["alg"] == "Ed25519"
    assert set(header) == {"alg", "kid", "typ"}


def test_a_signature_counts_for_its_type_and_its_key_only():
    key = new_key()
    token = sign_text("text", "note", key)
    assert verified_text(token, "note", key) == "text"
    for typ, other in (("board", key), ("note", new_key())):
        with pytest.raises(SignatureError):
            verified_text(token, typ, other)


def test_a_signature_has_one_spelling():
    key = new_key()
    token = sign_text("text", "note", key)
    head, text, signature = token.split(".")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = [signature[:-1] + letter for letter in letters] + [signature + "==", signature + "\n", " " + signature]
    decoded_alike = [twin for twin in twins if f"{head}.{text}.{twin}" != token]
    assert len(decoded_alike) >= 63 + 3
    for twin in decoded_alike:
        with pytest.raises(SignatureError):
            verified_text(f"{head}.{text}.{twin}", "note", key)


def test_a_certificate_is_not_accepted_from_a_key_that_signs_boards():
    key = new_key()
    own = certify(Certificate("live", 9, new_key(), NOW), key)
    with pytest.raises(SignatureError):
        read_certificate(own, new_key())
    with pytest.raises(SignatureError):
        read_certificate(sign_text(verified_text(own, "omroeper-key+json", key), "omroeper-board+json", key), key)


WRONG_MEMBERS = [
    {"mode": 1},
    {"mode": "drill"},
    {"kid": "x"},
    {"epoch": "1"},
    {"epoch": True},
    {"epoch": 0},
    {"not_after": "2026-03-01T03:00"},
    {"not_after": "ooit"},
    {"jwk": None},
    {"jwk": {}},
    {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}},
]


@pytest.mark.parametrize("change", WRONG_MEMBERS)
def test_a_certificate_with_a_wrong_member_is_none(change):
    root = new_key()
    whole = json.loads(verified_text(certify(Certificate("live", 1, new_key(), NOW), root), "omroeper-key+json", root))
    with pytest.raises(SignatureError, match="not a"):
        read_certificate(sign_text(json.dumps(whole | change), "omroeper-key+json", root), root)


@pytest.mark.parametrize("jwk", [{}, {"kty": "RSA"}, {"kty": "OKP", "crv": "X25519", "x": "AAAA"}, {"x": 3}])
def test_only_an_ed25519_key_is_a_public_key(jwk):
    with pytest.raises(SignatureError):
        public_key(jwk)


@given(TEXTS)
def test_text_that_is_no_signature_is_refused(text):
    with pytest.raises(SignatureError):
        verified_text(text, "note", new_key())


STRANGE = [None, True, 1, 10**30, "", "none", "EdDSA", "HS256", [], ["Ed25519"], ["b64"], {}, {"kty": "OKP"}, "\ud800"]


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c"]), st.sampled_from(STRANGE)
    ),
    st.sampled_from(["", "{}", "!", "é"]),
)
def test_a_header_that_is_not_ours_is_refused_whatever_it_holds(change, text):
    key = new_key()
    _, payload, signature = sign_text("text", "note", key).split(".")
    header = {"alg": "Ed25519", "kid": fingerprint(key), "typ": "note"} | change
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    for token in (f"{head}.{payload}.{signature}", f"{head}.{text}.{signature}", f"{head}.{payload}."):
        with pytest.raises(SignatureError):
            verified_text(token, "note", key)


@given(st.sampled_from([None, 1, "x", [], ["alg"], [[]], {}, {"alg": {}}]))
def test_a_header_that_is_no_object_is_refused(header):
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    with pytest.raises(SignatureError):
        verified_text(f"{head}.e30.e30", "note", new_key())
