"""Logs tell what happened to a request and nothing of what was in it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lrs.logs import RequestLog, configure_logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    for name in ("lrs", "uvicorn"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def answer(request: Request) -> PlainTextResponse:
    await request.body()
    structlog.get_logger("lrs.test").warning("seen")
    return PlainTextResponse("", status_code=int(request.path_params["status"]))


async def ask(path: str, **headers: str) -> httpx.Response:
    app = RequestLog(Starlette(routes=[Route("/{status}", answer, methods=["POST"])]))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://store") as client:
        return await client.post(path, content=b"body of a person", headers=headers)


def test_a_message_is_one_json_object_with_level_time_and_logger() -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    structlog.get_logger("lrs.store").info("opened", position=7, name="Học bạ")
    (line,) = written(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "opened",
        "level": "info",
        "logger": "lrs.store",
        "name": "Học bạ",
        "position": 7,
    }


def test_messages_of_the_server_come_out_in_the_same_form() -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s", "127.0.0.1")
    assert [(line["event"], line["logger"]) for line in written(stream)] == [
        ("Uvicorn running on 127.0.0.1", "uvicorn.error")
    ]


def test_below_the_level_nothing_is_written_and_of_libraries_only_warnings() -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    structlog.get_logger("lrs.store").debug("a detail")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    logging.getLogger("sqlalchemy.engine").warning("lost")
    assert [line["event"] for line in written(stream)] == ["lost"]


def test_a_value_that_must_not_be_written_is_hidden() -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    structlog.get_logger("lrs").info("refused", secret="s3cret", body=b"mailto:lan@example.vn")
    assert "s3cret" not in stream.getvalue()
    assert "lan@" not in stream.getvalue()


def test_an_exception_is_written_with_its_traceback() -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    try:
        raise ValueError("wrong")
    except ValueError:
        structlog.get_logger("lrs").exception("failed")
    (line,) = written(stream)
    assert line["exception"].endswith("ValueError: wrong")


def test_a_terminal_gets_text() -> None:
    stream = Terminal()
    configure_logs("info", stream)
    structlog.get_logger("lrs").info("opened")
    assert "opened" in stream.getvalue()
    assert "{" not in stream.getvalue()


async def test_a_request_is_logged_without_its_query_body_and_headers() -> None:
    stream = io.StringIO()
    configure_logs("debug", stream)
    response = await ask("/204?agent=mailto:lan@example.vn", authorization="Basic c2VjcmV0")
    line = written(stream)[-1]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/204", 204)
    assert line["request_id"] == response.headers["x-request-id"]
    for private in ("lan@", "c2VjcmV0", "body of"):
        assert private not in stream.getvalue()


async def test_every_message_of_a_request_has_the_id_its_caller_chose() -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    response = await ask("/404", **{"x-request-id": "sent-by.caller_1"})
    assert response.headers["x-request-id"] == "sent-by.caller_1"
    assert [(line["event"], line["request_id"]) for line in written(stream)] == [
        ("seen", "sent-by.caller_1"),
        ("request", "sent-by.caller_1"),
    ]


async def test_an_id_that_is_no_plain_word_is_replaced() -> None:
    configure_logs("error", io.StringIO())
    response = await ask("/200", **{"x-request-id": 'x" y'})
    assert response.headers["x-request-id"].isalnum()


@pytest.mark.parametrize(("status", "events"), [(200, ["seen"]), (404, ["seen", "request"])])
async def test_at_info_only_refused_requests_are_logged(status: int, events: list[str]) -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    await ask(f"/{status}")
    assert [line["event"] for line in written(stream)] == events
