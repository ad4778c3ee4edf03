"""Slow and endless requests, sent over real sockets."""

import contextlib
import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest
import uvicorn

from lrs.connections import HEAD_BYTES, Connection

PATIENCE = 0.3  # seconds a head may take here


class Impatient(Connection):
    head_seconds = PATIENCE


async def answer(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        answer, loop="uvloop", http=Impatient, ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join()


def until_closed(connection: socket.socket) -> tuple[bytes, float]:
    """What comes until the server closes, and how long that took."""
    began = time.monotonic()
    connection.settimeout(5)
    received = b""
    while part := connection.recv(65_536):
        received += part
    return received, time.monotonic() - began


def test_a_head_that_comes_too_slowly_is_cut_off_with_a_reason(address):
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n")
        received, seconds = until_closed(connection)
    assert received.startswith(b"HTTP/1.1 408 ")
    assert b"too slowly" in received
    assert PATIENCE * 0.8 < seconds < PATIENCE * 5


def test_a_head_that_drips_gets_no_more_time_than_one_that_stops(address):
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        with contextlib.suppress(OSError):  # reset or broken pipe, as the kernel has it
            while time.monotonic() - began < 5:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.05)
    assert time.monotonic() - began < PATIENCE * 5


def test_a_connection_that_never_says_a_word_is_closed(address):
    with socket.create_connection(address) as connection:
        received, seconds = until_closed(connection)
    assert received == b""
    assert seconds < PATIENCE * 5


def test_a_second_head_on_the_same_connection_is_timed_too(address):
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\nGET / HTT")
        received, _ = until_closed(connection)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in received


def test_a_slow_body_is_none_of_the_heads_business(address):
    with socket.create_connection(address) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nab")
        time.sleep(PATIENCE * 2)
        connection.sendall(b"cd")
        connection.settimeout(5)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_an_idle_connection_between_requests_is_kept(address):
    with socket.create_connection(address) as connection:
        connection.settimeout(5)
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
            time.sleep(PATIENCE * 2)


def test_a_head_without_end_is_cut_off(address):
    with socket.create_connection(address) as connection:
        connection.settimeout(5)
        line = b"X-Long: " + b"x" * 4000 + b"\r\n"
        connection.sendall(b"GET / HTTP/1.1\r\n")
        sent = 0
        try:
            while sent < 20 * HEAD_BYTES:
                sent += connection.send(line)
            received = connection.recv(65_536)
        except OSError:
            received = b""
    assert sent < 20 * HEAD_BYTES or received.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_an_answer_arrives_whole(address, method, connection):
    with socket.create_connection(address) as client:
        client.settimeout(5)
        request = f"{method} / HTTP/1.1\r\nHost: here\r\nConnection: {connection}\r\n"
        client.sendall(f"{request}Content-Length: 5\r\n\r\nhello".encode())
        received = client.recv(65_536)
        assert received.startswith(b"HTTP/1.1 200 ")
        assert received.endswith(b"\r\n\r\n" if method == "HEAD" else b"\r\n\r\nhello")


def test_a_large_answer_arrives_whole(address):
    content = b"x" * 1_000_000
    with socket.create_connection(address) as client:
        client.settimeout(5)
        head = f"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: {len(content)}\r\n"
        client.sendall(f"{head}Connection: close\r\n\r\n".encode() + content)
        received, _ = until_closed(client)
        assert received.endswith(b"\r\n\r\n" + content)


def test_the_client_is_told_to_go_on_before_it_sends_the_body(address):
    with socket.create_connection(address) as client:
        client.settimeout(5)
        head = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        client.sendall(head)
        assert client.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hello")
        assert client.recv(65_536).endswith(b"\r\n\r\nhello")
