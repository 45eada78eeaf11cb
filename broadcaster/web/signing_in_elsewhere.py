"""`/console/sign-in/oidc`: to a provider of OpenID Connect and back, to sign in or to link who one is there.

What comes back counts only in the browser that went (a sealed cookie), once, and with the state that it took along.
"""

import hmac

from aiohttp import web
from yarl import URL

from broadcaster.seal.id_token import TokenError
from broadcaster.store.answers import Answer
from broadcaster.web import frames, tickets
from broadcaster.web.callers import CALLERS
from broadcaster.web.calls import Call, given
from broadcaster.web.console.dress import words_for
from broadcaster.web.problems import Problem
from broadcaster.web.provider import Begun, Provider, ProviderError
from broadcaster.web.signing_in import let_in, sign_in_form, wanted_of
from broadcaster.workflow import linking
from broadcaster.workflow.refusals import not_found

CALLBACK = "/console/sign-in/oidc/callback"
COOKIE = "__Host-omroeper-oidc"
PROVIDER = web.AppKey("provider", Provider)
"""Of each application whose configuration has one."""
_KIND = "oidc"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"  # Lax: the browser comes back from another site
_LONGEST_CODE = 4096


def provider_of(request: web.Request) -> Provider:
    """The provider; Refused where there is none."""
    provider = request.app.get(PROVIDER)
    if provider is None:
        raise not_found("Deze pagina")
    return provider


async def keys(call: Call) -> Answer:
    """`GET /console/sign-in/oidc/keys`: our public key, for the provider to fetch (RFC 7517)."""
    return given(provider_of(call.request).key_set(), Cache_Control="public, max-age=300")


async def go(call: Call) -> Answer:
    """`GET /console/sign-in/oidc`: to the provider."""
    provider, wanted = provider_of(call.request), wanted_of(call.request.query.get("next", ""))
    try:
        begun = await provider.begin()
    except ProviderError:
        return _away(call, provider, wanted)
    return Answer(
        303, "", {"Location": begun.url, "Referrer-Policy": "no-referrer", **set_out(call, begun, next=wanted)}
    )


def set_out(call: Call, begun: Begun, **more: str) -> dict[str, str]:
    """The header with which the browser keeps what it must bring back."""
    content = {"state": begun.state, "id_nonce": begun.nonce, "verifier": begun.verifier, **more}
    return {"Set-Cookie": f"{COOKIE}={tickets.sealed(call, _KIND, content)}; Max-Age=300; {_ATTRIBUTES}"}


async def come_back(call: Call) -> Answer:
    """`GET /console/sign-in/oidc/callback`: from the provider, with a code."""
    provider, query = provider_of(call.request), call.request.query
    kept = tickets.opened(call, _KIND, call.request.cookies.get(COOKIE, ""))
    state, code = query.get("state", ""), query.get("code", "")
    if (
        kept is None
        or not hmac.compare_digest(state.encode(), kept["state"].encode())
        or not await tickets.spend(call, kept)
    ):
        return _refused(call, frames.HOME, "sign_in.oidc_old")
    wanted = wanted_of(kept.get("next", ""))
    if not 0 < len(code) <= _LONGEST_CODE:
        return _refused(call, wanted, "sign_in.oidc_refused")
    try:
        subject = await provider.finish(code, query.get("iss"), kept["id_nonce"], kept["verifier"])
    except ProviderError:
        return _away(call, provider, wanted)
    except TokenError:
        return _refused(call, wanted, "sign_in.oidc_refused")
    return await (
        _link(call, provider, kept["session"], subject)
        if "session" in kept
        else _enter(call, provider, wanted, subject)
    )


async def _enter(call: Call, provider: Provider, wanted: str, subject: str) -> Answer:
    secret = await call.parts.store.run(linking.sign_in, provider.issuer, subject, call.parts.clock.now())
    return _refused(call, wanted, "sign_in.oidc_nobody") if secret is None else let_in(call, wanted, secret)


async def _link(call: Call, provider: Provider, session: str, subject: str) -> Answer:
    """In the very session that asked for it."""
    try:
        caller = await call.request.app[CALLERS].of(call.request)
    except Problem:
        return _refused(call, frames.HOME, "sign_in.oidc_old")
    if caller.token_id != session:
        return _refused(call, frames.HOME, "sign_in.oidc_old")
    await call.parts.store.run(linking.link, caller, provider.issuer, subject, call.parts.clock.now())
    return frames.redirect("/console/account")


def _refused(call: Call, wanted: str, words: str) -> Answer:
    return sign_in_form(call, wanted, words_for(call.request)(words), "", 403)


def _away(call: Call, provider: Provider, wanted: str) -> Answer:
    return sign_in_form(
        call, wanted, words_for(call.request)("sign_in.oidc_away", name=provider.settings.name), "", 503
    )


def redirect_uri(hub_url: str) -> str:
    """Where the provider sends people back to: register this there, letter for letter."""
    return str(URL(hub_url).join(URL(CALLBACK)))
