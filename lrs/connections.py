"""HTTP connections that cannot keep the server waiting.

uvicorn bounds how long a connection idles between two requests. It does not bound how long the head
of a request (its first line and its headers) may take to arrive, nor how large it may be, so a
client that sends one byte a minute would hold a connection for ever. Bodies are bounded by the
endpoint. And it sends the head and the body of an answer by two calls of the kernel, which wake the
client twice; here they leave as one.
"""

import asyncio
from asyncio import TimerHandle
from typing import Any, Final, cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_SECONDS: Final = 10.0  # for the head of a request to arrive
HEAD_BYTES: Final = 65_536  # the largest head; a query by agent takes a few hundred
LARGE_BODY: Final = 65_536  # bytes; copying more costs more than a call
REASONS: Final = {
    408: "Dòng yêu cầu và header đến quá chậm. The request line and headers came too slowly.",
    431: "Dòng yêu cầu và header quá lớn. The request line and headers are too large.",
}


class OneWrite:
    """A transport that keeps the head of an answer until the first of its body, or its end, is
    there.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            head, self._head = self._head, b""
            if len(data) > LARGE_BODY:
                self._transport.write(head)
                self._transport.write(data)
            else:
                self._transport.write(head + data)
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 100"):
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """uvicorn's connection; a head that is slow or large ends it.

    A head that arrives in one piece, as nearly all do, costs no timer.
    """

    head_seconds = HEAD_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = False
        self._head_bytes = 0
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(cast("asyncio.Transport", OneWrite(transport)))
        self._head_timer = self.loop.call_later(self.head_seconds, self._head_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431)
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(self.head_seconds, self._head_late)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        if self._head_timer is not None:
            self._stop_head_timer()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        cast(OneWrite, self.transport).flush()
        super().on_response_complete()

    def _head_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if not getattr(self.cycle, "response_complete", True):
            # We stopped reading: the answer to the request before is still under way.
            self._head_timer = self.loop.call_later(self.head_seconds, self._head_late)
        elif self._in_head:
            self._refuse(408)
        else:
            self.transport.close()  # connected, and never said a word

    def _refuse(self, status: int) -> None:
        self._stop_head_timer()
        problem = {"type": "about:blank", "title": REASONS[status], "status": status}
        body = orjson.dumps(problem)
        self.transport.write(
            STATUS_LINE[status]
            + b"content-type: application/problem+json\r\nconnection: close\r\ncontent-length: "
            + str(len(body)).encode()
            + b"\r\n\r\n"
            + body
        )
        self.transport.close()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
