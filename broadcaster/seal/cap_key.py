"""The key of CAP documents: ECDSA on P-256, under a certificate that it signed itself.

CAP's readers know X.509 and not our boards' roots, so this key stands beside those of the boards: who trusts it keeps
a copy of its certificate, and compares.
"""

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

LIFE_IN = timedelta(days=3650)
"""Readers keep a copy of the certificate, so it outlives the keys of boards."""
_LEEWAY_IN = timedelta(days=1)  # a reader's clock may be behind


@dataclass(frozen=True, slots=True)
class CapSigner:
    """Signs the CAP documents of one mode ("live" or "exercise")."""

    mode: str
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as a JWK (RFC 7517, RFC 7518 section 6.2) with its certificate (`x5c`)."""
        key = ECKey.import_key(self.certificate.public_key())  # type: ignore[arg-type]
        members = key.as_dict(private=False)
        return {
            **{name: members[name] for name in ("kty", "crv", "x", "y")},
            "kid": key.thumbprint(),
            "use": "sig",
            "alg": "ES256",
            "mode": self.mode,
            "not_after": self.certificate.not_valid_after_utc.isoformat(),
            "x5c": [base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()],
        }


def new_cap_key(mode: str, now: datetime) -> str:
    """A new key and its certificate, both in one PEM text."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"omroeper CAP {mode}")])
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LEEWAY_IN)
        .not_valid_after(now + LIFE_IN)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + certificate.public_bytes(Encoding.PEM)).decode()


def read_cap_key(mode: str, pem: str) -> CapSigner:
    """The signer in a PEM text; ValueError when it holds no such key, or another one's certificate."""
    key = load_pem_private_key(pem.encode(), password=None)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a key on P-256")  # noqa: TRY004 - what is wrong is the file
    if certificate.public_key() != key.public_key():
        raise ValueError("the certificate is of another key")
    return CapSigner(mode, certificate, key)
