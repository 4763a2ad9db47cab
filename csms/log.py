"""Structured logging: one line of JSON per fact on stderr; text for people if it is a terminal.

Keys: station_id evse_id transaction_id message_id plan_id site_id. No payloads, no secrets.
"""

import json
import logging
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO, cast

import orjson
import structlog


def _json(event: object, **_: object) -> str:
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a lone surrogate, an integer of more than 64 bits
        return json.dumps(event, default=str)


@dataclass(frozen=True, eq=False)
class _Forgiving:
    """A stream whose writer never hears of a full disk: what it was about to say is less than what
    it was about to do."""

    stream: TextIO

    def write(self, text: str) -> None:
        with suppress(OSError):
            self.stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self.stream.flush()


def configure(level: str = "INFO", stream: TextIO = sys.stderr) -> None:
    """Set up logging for this process; libraries' warnings come out the same way."""
    for_people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    for_programs = structlog.processors.JSONRenderer(serializer=_json)
    renderer: structlog.types.Processor = for_people if stream.isatty() else for_programs
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if stream.isatty() else [structlog.processors.format_exc_info]),
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Forgiving(stream))),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
