"""`/console/sign-in/passkey`: a passkey alone for a session's cookie. It verified its owner itself, so it is two
factors in one (NIST SP 800-63B-4, section 3.1.7)."""

import json

from broadcaster.seal import passkeys as seal
from broadcaster.store.answers import Answer
from broadcaster.web import bodies, forms, tickets
from broadcaster.web.calls import Call, given
from broadcaster.web.console.dress import words_for
from broadcaster.web.origins import peer
from broadcaster.web.passkey_site import site_of
from broadcaster.web.signing_in import DESK, later, let_in, sign_in_form, wanted_of
from broadcaster.workflow import signing_in
from broadcaster.workflow.refusals import conflict

_KIND = "passkey sign-in"


async def begin(call: Call) -> Answer:
    """`POST /console/sign-in/passkey/begin`: what any passkey of ours may sign, as JSON."""
    await bodies.expect_nothing(call.request)
    site = site_of(call)
    if site is None:
        raise conflict(
            "Passkeys kunnen hier niet: de beheerder moet eerst een adres met een naam instellen (public_url)."
        )
    ticket = tickets.sealed(call, _KIND, {})
    found = tickets.opened(call, _KIND, ticket)
    assert found is not None  # it was sealed just now
    return given({"ticket": ticket, "options": seal.request_options(site, seal.challenge(found["nonce"], _KIND))})


async def sign_in(call: Call) -> Answer:
    """`POST /console/sign-in/passkey`: the signature."""
    form = await forms.read(call.request)
    wanted, credential = wanted_of(form.get("next")), form.get("passkey")
    throttle, address = call.request.app[DESK].throttle, peer(call.request, call.parts.house.settings.hub)
    name = _named(credential)
    if wait_in := throttle.wait_in(name, address):
        return later(call, wanted, "", wait_in)
    throttle.begin(name, address)
    found, site, words = tickets.opened(call, _KIND, form.get("ticket")), site_of(call), words_for(call.request)
    if found is None or site is None or not await tickets.spend(call, found):
        return sign_in_form(call, wanted, words("sign_in.passkey_old"), "", 403)
    signed = seal.challenge(found["nonce"], _KIND)
    secret = await call.parts.store.run(signing_in.by_passkey, site, credential, signed, call.parts.clock.now())
    if secret is None:
        return sign_in_form(call, wanted, words("sign_in.passkey_wrong"), "", 403)
    throttle.forgive(name, address)
    return let_in(call, wanted, secret)


def _named(credential: str) -> str:
    """By what the throttle knows a passkey."""
    try:
        return f"passkey {json.loads(credential)['id']}"
    except (ValueError, TypeError, KeyError):
        return "passkey"
