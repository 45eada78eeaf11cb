"""Texts that an officer hands to a desk: the control room, the regional broadcaster, the crisis team. Pure: the same
bulletin gives the same text. The desks are Dutch, and so are the words around the message."""

from collections.abc import Callable, Mapping

from broadcaster.render.bulletin import Bulletin
from broadcaster.render.desk import lcms, nl_alert, radio

DESKS: Mapping[str, Callable[[Bulletin], str]] = {
    "nl-alert": nl_alert.sheet,
    "radio": radio.script,
    "lcms": lcms.block,
}
"""Every text, by the name it is asked for."""


def texts_of(bulletin: Bulletin) -> dict[str, str]:
    """The texts of all desks, by name."""
    return {name: made(bulletin) for name, made in DESKS.items()}
