"""Calls on what else is made of an alert: texts for desks, and its CAP document."""

from sqlalchemy import Connection
from typing_extensions import TypedDict

from broadcaster.render.cap.profile import MEDIA_TYPE as CAP
from broadcaster.render.desk import DESKS
from broadcaster.render.poster import PDF, Size
from broadcaster.store.answers import Answer
from broadcaster.web.calls import Call, listed
from broadcaster.web.describing import says
from broadcaster.web.shapes import Page
from broadcaster.workflow import approving, bulletins
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import not_found

_PLAIN = "text/plain"


class Output(TypedDict):
    """One thing that is made of an alert, and where it is. A recording may join these."""

    name: str
    media_type: str
    href: str


@says(Page[Output])
async def index(call: Call) -> Answer:
    """`GET /v1/alerts/{id}/outputs`: what else is made of an alert, for people and systems besides the channels."""
    await call.parts.store.read(approving.alert_of, call.id)
    path = f"/v1/alerts/{call.id}"
    texts = [{"name": name, "media_type": _PLAIN, "href": f"{path}/outputs/{name}"} for name in DESKS]
    posters = [{"name": f"poster-{size}", "media_type": PDF, "href": f"{path}/poster.pdf?size={size}"} for size in Size]
    return listed([*texts, {"name": "cap", "media_type": CAP, "href": f"{path}.cap"}, *posters])


@says(str, media_type=_PLAIN)
async def show(call: Call) -> Answer:
    """`GET /v1/alerts/{id}/outputs/{output}`: a text to hand to a desk: `nl-alert` for the control room, which alone
    sends NL-Alerts, `radio` to be read aloud, `lcms` for the crisis teams."""
    name = call.request.match_info["output"]
    if name not in DESKS:
        raise not_found("Deze tekst")
    text = await call.parts.store.read(_text, call.parts.house, call.id, name)
    return Answer(200, text, {"Content-Type": f"{_PLAIN}; charset=utf-8"})


def _text(conn: Connection, house: House, alert_id: str, name: str) -> str:
    return DESKS[name](bulletins.of_alert(conn, house, approving.alert_of(conn, alert_id)))
