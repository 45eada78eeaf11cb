"""What is logged, and what never is."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from broadcaster import observe


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    observe.set_up(stream=written)
    yield written
    structlog.reset_defaults()
    root.handlers, root.level = before


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_its_level_and_an_instant_in_utc(stream: io.StringIO) -> None:
    structlog.get_logger().info("alert approved", alert="01h")
    structlog.get_logger().debug("too fine")
    (line,) = _lines(stream)
    assert (line["event"], line["alert"], line["level"]) == ("alert approved", "01h", "info")
    assert line["timestamp"].endswith("Z")


def test_an_error_is_named_by_its_type_and_place_and_not_by_its_words(stream: io.StringIO) -> None:
    try:
        int("+31612345678x")
    except ValueError:
        structlog.get_logger().exception("a tick failed", tick="expand")
    (line,) = _lines(stream)
    assert line["error"] == "ValueError"
    assert line["raised_at"].startswith("test_observe.py:")
    assert "+316" not in stream.getvalue()


def test_a_library_is_named_and_not_quoted(stream: io.StringIO) -> None:
    try:
        int("+31612345678x")
    except ValueError:
        logging.getLogger("aiohttp.server").exception("request of %s", "+31612345678")
    logging.getLogger("aiohttp.access").info("GET /hooks/sms.primary/secret")
    (line,) = _lines(stream)
    assert (line["library"], line["error"], line["level"]) == ("aiohttp.server", "ValueError", "error")
    assert "+316" not in stream.getvalue()
