"""Ed25519 signatures as compact JWS (RFC 7515), `alg` fully specified as "Ed25519" (RFC 9864).

joserfc registers that name beside the older, ambiguous "EdDSA" and calls neither recommended, so
each call names it: https://jose.authlib.org/en/guide/algorithms/#json-web-signature
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

ALGORITHM: Final = "Ed25519"
SigningKey = OKPKey


class SignatureError(ValueError):
    """Not a compact JWS of the expected type, or not signed by this key."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What a compact JWS claims before anything is checked."""

    kid: str
    typ: str
    signed: jws.CompactSignature


def new_key() -> OKPKey:
    """A new Ed25519 key pair."""
    return OKPKey.generate_key(ALGORITHM)


def public_key(members: Mapping[str, Any]) -> OKPKey:
    """The Ed25519 public key in the members of a JWK (RFC 8037), whatever else they hold."""
    if members.get("kty") != "OKP" or members.get("crv") != ALGORITHM or not isinstance(members.get("x"), str):
        raise SignatureError("not an Ed25519 public key")
    try:
        key = OKPKey.import_key({"kty": "OKP", "crv": ALGORITHM, "x": members["x"]})
        key.public_key  # noqa: B018  # imported lazily: a wrong length shows only here
    except (JoseError, ValueError) as error:
        raise SignatureError("not an Ed25519 public key") from error
    return key


def fingerprint(key: OKPKey) -> str:
    """The JWK thumbprint (RFC 7638) of the public half: 43 characters, also its `kid`."""
    return key.thumbprint()


def sign_text(text: str, typ: str, key: OKPKey) -> str:
    """A compact JWS over exactly `text`, with `kid` and `typ` in its header."""
    header = {"alg": ALGORITHM, "kid": fingerprint(key), "typ": typ}
    return jws.serialize_compact(header, text, key, algorithms=[ALGORITHM])


def unpack(token: str) -> Unsigned:
    """The parts of a compact JWS, unchecked; SignatureError when it is none.

    joserfc refuses every spelling of base 64 but one, so that equal boards are equal bytes: a
    signature does not cover its own spelling.
    """
    try:
        signed = jws.extract_compact(token.encode("ascii"))
        header: Any = signed.headers()
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SignatureError("not a compact JWS") from error
    # Exactly what we write, nothing to interpret: no other algorithm, no key brought along, no `crit`.
    if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"} or header["alg"] != ALGORITHM:
        raise SignatureError("not a JWS of ours")
    return Unsigned(str(header["kid"]), str(header["typ"]), signed)


def verified_text(token: str | Unsigned, typ: str, key: OKPKey) -> str:
    """The signed text, when `key` signed it as `typ`; else SignatureError."""
    claim = unpack(token) if isinstance(token, str) else token
    if claim.typ != typ:
        raise SignatureError(f"not of type {typ}")
    try:
        if not jws.validate_compact(claim.signed, key, algorithms=[ALGORITHM]):
            raise SignatureError("the signature does not fit")
        return claim.signed.payload.decode()
    except (JoseError, UnicodeDecodeError) as error:
        raise SignatureError("the signature does not fit") from error
