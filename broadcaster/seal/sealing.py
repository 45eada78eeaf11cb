"""Texts about people, unreadable in the database: sealed with AES-GCM, found by a keyed hash."""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
MARK_BYTES = 16
# 96 random bits per text: NIST SP 800-38D section 8.3 allows 2**32 texts under one key so chosen.
_NONCE_BYTES = 12
_TAG_BYTES = 16


class SealError(ValueError):
    """The blob was not sealed here, or not in this context."""


def _sub_key(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"omroeper/" + purpose).derive(key)


class Seal:
    """Seals and opens texts under one key; safe to share between threads.

    `context` says what the text is ("sms", "name", "inbound"): a blob copied to another column does
    not open there, and equal texts in two contexts have different marks.
    """

    __slots__ = ("_cipher", "_hash")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise SealError(f"The seal key must be {KEY_BYTES} bytes.")
        self._cipher = AESGCM(_sub_key(key, b"seal"))
        # BLAKE2b with a key (RFC 7693 section 2.9) is a MAC, at a third of the cost of HMAC.
        self._hash = hashlib.blake2b(key=_sub_key(key, b"mark"), digest_size=MARK_BYTES)

    def __repr__(self) -> str:
        return "Seal()"

    def seal(self, text: str, context: str) -> bytes:
        """The nonce, the ciphertext and the tag as one blob; sealing the same text twice gives two different blobs."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), context.encode())

    def open(self, blob: bytes, context: str) -> str:
        """The sealed text; SealError when it was not sealed by this key in this context."""
        if len(blob) < _NONCE_BYTES + _TAG_BYTES:
            raise SealError("This was not sealed here: it is too short.")
        try:
            return self._cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], context.encode()).decode()
        except InvalidTag:
            raise SealError("This was not sealed with this key in this context.") from None

    def mark(self, text: str, context: str) -> bytes:
        """A keyed hash of `text`, 16 bytes: equal for equal texts, useless without the key."""
        # The length in front keeps ("a", "bc") and ("ab", "c") apart.
        named = context.encode()
        keyed = self._hash.copy()
        keyed.update(len(named).to_bytes(4, "big") + named + text.encode())
        return keyed.digest()
