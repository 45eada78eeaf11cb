"""What a form of a page sends: `application/x-www-form-urlencoded` in UTF-8 (WHATWG URL, section 5), read strictly."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import web

from broadcaster.web import bodies
from broadcaster.web.problems import Problem, malformed
from broadcaster.workflow.refusals import Fault

MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000
_ALLOWED = "\t\n"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form by name, each with its values in order. Lines end in a line feed alone."""

    fields: dict[str, list[str]]

    def get(self, name: str) -> str:
        """The value of a field; empty when it was not sent, as a form cannot tell the two apart."""
        return self.all(name)[0] if name in self.fields else ""

    def all(self, name: str) -> list[str]:
        """Every value of a field, such as the ticked boxes of one name."""
        return self.fields.get(name, [])


async def read(request: web.Request, *, many: Iterable[str] = ()) -> Form:
    """The form in the body; a problem when it is none. Only the names in `many` may stand there more than once."""
    raw = await bodies.read(request)
    if request.content_type != MEDIA_TYPE or (request.charset or "utf-8").lower() != "utf-8":
        raise Problem("unsupported-type", f"Stuur {MEDIA_TYPE}, in UTF-8.")
    fields: dict[str, list[str]] = {}
    for name, value in _pairs(raw):
        fields.setdefault(name, []).append(value)
    twice = [name for name, values in fields.items() if len(values) > 1 and name not in set(many)]
    if twice:
        raise malformed(
            "Een veld staat er twee keer.", *(Fault(n, "duplicate", "dit veld staat er twee keer") for n in twice)
        )
    return Form(fields)


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise malformed("De inhoud is geen formulier.") from error
    found = [(name, value.replace("\r\n", "\n").replace("\r", "\n")) for name, value in pairs]
    faults = [
        Fault(name if name.isprintable() else "", "not-text", "deze tekst bevat een teken dat niet kan")
        for name, value in found
        if not (name.isprintable() and _is_text(value))
    ]
    if faults:
        raise malformed("De inhoud bevat tekens die geen tekst zijn.", *faults)
    return found


def _is_text(value: str) -> bool:
    """Whether there is no control character in it: nothing shows one, and PostgreSQL cannot keep a NUL."""
    return not any((char < " " and char not in _ALLOWED) or "\x7f" <= char <= "\x9f" for char in value)
