"""The poster of a draft as it stands, drawn when somebody asks. It says that it is a draft, and proves nothing."""

from aiohttp import web

from broadcaster.render.poster import PDF
from broadcaster.web.calls import Call
from broadcaster.web.posters import PRINTER
from broadcaster.workflow import posters
from broadcaster.workflow.composing import compose, gather
from broadcaster.workflow.submitting import refuse_blocking


async def show(call: Call) -> web.StreamResponse:
    """`GET /console/drafts/{id}/poster.pdf`. Refused while something stands in the way of offering it."""
    parts = call.parts
    material = await parts.store.read(gather, call.id)
    composed = await compose(parts.house, parts.renderer, material, parts.clock.now().replace(microsecond=0))
    refuse_blocking(composed.every_finding)
    made = await call.request.app[PRINTER].pdf(posters.of_draft(parts.house, material, composed))
    disposition = f'inline; filename="concept-{call.id}.pdf"'
    return web.Response(body=made, content_type=PDF, headers={"Content-Disposition": disposition})
