"""A root's word on an online key: a small JWS over {mode, kid, epoch, jwk, not_after}."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from broadcaster.seal.signature import SignatureError, SigningKey, fingerprint, public_key, sign_text, verified_text

TYP = "omroeper-key+json"
MODES = ("live", "exercise")


@dataclass(frozen=True, slots=True)
class Certificate:
    """`key` may sign boards of `mode` until `not_after`. A higher `epoch` replaces every lower one."""

    mode: str
    epoch: int
    key: SigningKey
    not_after: datetime

    @property
    def kid(self) -> str:
        """The key's id: its fingerprint, so it cannot name another key."""
        return fingerprint(self.key)


class _Content(BaseModel):
    mode: Literal["live", "exercise"]
    kid: str
    epoch: Annotated[int, Field(ge=1, strict=True)]
    jwk: dict[str, Any]
    not_after: AwareDatetime


def certify(certificate: Certificate, root: SigningKey) -> str:
    """The certificate, signed by the root's private key."""
    content = _Content.model_validate(
        {
            "mode": certificate.mode,
            "kid": certificate.kid,
            "epoch": certificate.epoch,
            "jwk": certificate.key.as_dict(private=False),
            "not_after": certificate.not_after,
        }
    )
    return sign_text(content.model_dump_json(), TYP, root)


def read_certificate(token: str, root: SigningKey) -> Certificate:
    """What `root` certified; SignatureError when it did not, or said something else."""
    text = verified_text(token, TYP, root)
    try:
        content = _Content.model_validate_json(text)
    except ValidationError as error:
        raise SignatureError("not a certificate") from error
    key = public_key(content.jwk)
    if content.kid != fingerprint(key):
        raise SignatureError("not a certificate: it names another key")
    return Certificate(content.mode, content.epoch, key, content.not_after)
