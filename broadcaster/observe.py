"""Logging: structured, to standard error, without addresses and secrets.

Log what happened with ids (`log.info("alert-approved", alert=id)`), never with what people wrote
or where they live: then nothing needs to be filtered out afterwards.
"""

import logging
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor


def set_up(*, as_json: bool | None = None, level: str = "info", stream: TextIO = sys.stderr) -> None:
    """Log to `stream`: JSON lines, or text when that is a terminal and `as_json` does not say otherwise."""
    plain = stream.isatty() if as_json is None else not as_json
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=False) if plain else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_it_broke,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    # What libraries say goes the same way, from warnings up: their debug lines quote requests.
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s", force=True)


def logger(name: str) -> FilteringBoundLogger:
    """The log of one part of the house."""
    return cast(FilteringBoundLogger, structlog.get_logger(part=name))


def _where_it_broke(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Turn an exception into its type and place: its message may quote an address or a secret."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            event["at"] = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    return event
