"""The keys of CAP documents: one a mode, made with the others, useless when damaged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadcaster.seal import MODES, KeysError, create_keys, load_cap_signer

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def test_each_mode_has_a_key_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", NOW)
    signers = [load_cap_signer(tmp_path / "keys", mode) for mode in MODES]
    assert len({signer.jwk["kid"] for signer in signers}) == 2
    assert [signer.certificate.subject.rfc4514_string() for signer in signers] == [
        "CN=omroeper CAP live",
        "CN=omroeper CAP exercise",
    ]
    for mode in MODES:
        assert (tmp_path / "keys" / f"{mode}.cap.pem").stat().st_mode & 0o077 == 0
    assert all("PRIVATE" not in f"{signer!r} {signer.jwk}" and "d" not in signer.jwk for signer in signers)


def test_a_key_that_is_missing_damaged_or_of_another_certificate_is_named(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", NOW)
    live, exercise = (tmp_path / "keys" / f"{mode}.cap.pem" for mode in MODES)
    whole, other = live.read_text(), exercise.read_text()
    mixed = whole.partition("-----BEGIN CERT")[0] + "-----BEGIN CERT" + other.partition("-----BEGIN CERT")[2]
    for damaged in ("", "x", whole[: len(whole) // 2], mixed):
        live.write_text(damaged)
        with pytest.raises(KeysError, match=r"live\.cap\.pem"):
            load_cap_signer(tmp_path / "keys", "live")
    live.unlink()
    with pytest.raises(KeysError, match="missing"):
        load_cap_signer(tmp_path / "keys", "live")
