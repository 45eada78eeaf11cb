"""Passkeys (Web Authentication level 3): what a browser is asked to make and to sign, and whether it did.

The user is verified each time, by a finger, a face or a PIN; the origin and the domain are those of the public address.
Attestation is not asked for: which make of key somebody has is no business of ours.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

MOST = 16_384
"""Characters of what a browser sends for one passkey; the largest that are known take a third."""
_IN_MILLISECONDS = 120_000


class PasskeyError(ValueError):
    """What the browser sent was not made or signed by a passkey of this site, for this challenge."""


@dataclass(frozen=True, slots=True)
class Site:
    """Whom passkeys are made for: the domain, the origin of the pages, and its name for people."""

    domain: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made. public_key: COSE (RFC 9052)."""

    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int


def challenge(nonce: str, about: str) -> bytes:
    """What is to be signed: random bits, and what it is about, so that the signature is for nothing else."""
    return hashlib.sha256(f"omroeper\n{about}\n{nonce}".encode()).digest()


def creation_options(site: Site, person_id: str, name: str, wanted: bytes, known: Iterable[bytes]) -> dict[str, Any]:
    """What the browser needs for `navigator.credentials.create`, as JSON. known: credentials that the person has."""
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=site.name,
        user_id=person_id.encode(),
        user_name=name,
        challenge=wanted,
        timeout=_IN_MILLISECONDS,
        exclude_credentials=_described(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return _plain(webauthn.options_to_json(options))


def request_options(site: Site, wanted: bytes, known: Iterable[bytes] = ()) -> dict[str, Any]:
    """What the browser needs for `navigator.credentials.get`, as JSON. known: which will do; none named is any."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain,
        challenge=wanted,
        timeout=_IN_MILLISECONDS,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _plain(webauthn.options_to_json(options))


def _described(known: Iterable[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in known]


def _plain(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def made(site: Site, credential: str, wanted: bytes) -> NewPasskey:
    """The passkey that a browser made. PasskeyError when it is none for us."""
    try:
        found = webauthn.verify_registration_response(
            credential=_json(credential),
            expected_challenge=wanted,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise PasskeyError("This is no new passkey for this site.") from error
    return NewPasskey(found.credential_id, found.credential_public_key, found.sign_count)


def credential_id(credential: str) -> bytes:
    """Which passkey signed, as it says itself. PasskeyError when it says nothing."""
    try:
        return base64url_to_bytes(str(_json(credential)["id"]))
    except (KeyError, ValueError) as error:
        raise PasskeyError("This is no signature of a passkey.") from error


def signed(site: Site, credential: str, wanted: bytes, public_key: bytes) -> int:
    """How often the passkey says it signed, when it did sign this; 0 for one that does not count. PasskeyError for any
    other. Whether the count goes up is for who knows the last one."""
    try:
        found = webauthn.verify_authentication_response(
            credential=_json(credential),
            expected_challenge=wanted,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise PasskeyError("This passkey did not sign this.") from error
    return found.new_sign_count


def evidence(credential: str) -> Mapping[str, str]:
    """What was signed and the signature, in base64url: with the public key anybody can check it once more."""
    response = _json(credential)["response"]
    return {name: str(response[name]) for name in ("authenticatorData", "clientDataJSON", "signature")}


def as_text(raw: bytes) -> str:
    """Bytes in base64url, as browsers write them."""
    return bytes_to_base64url(raw)


def _json(credential: str) -> dict[str, Any]:
    if len(credential) > MOST:
        raise PasskeyError("This is too large for a passkey.")
    found = json.loads(credential)
    if not isinstance(found, dict):
        raise PasskeyError("This is no passkey.")
    return found
