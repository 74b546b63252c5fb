"""Logs: one JSON object a line, or readable lines in a terminal; ids bound to the context stand on every line."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable

import orjson
import structlog

bind = structlog.contextvars.bind_contextvars
bound = structlog.contextvars.bound_contextvars


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger(name)


def configure_logs(*, process: str, level: str = "INFO", pretty: bool | None = None) -> None:
    """Route structlog and the standard library's loggers to stderr, once a process. Safe to repeat."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    if sys.stderr.isatty() if pretty is None else pretty:
        render = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    else:
        render = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]

    def name_process(_logger: object, _method: str, event: dict) -> dict:
        return {**event, "process": process}

    # Where in the code, in which thread and task a line was logged is found out for every line, and no line says it.
    # (docs.python.org, Logging HOWTO, Optimization)
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = logging.logAsyncioTasks = False
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, name_process, *render],
    ))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # of a database that is away, our own line is enough
    for noisy in ("httpx", "httpx2", "httpcore", "LiteLLM", "mcp", "uvicorn.access", "asyncio", "mail.log"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def _json(line: dict, default: Callable[[object], object]) -> str:
    try:
        return orjson.dumps(line, default=default, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except TypeError:  # half a character, a number beyond 64 bits: a log takes what comes
        return json.dumps(line, default=default)
