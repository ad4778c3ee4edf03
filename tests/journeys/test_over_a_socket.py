"""What only a real connection shows: bodies of HEAD, chunks, bytes that no client library sends."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.examples import statement
from tests.servers import KEY, SECRET, Server
from tests.xapi_client import as_parameter, iri

VERSION = "X-Experience-API-Version: 1.0.3"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("socket")
    with Server(f"sqlite:///{directory / 'hocba.db'}", directory) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def exchange(server: Server, request: bytes, *, cut: bool = False) -> tuple[bytes, bytes]:
    """The head and the body of an answer; with ``cut`` nothing more is sent after the request."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        if cut:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def request_of(method: str, target: bytes, *headers: str, body: bytes = b"") -> bytes:
    basic = httpx.BasicAuth(KEY, SECRET)._auth_header
    lines = [
        method.encode() + b" " + target + b" HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Connection: close",
        f"Authorization: {basic}".encode(),
        VERSION.encode(),
        *(header.encode("latin-1") for header in headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


PATHS = (
    b"/xapi/statements?limit=1",
    b"/xapi/statements?limit=x",
    b"/xapi/about",
    b"/xapi/agents?agent=%7B%22mbox%22%3A%22mailto%3Aa%40b.example%22%7D",
    b"/xapi/activities?activityId=http%3A%2F%2Fx.example",
)


@pytest.mark.parametrize("target", PATHS)
def test_head_has_no_body_and_says_how_long_it_would_be(server: Server, target: bytes) -> None:
    get_head, get_body = exchange(server, request_of("GET", target))
    head, body = exchange(server, request_of("HEAD", target))
    assert get_body
    assert body == b""
    assert head.split(b"\r\n")[0] == get_head.split(b"\r\n")[0]
    assert f"content-length: {len(get_body)}".encode() in head.lower()


@pytest.mark.parametrize("target", PATHS)
def test_every_answer_has_one_date_and_one_version(server: Server, target: bytes) -> None:
    head, _ = exchange(server, request_of("GET", target))
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert names.count(b"date") == 1
    assert names.count(b"x-experience-api-version") == 1


def test_an_address_that_was_not_percent_encoded_is_refused(server: Server) -> None:
    """It must not be taken for another one."""
    for verb in (f"{iri('verbs')}/đã-học".encode(), b"http://x.example/\xff\xfe"):
        head, _ = exchange(server, request_of("GET", b"/xapi/statements?verb=" + verb))
        assert head.startswith(b"HTTP/1.1 400")


def test_a_body_may_come_in_chunks(client: httpx.Client) -> None:
    text = as_parameter(statement()).encode()

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(text), 100):
            yield text[start : start + 100]

    headers = {"Content-Type": "application/json"}
    assert client.post("/statements", content=chunks(), headers=headers).status_code == 200


def test_a_body_that_does_not_announce_its_length_is_measured(client: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(6):
            yield b" " * MEGABYTE

    headers = {"Content-Type": "application/json"}
    answer = client.post("/statements", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["problems"][0]["rule"] == "body-too-large"


def test_a_client_that_leaves_in_the_middle_has_stored_nothing(
    server: Server, client: httpx.Client
) -> None:
    verb = iri("verbs")
    text = as_parameter(statement(verb={"id": verb})).encode()
    label = "Content-Type: application/json"
    for length in (len(text) + 1, 10 * len(text)):
        announced = f"Content-Length: {length}"
        whole = request_of("POST", b"/xapi/statements", label, announced, body=text)
        exchange(server, whole, cut=True)
    assert client.get("/statements", params={"verb": verb}).json()["statements"] == []


@pytest.mark.parametrize(
    "header",
    [
        "Content-Length: \xb2",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999999",
        "Content-Length: 0x10",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
    ],
)
def test_a_length_nobody_can_read_ends_the_exchange(server: Server, header: str) -> None:
    label = "Content-Type: application/json"
    sent = request_of("POST", b"/xapi/statements", label, header, body=b"0\r\n\r\n")
    head, _ = exchange(server, sent, cut=True)
    assert not head.startswith((b"HTTP/1.1 5", b"HTTP/1.1 2"))


def test_a_browser_on_another_site_may_ask(client: httpx.Client) -> None:
    asked = {
        "Origin": "https://course.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type,x-experience-api-version",
    }
    answer = client.options("/statements", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in ("*", "https://course.example")
    assert "PUT" in answer.headers["access-control-allow-methods"]
    answer = client.get("/statements?limit=1", headers={"Origin": "https://course.example"})
    exposed = answer.headers["access-control-expose-headers"].lower()
    for name in ("x-experience-api-consistent-through", "etag", "last-modified"):
        assert name in exposed
