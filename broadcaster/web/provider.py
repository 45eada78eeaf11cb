"""Calls to a provider of OpenID Connect: the code flow with PKCE (Core 1.0; RFC 7636; RFC 9700).

What it says about itself is asked for when somebody signs in, and believed for an hour; its keys too, and anew when an
id token names one that is not known. While it is away, people sign in with a password or a passkey.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from joserfc.jwk import RSAKey

from broadcaster.clock import Clock
from broadcaster.seal import id_token
from broadcaster.seal.id_token import Expected, TokenError, UnknownKey
from broadcaster.settings.sections import Oidc

_PATIENCE = aiohttp.ClientTimeout(total=10, sock_connect=3)
_MOST_BYTES = 256 * 1024
_BELIEVED_IN = 3600.0
_ASKED_ANEW_IN = 10.0
"""Seconds between two looks at the keys: a made-up key id must not have us ask the provider at each try."""
_ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class ProviderError(Exception):
    """The provider cannot be reached, or what it says cannot be used; the message has no secret."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and what only it may bring back."""

    url: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(slots=True)
class _Known:
    """What was fetched, and when (monotonic)."""

    content: dict[str, Any]
    at: float


class Provider:
    """One provider, for one application. redirect_uri: where it sends people back to."""

    def __init__(self, settings: Oidc, key: RSAKey, redirect_uri: str, clock: Clock) -> None:
        self.settings, self.redirect_uri = settings, redirect_uri
        self._key, self._clock = key, clock
        self._session: aiohttp.ClientSession | None = None
        self._known: dict[str, _Known] = {}
        self._turn = asyncio.Lock()

    @property
    def issuer(self) -> str:
        """Its address."""
        return self.settings.issuer

    def key_set(self) -> dict[str, Any]:
        """Our own public key, for it to fetch."""
        return id_token.key_set(self._key)

    async def begin(self) -> Begun:
        """Begin a sign-in."""
        about = await self._about()
        begun = Begun("", *(secrets.token_urlsafe(32) for _ in range(3)))
        hashed = hashlib.sha256(begun.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(hashed).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        where = about["authorization_endpoint"]
        url = f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(query)}"
        return Begun(url, begun.state, begun.nonce, begun.verifier)

    async def finish(self, code: str, issuer: str | None, nonce: str, verifier: str) -> str:
        """Who signed in, by the provider's own name. issuer: who says it sent the browser back (RFC 9207).
        ProviderError when it cannot be known, TokenError when it is not so."""
        about = await self._about()
        expects = about.get("authorization_response_iss_parameter_supported") is True
        if issuer != self.issuer and (issuer is not None or expects):
            raise TokenError("Another provider sent the browser back.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
            "client_id": self.settings.client_id,
            "client_assertion_type": _ASSERTED,
            "client_assertion": id_token.assertion(
                self._key, self.settings.client_id, about["token_endpoint"], self._clock.now()
            ),
        }
        given = await self._ask("POST", about["token_endpoint"], form)
        return await self._subject(
            str(given.get("id_token", "")), Expected(self.issuer, self.settings.client_id, nonce)
        )

    async def _subject(self, token: str, expected: Expected) -> str:
        try:
            return id_token.subject(token, await self._keys(_BELIEVED_IN), expected, self._clock.now())
        except UnknownKey:
            return id_token.subject(token, await self._keys(_ASKED_ANEW_IN), expected, self._clock.now())

    async def _about(self) -> dict[str, Any]:
        """What the provider says of itself (Discovery 1.0, section 4): of this issuer, over TLS."""
        about = await self._fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", _BELIEVED_IN)
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if about.get("issuer") != self.issuer or not all(self._is_safe(about.get(name)) for name in wanted):
            raise ProviderError("The provider's description is of another issuer, or names addresses without TLS.")
        return about

    def _is_safe(self, address: object) -> bool:
        """Over TLS; or on this machine, where the issuer is there as well."""
        return isinstance(address, str) and (address.startswith("https://") or self.settings.is_local)

    async def _keys(self, believed_in: float) -> dict[str, Any]:
        return await self._fetched((await self._about())["jwks_uri"], believed_in)

    async def _fetched(self, url: str, believed_in: float) -> dict[str, Any]:
        async with self._turn:
            known = self._known.get(url)
            if known is None or self._clock.monotonic() - known.at >= believed_in:
                known = self._known[url] = _Known(await self._ask("GET", url), self._clock.monotonic())
        return known.content

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object from the provider. It is not followed elsewhere."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_PATIENCE, headers={"Accept": "application/json"})
        try:
            async with self._session.request(method, url, data=form, allow_redirects=False) as response:
                content = json.loads(await _whole(response)) if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ProviderError("The provider does not answer.") from error
        if not isinstance(content, dict):
            raise ProviderError(f"The provider refused, or answered with what is no JSON object ({response.status}).")
        return content

    async def aclose(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """What came, within bounds; ValueError beyond."""
    raw = b""
    async for chunk in response.content.iter_chunked(16_384):
        raw += chunk
        if len(raw) > _MOST_BYTES:
            raise ValueError("too much")
    return raw
