"""What the code on a poster carries: the notice itself, in short, signed. It can be checked without a line.

It proves that we said number, mode, headline and end, and to which texts they belong; not that the paper around it is
ours. So whoever reads it is shown what we signed, to compare.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import rfc8785
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Connection

from broadcaster.model.alert import Stage
from broadcaster.model.board import Mode, mode_of
from broadcaster.render.languages import resolve
from broadcaster.seal import BoardSigner, sign_text
from broadcaster.store import alerts
from broadcaster.store.alerts import AlertRow
from broadcaster.workflow.house import House

TYP = "omroeper-notice+json"
PAGE = "/controle"
"""Where its signature is checked; the notice stands after the number sign, so no server is told who scans what."""
_HEADLINE = 120
"""Letters of the headline that it carries at most: a longer one would make the code too fine to read."""


class Vouched(BaseModel):
    """What is signed. texts: half a SHA-256 over the approved texts in all languages, as RFC 8785 writes them."""

    model_config = ConfigDict(frozen=True)
    mode: Mode
    organisation: str
    sender: str
    number: int
    replaces: int | None = None
    headline: str
    expires: AwareDatetime
    texts: str


def link(url: str, row: AlertRow, sender: str, replaces: int | None, headline: str, signer: BoardSigner) -> str:
    """Where the code of an alert leads. url: the hub's. signer: of the alert's own mode."""
    mode = mode_of(row.status)
    if signer.mode != mode:
        raise ValueError(f"a notice of mode {mode} is not for the key of {signer.mode}")
    said = Vouched(
        mode=mode,
        organisation=row.organisation_id,
        sender=sender,
        number=row.number,
        replaces=replaces,
        headline=headline if len(headline) <= _HEADLINE else f"{headline[: _HEADLINE - 1]}…",
        expires=row.expires_at.replace(microsecond=0),
        texts=texts_digest(row),
    )
    return f"{url}{PAGE}#{sign_text(said.model_dump_json(exclude_none=True), TYP, signer.key)}"


def texts_digest(row: AlertRow) -> str:
    """Half a SHA-256 over the texts: what an approver read, in every language."""
    return base64.urlsafe_b64encode(hashlib.sha256(rfc8785.dumps(row.content["infos"])).digest()[:16]).decode()[:22]


def link_of(house: House, row: AlertRow, replaces: int | None, signers: Mapping[Mode, BoardSigner]) -> str:
    """Where the code of an alert of this house leads, with its headline in the hub's first language."""
    hub, infos = house.settings.hub, row.draft.infos
    headline = infos[resolve(hub.languages[0], infos, hub.languages)].headline or ""
    sender = house.organisation(row.organisation_id).name
    return link(hub.url, row, sender, replaces, headline, signers[mode_of(row.status)])


class Standing(BaseModel):
    """What holds of a notice that somebody approved: whether it is valid, or which number took its place."""

    mode: Mode
    organisation: str
    number: int
    texts: str
    state: Literal["valid", "replaced", "withdrawn"]
    by: int | None = None


_STATES: dict[Stage, Literal["valid", "replaced", "withdrawn"]] = {
    Stage.APPROVED: "valid",
    Stage.SUPERSEDED: "replaced",
    Stage.CANCELLED: "withdrawn",
}


def standing(conn: Connection, now: datetime) -> list[Standing]:
    """Of every notice that was approved and whose time is not over."""
    return [_standing(conn, row) for row in alerts.unexpired(conn, now, list(_STATES))]


def _standing(conn: Connection, row: AlertRow) -> Standing:
    after = alerts.get(conn, row.replaced_by) if row.replaced_by else None
    return Standing(
        mode=mode_of(row.status),
        organisation=row.organisation_id,
        number=row.number,
        texts=texts_digest(row),
        state=_STATES[row.stage],
        by=after.number if after else None,
    )
