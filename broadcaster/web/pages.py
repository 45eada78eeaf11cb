"""Pages for people, as answers."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment

from broadcaster.pages.html import HEADERS, POLICY, environment
from broadcaster.store.answers import Answer

__all__ = ["POLICY", "environment", "page"]


def page(
    templates: Environment, name: str, values: Mapping[str, Any], status_code: int = 200, **headers: str
) -> Answer:
    """A page as an answer. Headers are named with underscores."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Answer(status_code, templates.get_template(name).render(values), dict(HEADERS) | named)
