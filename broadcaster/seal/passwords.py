"""Passwords as they are kept: Argon2id, by default with the parameters of RFC 9106's second choice."""

import base64
import secrets
import unicodedata

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12


class Passwords:
    """Stores and compares passwords. Each takes about a tenth of a second and 64 MiB, which a thief pays too."""

    def __init__(self, parameters: argon2.Parameters = argon2.profiles.RFC_9106_LOW_MEMORY) -> None:
        self._hasher = argon2.PasswordHasher.from_parameters(parameters)
        self.nobodys = _made_up(parameters)

    def hashed(self, password: str) -> str:
        """What is stored of a password."""
        return self._hasher.hash(_same(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether this is the password. It takes as long when nothing is `stored`: then no password is."""
        try:
            self._hasher.verify(stored or self.nobodys, _same(password))
            return stored is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether it was stored with other parameters than these."""
        return self._hasher.check_needs_rehash(stored)


def _same(password: str) -> str:
    """One form for what looks alike and is typed on another keyboard (NIST SP 800-63B, section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _made_up(parameters: argon2.Parameters) -> str:
    """What a stored password looks like: it is nobody's, and comparing with it costs the same."""
    sizes = (parameters.salt_len, parameters.hash_len)
    salt, tag = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in sizes)
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${salt}${tag}"
