"""The corpora, as tests take them."""

import tomllib
from pathlib import Path
from typing import Any


def corpus(name: str) -> dict[str, list[dict[str, Any]]]:
    """The entries of a file here, by kind."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def named(name: str) -> list[Any]:
    """Every entry of a file here; its `why` names it."""
    return [entry for entries in corpus(name).values() for entry in entries]
