"""An authenticator in software: makes passkeys and signs with them as a telephone does, and can be told to lie.

phone = Authenticator()
made = phone.create(options, origin)         # what `navigator.credentials.create` gives, as JSON
signed = phone.get(options, origin)          # and `navigator.credentials.get`
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey. count: how often it says it signed; 0 for one that does not count."""

    count: int = 0
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any], origin: str, **lies: Any) -> str:
        """A new passkey for these options. lies: as of `get`."""
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # RFC 9053, section 7.1.1: ES256 on P-256
        own = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public
        about = self._about(options["rp"]["id"], _ATTESTED, lies) + own
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": about})
        said = _said("webauthn.create", options["challenge"], origin, lies)
        return self._json({"clientDataJSON": said, "attestationObject": attestation})

    def get(self, options: dict[str, Any], origin: str, **lies: Any) -> str:
        """A signature for these options. lies: `type`, `challenge` or `domain` instead of the real one,
        `verified=False`, `present=False`, or another `key`."""
        if self.count:
            self.count += 1
        about = self._about(options["rpId"], 0, lies)
        said = _said("webauthn.get", options["challenge"], origin, lies)
        signed = about + hashlib.sha256(said).digest()
        signature = lies.get("key", self.key).sign(signed, ec.ECDSA(SHA256()))
        return self._json({"clientDataJSON": said, "authenticatorData": about, "signature": signature})

    def _about(self, domain: str, flags: int, lies: dict[str, Any]) -> bytes:
        flags |= (_PRESENT if lies.get("present", True) else 0) | (_VERIFIED if lies.get("verified", True) else 0)
        hashed = hashlib.sha256(lies.get("domain", domain).encode()).digest()
        return hashed + bytes([flags]) + self.count.to_bytes(4, "big")

    def _json(self, response: dict[str, bytes]) -> str:
        named = bytes_to_base64url(self.credential_id)
        whole = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": whole})


def _said(kind: str, challenge: str, origin: str, lies: dict[str, Any]) -> bytes:
    said = {"type": lies.get("type", kind), "challenge": lies.get("challenge", challenge), "origin": origin}
    return json.dumps(said | {"crossOrigin": False}).encode()


def signed_with(public_key: str, evidence: dict[str, str]) -> bytes:
    """The challenge that a passkey signed, from what the journal kept alone; InvalidSignature when it did not."""
    from webauthn.helpers import decode_credential_public_key
    from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography

    said = base64url_to_bytes(evidence["clientDataJSON"])
    signed = base64url_to_bytes(evidence["authenticatorData"]) + hashlib.sha256(said).digest()
    key = decoded_public_key_to_cryptography(decode_credential_public_key(base64url_to_bytes(public_key)))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(base64url_to_bytes(evidence["signature"]), signed, ec.ECDSA(SHA256()))
    return base64url_to_bytes(json.loads(said)["challenge"])
