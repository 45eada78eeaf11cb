"""Calls for who approves in a session: to show once more that it is them, for one digest."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from broadcaster.seal.passkeys import MOST
from broadcaster.store.answers import Answer
from broadcaster.web import bodies, proving, shapes
from broadcaster.web.calls import Call, given
from broadcaster.web.describing import says
from broadcaster.web.proving import Shown
from broadcaster.workflow import approving, stepping_up
from broadcaster.workflow.refusals import conflict


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)
    digest: str = Field(max_length=200)


class Asked(_Body):
    """The body of a challenge."""


class StepUp(_Body):
    """The body of a step-up: a password, with the code where there is one, or a passkey with its ticket."""

    password: str = Field(default="", max_length=1000, repr=False)
    code: str = Field(default="", max_length=20, repr=False)
    ticket: str = Field(default="", max_length=2000, repr=False)
    passkey: str = Field(default="", max_length=MOST, repr=False)


class Challenge(TypedDict):
    """What a passkey is asked to sign, and the ticket to send back with it."""

    ticket: str
    options: Annotated[dict[str, Any], Field(description="PublicKeyCredentialRequestOptionsJSON of Web Authentication")]


class SteppedUp(TypedDict):
    """Until when this session may approve this digest."""

    until: shapes.Time


@says(SteppedUp, takes=StepUp, refuses=("conflict", "step-up", "too-many"))
async def create(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/step-up`: show that it is still you, before a session approves this digest. A bearer token
    needs none. An Idempotency-Key is not looked at: nothing is kept that a password could be guessed from."""
    body = bodies.shaped(StepUp, await bodies.read_object(call.request))
    if not call.caller.by_session:
        raise conflict("Een token is zijn eigen bewijs: u kunt meteen akkoord geven.")
    until = await step_up(call, body.digest, Shown(body.password, body.code, body.ticket, body.passkey))
    return given({"until": shapes.moment(until, call.parts.house.settings.hub.zone)})


@says(Challenge, takes=Asked, refuses=("conflict", "step-up"))
async def challenge(call: Call) -> Answer:
    """`POST /v1/alerts/{id}/step-up/challenge`: what a passkey signs to approve exactly this digest."""
    digest = bodies.shaped(Asked, await bodies.read_object(call.request)).digest
    await call.parts.store.read(approving.waiting, call.id, digest, call.parts.clock.now())
    return given(await proving.challenge(call, digest))


async def step_up(call: Call, digest: str, shown: Shown) -> datetime:
    """Have the caller show that it is them, for a digest that waits; until when it holds."""
    store, now = call.parts.store, call.parts.clock.now()
    row = await store.read(approving.waiting, call.id, digest, now)
    proof = await proving.prove(call, shown, digest)
    return await store.run(stepping_up.note, call.caller, row.id, digest, proof.how, proof.evidence, now)
