"""The keys folder beside the configuration: made once, read at start, and what goes offline.

- `seal.key`: the key of the sealed texts (base 64); without it no address is readable
- `live.signing.json`: the online key for live boards, its root's public half, its certificates
- `live.root.offline.json`: the root's private key; nothing at run time reads it, store it elsewhere
- `live.cap.pem`: the key that signs CAP documents, with its certificate
- `exercise.…`: the same for exercises, under a root of their own
"""

import base64
import json
import os
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError

from broadcaster.clock import SystemClock
from broadcaster.seal.cap_key import CapSigner, new_cap_key, read_cap_key
from broadcaster.seal.certificate import MODES, Certificate, certify, read_certificate
from broadcaster.seal.sealing import KEY_BYTES, Seal
from broadcaster.seal.signature import SignatureError, SigningKey, fingerprint, new_key, public_key

KEY_LIFE_IN = timedelta(days=400)
"""How long an online key is certified: the yearly exercise renews it, with a month to spare. Shorter
would blank the displays of a region that forgot; a stolen key is answered by a new epoch, not by waiting."""


class KeysError(Exception):
    """The keys folder cannot be made or read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class BoardSigner:
    """Signs the boards of one mode. `certificates` are the root's words, this key's first."""

    mode: str
    epoch: int
    kid: str
    not_after: datetime
    key: SigningKey = field(repr=False)
    root: SigningKey = field(repr=False)
    certificates: tuple[str, ...] = field(repr=False)


def create_keys(folder: Path, now: datetime | None = None) -> dict[str, str]:
    """Make the whole folder, or nothing; the roots' fingerprints by mode. Refuses to overwrite."""
    if folder.exists() and any(folder.iterdir()):
        raise KeysError(f"{folder} holds keys already: choose another folder, or move it away first.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".keys-"))  # mode 0700
    _write(made / "seal.key", base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode())
    now = now or SystemClock().now()
    roots = {mode: _create_signer(made, mode, now + KEY_LIFE_IN) for mode in MODES}
    for mode in MODES:
        _write(_cap_file(made, mode), new_cap_key(mode, now).strip())
    _sync(made)
    made.rename(folder)  # onto nothing or an empty folder (rename(2)): never a half-made one
    _sync(folder.parent)
    return roots


def _create_signer(folder: Path, mode: str, until: datetime) -> str:
    root = new_key()
    _write(_root_file(folder, mode), json.dumps(root.as_dict(private=True)))
    _write(_signing_file(folder, mode), _new_epoch(mode, 1, until, root, []))
    return fingerprint(root)


def _new_epoch(mode: str, epoch: int, until: datetime, root: SigningKey, earlier: list[str]) -> str:
    key = new_key()
    content = {
        "root": root.as_dict(private=False),
        "key": key.as_dict(private=True),
        "certificates": [certify(Certificate(mode, epoch, key, until), root), *earlier],
    }
    return json.dumps(content, indent=1)


def rotate_signer(folder: Path, mode: str, root_file: Path, now: datetime | None = None) -> BoardSigner:
    """Replace the online key by one of the next epoch, with the root brought back from where it is kept."""
    old = load_signer(folder, mode)
    root = _key(_read_json(root_file), root_file)
    if not root.is_private or fingerprint(root) != fingerprint(old.root):
        raise KeysError(f"{root_file} is not the private root key of the {mode} boards: bring the right file.")
    until = (now or SystemClock().now()) + KEY_LIFE_IN
    fresh = folder / f".{mode}.signing.new"
    fresh.unlink(missing_ok=True)
    _write(fresh, _new_epoch(mode, old.epoch + 1, until, root, list(old.certificates)))
    fresh.replace(_signing_file(folder, mode))
    _sync(folder)
    return load_signer(folder, mode)


def load_seal(folder: Path) -> Seal:
    """The seal of this installation."""
    file = folder / "seal.key"
    try:
        return Seal(base64.urlsafe_b64decode(_read(file)))
    except ValueError:
        raise KeysError(f"{file} is damaged: restore it from the backup.") from None


def load_signer(folder: Path, mode: str) -> BoardSigner:
    """The online signer of `mode`, after checking that its root really certified it."""
    file = _signing_file(folder, mode)
    content = _read_json(file)
    try:
        root, key = public_key(content["root"]), _key(content["key"], file)
        certificates = tuple(content["certificates"])
        own = read_certificate(certificates[0], root)
    except (KeyError, IndexError, TypeError, AttributeError, SignatureError):
        raise KeysError(f"{file} is damaged: restore it from the backup.") from None
    if not key.is_private or own.kid != fingerprint(key) or own.mode != mode:
        raise KeysError(f"{file} holds a key that its root did not certify for {mode}: restore it from the backup.")
    return BoardSigner(mode, own.epoch, own.kid, own.not_after, key, root, certificates)


def load_cap_signer(folder: Path, mode: str) -> CapSigner:
    """The signer of the CAP documents of `mode`."""
    file = _cap_file(folder, mode)
    try:
        return read_cap_key(mode, _read(file))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeysError(f"{file} holds no usable key: restore it from the backup.") from None


def _cap_file(folder: Path, mode: str) -> Path:
    return folder / f"{mode}.cap.pem"


def _root_file(folder: Path, mode: str) -> Path:
    return folder / f"{mode}.root.offline.json"


def _signing_file(folder: Path, mode: str) -> Path:
    return folder / f"{mode}.signing.json"


def _key(members: dict[str, Any], file: Path) -> SigningKey:
    try:
        return SigningKey.import_key(members)
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeysError(f"{file} holds no usable key: restore it from the backup.") from None


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        raise KeysError(f"{file} is missing: make the keys with 'omroeper init', or restore them.") from None
    except (OSError, UnicodeDecodeError):
        raise KeysError(f"{file} cannot be read: check its owner and rights.") from None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(_read(file))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise KeysError(f"{file} is damaged: restore it from the backup.")
    return content


def _write(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text + "\n")
        opened.flush()
        os.fsync(opened.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
