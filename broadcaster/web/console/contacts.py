"""The page of the contacts that a message may mention: proposed by one, verified and retired by another."""

from dataclasses import dataclass

from sqlalchemy import Connection

from broadcaster.model.cap import Status
from broadcaster.model.contacts import Contact, ContactKind, Standing
from broadcaster.store import contacts as store
from broadcaster.store import people
from broadcaster.store.answers import Answer
from broadcaster.web import bodies, forms, frames, queries
from broadcaster.web.calls import Call
from broadcaster.web.console import frame
from broadcaster.web.contacts import Proposal
from broadcaster.web.writes import write
from broadcaster.workflow import contacts
from broadcaster.workflow.house import House
from broadcaster.workflow.refusals import Fault, Refused, Why

PATH = "/console/contacten"
REPLACES = queries.Param(
    "replaces", {"type": "string"}, "The line that is edited.", lambda request: request.query.get("replaces")
)
_FIRST = (Standing.RETIRING, Standing.PROPOSED, Standing.EXPIRED, Standing.VERIFIED)
"""What asks for somebody stands first."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line and how it stands. mine: the reader proposed it, or doubts it, so another has to go on."""

    line: Contact
    standing: Standing
    may_verify: bool
    may_retire: bool


async def show(call: Call) -> Answer:
    """`GET /console/contacten`."""
    return await _page(call, {}, None)


async def _page(call: Call, typed: dict[str, str], refused: Refused | None) -> Answer:
    now, house = call.parts.clock.now(), call.parts.house
    lines, names = await call.parts.store.read(_read, house)
    rows = [_row(line, line.standing(now), call.caller.person_id) for line in lines]
    rows.sort(key=lambda row: (_FIRST.index(row.standing), row.line.kind, row.line.label.casefold()))
    wanted = typed.get("replaces") or REPLACES.of(call.request)
    edited = next((line for line in lines if line.id is not None and line.id == wanted), None)
    if edited is not None and not typed:
        typed = {"kind": edited.kind.value, "value": edited.value, "label": edited.label}
    values = {
        "rows": rows,
        "names": names,
        "kinds": [kind.value for kind in ContactKind],
        "edited": edited,
        "typed": typed,
        "refused": refused,
        "fault_of": {fault.field: fault.message for fault in refused.faults} if refused else {},
        "anchors": lambda field: f"field-{field}" if field in ("kind", "value", "label") else "",
    }
    return frame.shown(call, "contacts.html", values, Status.ACTUAL, 200 if refused is None else 422)


def _read(conn: Connection, house: House) -> tuple[list[Contact], dict[str, str]]:
    return [*store.current(conn), *house.contacts], people.names(conn)


def _row(line: Contact, standing: Standing, person: str | None) -> Row:
    own = line.id is not None
    due = standing in (Standing.PROPOSED, Standing.EXPIRED, Standing.RETIRING)
    return Row(line, standing, own and due and line.proposed_by != person, own and line.doubted_by != person)


async def propose(call: Call) -> Answer:
    """`POST /console/contacten`."""
    form = await forms.read(call.request)
    typed = {name: form.get(name).strip() for name in ("kind", "value", "label", "replaces")}
    try:
        body = bodies.shaped(Proposal, {name: text for name, text in typed.items() if text})
        wanted = (call.parts.house, call.caller, body.kind, body.value, body.label, body.replaces)
        return await write(call, _back, contacts.propose, *wanted, call.parts.clock.now())
    except Refused as refused:
        if refused.why not in (Why.MALFORMED, Why.INVALID, Why.CONFLICT):
            raise
        return await _page(call, typed, _said(refused, typed))


def _said(refused: Refused, typed: dict[str, str]) -> Refused:
    """The refusal with what to do for a field that was left open."""
    open_ones = {
        "kind": Fault("kind", "missing", "kies wat het is"),
        "value": Fault("value", "missing", "vul het nummer of adres in"),
        "label": Fault("label", "missing", "vul in van wie het is"),
    }
    faults = [open_ones.get(fault.field, fault) if not typed.get(fault.field) else fault for fault in refused.faults]
    return Refused(Why.INVALID, "Dit contact klopt niet.", faults)


async def verify(call: Call) -> Answer:
    """`POST /console/contacten/{id}/verify`."""
    await forms.read(call.request)
    return await write(call, _back, contacts.verify, call.caller, call.id, None, call.parts.clock.now())


async def retire(call: Call) -> Answer:
    """`POST /console/contacten/{id}/retire`."""
    await forms.read(call.request)
    return await write(call, _back, contacts.retire, call.caller, call.id, call.parts.clock.now())


def _back(_conn: Connection, _line: Contact) -> Answer:
    return frames.redirect(PATH)
