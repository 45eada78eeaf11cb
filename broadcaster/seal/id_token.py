"""Signing in at a provider of OpenID Connect: the hub's own key there, and what the provider says of who signed in.

The hub shows who it is with a signed assertion (`private_key_jwt`, PS256; Core 1.0, section 9; NL GOV Assurance profile
for OpenID Connect, section 2), a fresh one for each call. An id token is checked wholly (Core 1.0, section 3.1.3.7).
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, RSAKey

from broadcaster.seal.keys import KeysError

ALGORITHM = "PS256"
ACCEPTED = ("PS256", "RS256", "ES256")
"""What an id token may be signed with: public keys alone, and never `none`."""
_FEWEST_BITS = 2048
_SKEW = timedelta(seconds=60)
_ASSERTION_IN = timedelta(seconds=60)
_LONGEST_SUBJECT = 255


class TokenError(ValueError):
    """This id token is not about somebody who signed in here just now."""


class UnknownKey(TokenError):
    """It names a key that is not among those known: the provider may have a new one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id token has to say."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)


def load_client_key(file: Path) -> RSAKey:
    """The hub's key at the provider, from PEM. KeysError says what to do."""
    try:
        key = RSAKey.import_key(file.read_bytes())
        if key.is_private and key.raw_value.key_size >= _FEWEST_BITS:
            return key
    except (OSError, ValueError, JoseError):
        pass
    raise KeysError(f"{file} is no private RSA key of {_FEWEST_BITS} bits or more: make one, see [oidc] key.")


def key_set(key: RSAKey) -> dict[str, Any]:
    """The public half as a JWK set (RFC 7517), for the provider to fetch."""
    public = key.as_dict(private=False)
    return {"keys": [{**public, "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}]}


def assertion(key: RSAKey, client_id: str, audience: str, now: datetime) -> str:
    """Who we are, for one call to `audience` (RFC 7523)."""
    at = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(32),
        "iat": at,
        "exp": at + int(_ASSERTION_IN.total_seconds()),
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.thumbprint(), "typ": "JWT"}, claims, key, algorithms=[ALGORITHM])


def subject(token: str, keys: Mapping[str, Any], expected: Expected, now: datetime) -> str:
    """Who signed in, by the provider's own name for them. keys: the provider's JWK set. TokenError for any other
    token."""
    try:
        known = KeySet.import_key_set({"keys": [key for key in keys["keys"] if _signs(key)]})
        claims = jwt.decode(token, known, algorithms=list(ACCEPTED)).claims
    except InvalidKeyIdError as error:
        raise UnknownKey("The id token was signed with a key that is not known.") from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise TokenError("The id token was not signed by the provider.") from error
    if wrong := [name for name, right in _checks(claims, expected, now).items() if not right]:
        raise TokenError(f"The id token is not for us, or not for now: {', '.join(wrong)}.")
    return str(claims["sub"])


def _signs(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"


def _checks(claims: Mapping[str, Any], expected: Expected, now: datetime) -> dict[str, bool]:
    """Every claim that counts, and whether it is right."""
    audience = claims.get("aud")
    for_whom = audience if isinstance(audience, list) else [audience]
    party, who, nonce = claims.get("azp"), claims.get("sub"), claims.get("nonce")
    return {
        "iss": claims.get("iss") == expected.issuer,
        "aud": expected.client_id in for_whom,
        "azp": party == expected.client_id if len(for_whom) > 1 or party is not None else True,
        "exp": _is_after(claims.get("exp"), now - _SKEW),
        "iat": _is_after(claims.get("iat"), now - timedelta(minutes=10))
        and not _is_after(claims.get("iat"), now + _SKEW),
        "nbf": "nbf" not in claims or not _is_after(claims["nbf"], now + _SKEW),
        "nonce": isinstance(nonce, str) and hmac.compare_digest(nonce.encode(), expected.nonce.encode()),
        "sub": isinstance(who, str) and 0 < len(who) <= _LONGEST_SUBJECT and who.isprintable(),
    }


def _is_after(claim: object, at: datetime) -> bool:
    """Whether a NumericDate (RFC 7519, section 2) is later than `at`; what is no number is not."""
    return isinstance(claim, int | float) and not isinstance(claim, bool) and claim > at.timestamp()
