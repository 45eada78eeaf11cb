"""An outpost for tests: a device at a support point, let in with a code, that writes and signs reports.

    post = await let_in(h, "wijkhuis-noord")
    token = post.report(heard={"rumour": True, "subject": "water"})

`post.token` is what it sends over HTTP, `post.key` what it signs with.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broadcaster import ids
from broadcaster.model.device import Device, DeviceKind, read_code
from broadcaster.model.report import REPORT_TYP
from broadcaster.seal import SigningKey, new_key, sign_text
from broadcaster.workflow import enrolling
from tests.houses import TestHouse


def jwk(key: SigningKey) -> dict[str, Any]:
    """The public half, as a device sends it."""
    return {"kty": "OKP", "crv": "Ed25519", "x": key.as_dict(private=False)["x"]}


@dataclass(frozen=True, slots=True)
class Outpost:
    """A device that was let in."""

    house: TestHouse
    device: Device
    key: SigningKey
    token: str = field(repr=False)

    def content(self, *, at: datetime | None = None, **said: Any) -> dict[str, Any]:
        """A report of this point, of now unless told otherwise."""
        at = at or self.house.clock.now()
        whole = {"id": ids.new_id(at), "point": self.device.point_id, "mode": "live", "at": at.isoformat()}
        return whole | (said or {"opening": {"open": True}})

    def signed(self, content: dict[str, Any], typ: str = REPORT_TYP) -> str:
        """Any content, signed by this device."""
        return sign_text(json.dumps(content), typ, self.key)

    def report(self, *, at: datetime | None = None, **said: Any) -> str:
        """A signed report."""
        return self.signed(self.content(at=at, **said))


async def let_in(
    h: TestHouse, point: str, kind: DeviceKind = DeviceKind.RELAY, name: str = "kast", key: SigningKey | None = None
) -> Outpost:
    """Let a device in at a point, as a volunteer does."""
    settings, now, key = h.house.settings, h.clock.now(), key or new_key()
    code = await h.store.run(enrolling.invite, settings, h.seal, "beheer", point, kind, now)
    letters = read_code(code.code)
    done = await h.store.run(enrolling.enrol, settings, h.seal, letters, kind, name, jwk(key), now)
    return Outpost(h, done.device, key, done.token)
