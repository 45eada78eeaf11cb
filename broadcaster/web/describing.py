"""What a call takes and gives, written above its handler; `GET /v1/openapi.json` is made from it.

    @says(Alert, refuses="conflict")
    async def halt(call: Call) -> Answer:
        \"\"\"`POST /v1/alerts/{id}/halt`: stop what is unsent.\"\"\"

What follows from the table of routes (path, parameters, who may) and from the way every call is answered
(401, 413, 503 …) is not said again. The docstring, after its first colon, is what the document says of the call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from broadcaster.web.calls import Handler

H = TypeVar("H", bound=Handler)
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Says:
    """What one handler takes and gives.

    gives: the type of the answer's content; None for none. takes: the model that judges the body; None for
    none. takes_text: media types of bodies that are no JSON, and taken as well. patch: the body is a merge
    patch on `takes`. refuses: the problems of this call alone, keys of `problems.KINDS`. headers: those of the
    answer that belong to it. asks: request headers, each with whether it is required. also: other status codes
    without a problem in them, each with its meaning.
    """

    gives: Any
    status_code: int = 200
    media_type: str = JSON
    takes: type[BaseModel] | None = None
    takes_text: tuple[str, ...] = ()
    patch: bool = False
    refuses: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    asks: Mapping[str, bool] = field(default_factory=dict)
    also: Mapping[int, str] = field(default_factory=dict)


DESCRIBED: dict[Handler, Says] = {}
"""What each handler says; filled by `says` when its module is read."""


def says(gives: Any, status_code: int = 200, **more: Any) -> Callable[[H], H]:
    """Describe a handler; `more` are the other fields of `Says`."""

    def keep(handler: H) -> H:
        DESCRIBED[handler] = Says(gives, status_code, **more)
        return handler

    return keep
