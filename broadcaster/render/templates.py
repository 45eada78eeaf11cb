"""The template files: read once, compiled when used, never anything but files of the house.

Drafts are data: no text of an officer is ever compiled. What templates may do is little (an
allow-list, OWASP ASVS 5.0, 1.3.7): no globals, a handful of filters, no arithmetic that grows. What
remains (loops) is bounded by the process they run in, see `limited`.
"""

import tomllib
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined, Template, meta
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from broadcaster import data
from broadcaster.render.languages import tag
from broadcaster.render.words import Dictionary, Words

_FOLDERS = ("layouts", "scenarios")
_SUFFIXES = {".txt", ".html", ".toml"}
_SENTENCE_ENDS = (".", "!", "?", "…", "؟", ":", "。")
UNREADABLE = "= this file cannot be read as UTF-8 text"
"""Stands for such a file; it is no TOML either."""
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


_OWN_FILTERS: dict[str, Callable[..., Any]] = {
    "sentence": sentence,
    "one_line": one_line,
    "paragraphs": paragraphs,
    "tag": tag,
}


class Templates:
    """The files below `layouts/` and `scenarios/` of one folder, as they were when it was made.

    own: a folder of scenarios of the municipality, laid over them (see `overlaid`), but for those in `without`.
    left_out: scenarios of it that are broken and that nobody may use, ours of the same name neither.
    """

    def __init__(self, folder: Path, own: Path | None = None, without: Collection[str] = ()) -> None:
        house = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in _files(folder)}
        laid = {} if own is None else _own_files(own, without)
        self.sources = overlaid(house, laid)
        self.own = frozenset(path.split("/")[1] for path in laid)
        self.left_out: frozenset[str] = frozenset()
        self.words: dict[str, Words] = Dictionary.validate_python(self.table("layouts/words.toml"))
        self._environment = _environment(self.sources)
        self._compiled: dict[str, Template] = {}

    def leave_out(self, names: Collection[str]) -> None:
        """Take these scenarios away; to be called before anything is rendered."""
        self.left_out |= frozenset(names)
        for path in [path for path in self.sources if path.startswith("scenarios/") and path.split("/")[1] in names]:
            del self.sources[path]

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
        if source not in self._compiled:
            self._compiled[source] = self._environment.from_string(source)
        return self._compiled[source].render(context)

    def holes(self, source: str) -> set[str]:
        """The names that one text of a scenario file takes; TemplateError when it is none. Runs nothing."""
        self._environment.compile(source)  # an unknown filter shows only here
        return meta.find_undeclared_variables(self._environment.parse(source))


def overlaid(house: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The files of the house with those of a municipality over them, by path.

    A folder with a `scenario.toml` is a whole scenario: it replaces ours of that name, or is a new one. A folder
    without one adds its languages to ours, or replaces the texts in them.
    """
    replaced = {path.removesuffix("scenario.toml") for path in own if path.endswith("/scenario.toml")}
    kept = {path: text for path, text in house.items() if not path.startswith(tuple(replaced))}
    return kept | dict(own)


def _own_files(folder: Path, without: Collection[str]) -> dict[str, str]:
    """The scenario files of a municipality, named as ours are."""
    found = sorted(path for path in folder.glob("*/*.toml") if path.is_file() and path.parent.name not in without)
    return {f"scenarios/{path.parent.name}/{path.name}": _text(path) for path in found}


def _text(path: Path) -> str:
    """A file that is not ours: what cannot be read is told as what it is, and costs its own scenario alone."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return UNREADABLE


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
    """Those that ship with the program, and nothing else."""
    return Templates(data.find("templates"))
