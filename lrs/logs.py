"""Logs: one JSON object a line on standard error, or coloured text when that is a terminal.

What is logged is about requests, never from them: no body, no header, no query (it holds people's
identifiers). Other libraries' messages, uvicorn's among them, come out in the same form.
"""

import logging
import re
import sys
import time
from contextvars import ContextVar
from typing import Final, TextIO

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor, WrappedLogger

from lrs.random_ids import random_16

HIDDEN: Final = frozenset(
    ("authorization", "body", "cookie", "password", "pepper", "query", "secret", "statement")
)
"""Names of values that are never written, should somebody log them after all."""

REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")

CURRENT: ContextVar[bytes] = ContextVar("request_id", default=b"")

logger = structlog.stdlib.get_logger("lrs.requests")


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send the log messages of this process to ``stream`` (standard error).

    ``level`` counts for the store and its server; of other libraries only warnings are written.
    """
    stream = sys.stderr if stream is None else stream
    described: list[Processor] = [
        name_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_values,
    ]
    written: list[Processor] = (
        [console_renderer()]
        if stream.isatty()
        else [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *described,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    output = logging.StreamHandler(stream)
    output.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=described,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    logging.root.handlers[:] = [output]
    logging.root.setLevel(logging.WARNING)
    for name in ("lrs", "uvicorn"):
        logging.getLogger(name).setLevel(level.upper())


def console_renderer() -> structlog.dev.ConsoleRenderer:
    """For a person's eyes. Of a failure the lines of code, not what their variables held: that is
    what people said and who they are.
    """
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def name_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Say during which request it was logged."""
    if request_id := CURRENT.get():
        event["request_id"] = request_id.decode()
    return event


def hide_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Put a mark in place of what must not be written."""
    for name in HIDDEN & event.keys():
        event[name] = "[hidden]"
    return event


class RequestLog:
    """Gives every request an id and logs it: refused ones at ``info``, others at ``debug``.

    The id is the caller's X-Request-Id where that is a plain word, else a new one. It is in the
    answer and in every message logged for the request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began = time.perf_counter()
        request_id = _request_id(scope)
        CURRENT.set(request_id)
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            level = _level(status)
            if logging.getLogger("lrs.requests").isEnabledFor(level):
                logger.log(
                    level,
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round(1000 * (time.perf_counter() - began), 2),
                )


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return bytes(value)
    return random_16().hex().encode()


def _level(status: int) -> int:
    match status // 100:
        case 5:
            return logging.ERROR
        case 4:
            return logging.INFO
        case _:
            return logging.DEBUG
