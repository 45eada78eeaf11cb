"""Logging: structured, to standard error, without addresses and secrets.

Log what happened with ids (`log.info("alert approved", alert=id)`), never with what people wrote or
where they live: then nothing needs to be filtered out afterwards. What others wrote into an error or
into a library's log line is never repeated, only where it came from.
"""

import logging
import sys
from pathlib import Path
from types import TracebackType
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor


def set_up(*, as_json: bool | None = None, stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error): text on a terminal and JSON lines elsewhere, unless `as_json` says."""
    stream = stream or sys.stderr
    as_json = not stream.isatty() if as_json is None else as_json
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_the_error,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)


def logger(part: str) -> FilteringBoundLogger:
    """The log of one part of the house."""
    return cast(FilteringBoundLogger, structlog.get_logger(part=part))


class _Libraries(logging.Handler):
    """What a library warned of: which, and where in it. Its words may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        at = f"{Path(record.pathname).name}:{record.lineno}"
        log = structlog.get_logger(library=record.name, said_at=at)
        log.log(record.levelno, "a library gave a warning", exc_info=record.exc_info)


def _name_the_error(_logger: object, _method: str, event: EventDict) -> EventDict:
    """In place of a traceback: the error's type and the place it was raised."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else None
    if isinstance(given, tuple):
        error = given[1]
    if error is not None:
        event["error"], event["raised_at"] = type(error).__name__, _place(error.__traceback__)
    return event


def _place(trace: TracebackType | None) -> str | None:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else None
