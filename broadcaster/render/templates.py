"""The template files: read once, compiled when used, never anything but files of the house.

Drafts are data: no text of an officer is ever compiled. What templates may do is little (an
allow-list, OWASP ASVS 5.0, 1.3.7): no globals, a handful of filters, no arithmetic that grows. What
remains (loops) is bounded by the process they run in, see `limited`.
"""

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined, Template
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from broadcaster import data
from broadcaster.render.words import Dictionary, Words

_FOLDERS = ("layouts", "scenarios")
_SUFFIXES = {".txt", ".html", ".toml"}
_SENTENCE_ENDS = (".", "!", "?", "…", "؟", ":", "。")
_KEPT_FILTERS = ("join", "replace", "trim")


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%", "//"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse what makes a long text or a large number out of a short one."""
        raise SecurityError(f"'{operator}' is not allowed in a template")


def sentence(text: str) -> str:
    """The text with a full stop, unless it ends its sentence itself."""
    return text if text.endswith(_SENTENCE_ENDS) else f"{text}."


def one_line(text: str) -> str:
    """The text with each run of blanks and line ends as one space."""
    return " ".join(text.split())


def paragraphs(text: str) -> list[list[str]]:
    """The paragraphs of a text (apart by an empty line), each as its lines."""
    return [block.split("\n") for block in text.split("\n\n") if block.strip()]


_OWN_FILTERS: dict[str, Callable[..., Any]] = {"sentence": sentence, "one_line": one_line, "paragraphs": paragraphs}


class Templates:
    """The files below `layouts/` and `scenarios/` of one folder, as they were when it was made."""

    def __init__(self, folder: Path) -> None:
        self.sources = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in _files(folder)}
        self.words: dict[str, Words] = Dictionary.validate_python(self.table("layouts/words.toml"))
        self._environment = _environment(self.sources)

    def table(self, name: str) -> dict[str, Any]:
        """A TOML file; KeyError when there is none, ValueError when it is broken."""
        return tomllib.loads(self.sources[name])

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self.sources

    def render(self, name: str, context: dict[str, Any]) -> str:
        """A template file with its holes filled; any exception may come of a bad one."""
        return self._environment.get_template(name).render(context)

    def render_text(self, source: str, context: dict[str, Any]) -> str:
        """One text of a scenario file with its holes filled."""
        template: Template = self._environment.from_string(source)
        return template.render(context)


def _files(folder: Path) -> list[Path]:
    return sorted(path for name in _FOLDERS for path in (folder / name).rglob("*") if path.suffix in _SUFFIXES)


def _environment(sources: dict[str, str]) -> ImmutableSandboxedEnvironment:
    environment = _Sandbox(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _KEPT_FILTERS} | _OWN_FILTERS
    return environment


@lru_cache(maxsize=1)
def house_templates() -> Templates:
    """Those that ship with the program."""
    return Templates(data.find("templates"))
