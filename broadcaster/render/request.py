"""What the renderer is asked, and what it answers; both go through a pipe as one line of JSON."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from broadcaster.channel import Texts
from broadcaster.model.contacts import Mention
from broadcaster.model.draft import DraftContent, Info
from broadcaster.model.finding import Finding


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """Everything a rendering depends on.

    organisation_name, sender: as residents see the organisation, and its CAP sender. number: None in a
    preview. replaces, replaced: the number of the alert this one replaces, and its content. sent_at: the
    instant of submit; its day in `timezone` is "today". kinds: channel kinds ("sms"). area_names: by area id.
    languages: those the hub requires, in order.
    """

    content: DraftContent
    organisation_name: str
    sender: str
    sent_at: datetime
    timezone: str
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    area_names: dict[str, str] = field(default_factory=dict)
    number: int | None = None
    replaces: int | None = None
    replaced: DraftContent | None = None

    def as_line(self) -> str:
        """The request as one line of JSON."""
        return _request.dump_json(self, exclude_none=True).decode()

    @classmethod
    def from_line(cls, line: str) -> "RenderRequest":
        """A request from its line; ValueError when it is none."""
        return _request.validate_json(line)


_request = TypeAdapter(RenderRequest)
_findings = TypeAdapter(list[Finding])
_texts = TypeAdapter(list[Texts])
_infos = TypeAdapter(dict[str, Info])
_mentions = TypeAdapter(tuple[tuple[str, Mention], ...])


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of it.

    texts: by channel kind and language. infos: by language, from the scenario when there is one.
    boards: for displays, by language, the pieces of the text by name (see `engine.pieces`).
    findings: everything there is to say, at once. mentions: every contact there is, with the draft's field it
    stands in; replaced: those of the alert it replaces.
    """

    texts: dict[tuple[str, str], Texts]
    infos: dict[str, Info]
    boards: dict[str, dict[str, str]]
    findings: tuple[Finding, ...]
    mentions: tuple[tuple[str, Mention], ...] = ()
    replaced: tuple[tuple[str, Mention], ...] = ()

    def as_line(self) -> str:
        """The answer as one line of JSON."""
        return json.dumps(
            {
                "kinds": [kind for kind, _ in self.texts],
                "texts": _texts.dump_python(list(self.texts.values()), mode="json"),
                "infos": _infos.dump_python(self.infos, mode="json", exclude_none=True),
                "boards": self.boards,
                "findings": [asdict(finding) for finding in self.findings],
                "mentions": _mentions.dump_python(self.mentions, mode="json"),
                "replaced": _mentions.dump_python(self.replaced, mode="json"),
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_line(cls, line: str) -> "Rendered":
        """An answer from its line; ValueError when it is none."""
        held: dict[str, Any] = json.loads(line)
        texts = _texts.validate_python(held["texts"], strict=False)
        return cls(
            texts={(kind, text.language): text for kind, text in zip(held["kinds"], texts, strict=True)},
            infos=_infos.validate_python(held["infos"]),
            boards=held["boards"],
            findings=tuple(_findings.validate_python(held["findings"])),
            mentions=_mentions.validate_python(held["mentions"]),
            replaced=_mentions.validate_python(held["replaced"]),
        )
