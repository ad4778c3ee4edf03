"""Sends something to a witness or a time-stamping authority and reads the answer, in a bounded
time and of a bounded size.
"""

import http.client
import time
from contextlib import closing
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from lrs import __version__

SECONDS: Final = 10.0  # from connecting to the end of the answer
MOST_BYTES: Final = 64 * 1024
CHUNK_BYTES: Final = 4096
TEXT: Final = "text/plain; charset=utf-8"


class NotReached(Exception):
    """No whole answer came; says why."""


class Answer(NamedTuple):
    status: int
    body: bytes


def post(url: str, body: bytes, *, kind: str = TEXT, seconds: float = SECONDS) -> Answer:
    """Send a body of a media type and return the answer, whatever its status; redirects are not
    followed.

    Raises NotReached.
    """
    deadline = time.monotonic() + seconds
    headers = {"Content-Type": kind, "User-Agent": f"hocba/{__version__}"}
    try:
        parts = urlsplit(url)
        is_secret = parts.scheme == "https"
        connect = http.client.HTTPSConnection if is_secret else http.client.HTTPConnection
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with closing(connect(parts.hostname or "", parts.port, timeout=seconds)) as connection:
            connection.request("POST", target, body, headers)
            _allow(connection, deadline)
            with connection.getresponse() as answer:
                content = b""
                while chunk := answer.read1(CHUNK_BYTES):
                    content += chunk
                    if len(content) > MOST_BYTES:
                        raise NotReached(f"the answer is longer than {MOST_BYTES} bytes")
                    _allow(connection, deadline)
                return Answer(answer.status, content)
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: of the URL
        raise NotReached(str(error) or type(error).__name__) from None


def _allow(connection: http.client.HTTPConnection, deadline: float) -> None:
    """Let the next piece take what is left of the time."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer took too long")
    if connection.sock is not None:  # it is gone once the answer is known to be whole
        connection.sock.settimeout(left)
