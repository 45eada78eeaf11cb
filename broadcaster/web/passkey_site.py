"""Whom the passkeys of this hub are made for."""

from broadcaster.seal.passkeys import Site
from broadcaster.web.calls import Call


def site_of(call: Call) -> Site | None:
    """By the public address and the first organisation; None where there can be none."""
    settings = call.parts.house.settings
    domain = settings.hub.passkey_domain
    return None if domain is None else Site(domain, settings.hub.origin, settings.organisations[0].name)
