"""TLS on a network without an internet: an authority of this relay's own, and one certificate, for its names alone.

A display's browser keeps a page for when the line is gone only over https or on the box itself. The authority signs
once and its key is thrown away; it can vouch for nothing but the names it was made for (RFC 5280 section 4.2.1.10), so
who trusts it risks nothing. Both are valid from 1970 on: a display whose clock fell back must still come in.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broadcaster.boards.ratchet import write_durably

AUTHORITY, CERTIFICATE, KEY = "authority.pem", "tls.pem", "tls.key"
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_FROM = datetime(1970, 1, 1, tzinfo=UTC)
UNTIL = datetime(2049, 12, 31, tzinfo=UTC)  # the last year that every reader takes for what it is (RFC 5280, 4.1.2.5)


def make(folder: Path, label: str, names: Sequence[str], until: datetime = UNTIL) -> str:
    """Make the authority and the certificate for these names and addresses, in place of earlier ones; the authority's
    SHA-256 fingerprint. ValueError when a name is none."""
    subjects = [_subject(name) for name in names]
    if not subjects:
        raise ValueError("names no name or address")
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Omroeper: {label}"[:64])])
    root = _authority(root_name, root_key, subjects, until)
    own = _certificate(root_name, root_key, key, subjects, until)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    write_durably(folder / KEY, private)
    write_durably(folder / CERTIFICATE, own.public_bytes(Encoding.PEM).decode())
    write_durably(folder / AUTHORITY, root.public_bytes(Encoding.PEM).decode())
    return root.fingerprint(SHA256()).hex(":").upper()


def _subject(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"'{name}' is no name and no address")
    return x509.DNSName(name.lower())


def _permitted(subject: x509.GeneralName) -> x509.GeneralName:
    """The subject as a constraint: an address as a network of one."""
    value = subject.value
    if isinstance(value, IPv4Address | IPv6Address):
        return x509.IPAddress(ip_network(value))
    return subject


def _authority(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, subjects: Sequence[x509.GeneralName], until: datetime
) -> x509.Certificate:
    permitted = [_permitted(subject) for subject in subjects]
    return (
        _dated(name, name, key.public_key(), until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, _excluded(subjects)), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _excluded(subjects: Sequence[x509.GeneralName]) -> list[x509.GeneralName] | None:
    """A kind of name that none is permitted of would else be free (RFC 5280 section 4.2.1.10)."""
    kinds = {type(subject) for subject in subjects}
    none: list[x509.GeneralName] = []
    if x509.IPAddress not in kinds:
        none += [x509.IPAddress(ip_network("0.0.0.0/0")), x509.IPAddress(ip_network("::/0"))]
    if x509.DNSName not in kinds:
        none.append(x509.DNSName(""))
    return none or None


def _certificate(
    issuer: x509.Name,
    root_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    subjects: Sequence[x509.GeneralName],
    until: datetime,
) -> x509.Certificate:
    # No common name: what looks like a name there is held against the constraints, and an address has none to match.
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Omroeper")])
    return (
        _dated(name, issuer, key.public_key(), until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )


def _dated(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, until: datetime
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return made.serial_number(x509.random_serial_number()).not_valid_before(_FROM).not_valid_after(until)


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
