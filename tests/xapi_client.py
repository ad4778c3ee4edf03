"""A client of xAPI for tests: what client libraries do, and nothing to hide what was answered.

It speaks to a store in this process (``store_in_this_process``) as to one behind a real socket.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import orjson
from anyio.from_thread import BlockingPortal, start_blocking_portal

from lrs.app import create_app
from lrs.settings import Settings
from lrs.store import Store

KEY, SECRET = "set-up", "correct horse battery staple"
HOME = "https://lrs.example"
STATEMENTS = "/xapi/statements"
JSON = {"Content-Type": "application/json"}

Json = dict[str, Any]


class InThisProcess(httpx.BaseTransport):
    """Requests to an application on an event loop of its own; its exceptions are the test's."""

    def __init__(self, app: Any, portal: BlockingPortal) -> None:
        self._asgi = httpx.ASGITransport(app)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._asgi.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


class Client:
    """One credential, one version of xAPI; ``http`` sends whatever a test wants to send itself."""

    def __init__(self, http: httpx.Client, store: Store | None = None) -> None:
        self.http = http
        self._store = store

    @property
    def store(self) -> Store:
        assert self._store is not None, "the store is in another process"
        return self._store

    def at(self, version: str) -> "Client":
        """The same client of another version of xAPI."""
        return self.with_headers({"X-Experience-API-Version": version})

    def with_headers(self, headers: Mapping[str, str]) -> "Client":
        """The same client, which sends these headers as well."""
        changed = self.http.headers.copy()
        changed.update(headers)
        return self._like(headers=changed)

    def signed_in(self, auth: tuple[str, str] | None) -> "Client":
        """The same client with another credential, or with none."""
        return self._like(auth=auth)

    def with_scopes(self, *scopes: str) -> "Client":
        """The same client with a new credential that may do this."""
        issued = self.store.credentials.issue(f"for {', '.join(scopes)}", scopes)
        return self.signed_in((issued.key, issued.secret))

    def _like(self, **changed: Any) -> "Client":
        same: dict[str, Any] = {"headers": self.http.headers, "auth": self.http.auth}
        http = httpx.Client(
            transport=self.http._transport, base_url=self.http.base_url, **{**same, **changed}
        )
        return type(self)(http, self._store)

    def send(self, *statements: Json) -> list[str]:
        """Store statements, and return their ids."""
        content = orjson.dumps(list(statements))
        return list(good(self.http.post(STATEMENTS, content=content, headers=JSON)).json())

    def put(self, statement: Json) -> httpx.Response:
        return self.http.put(
            STATEMENTS,
            params={"statementId": statement["id"]},
            content=orjson.dumps(statement),
            headers=JSON,
        )

    def get(self, **parameters: Any) -> httpx.Response:
        return self.http.get(STATEMENTS, params=parameters)

    def one(self, statement_id: str, **parameters: str) -> Json:
        return dict(good(self.get(statementId=statement_id, **parameters)).json())

    def pages(self, **parameters: Any) -> Iterator[list[Json]]:
        """Every page of a query, following ``more`` with the usual headers only."""
        answer = good(self.get(**parameters)).json()
        yield answer["statements"]
        links: set[str] = set()
        while answer["more"]:
            assert not urlsplit(answer["more"]).netloc
            assert answer["more"] not in links, "the pages go round in a circle"
            links.add(answer["more"])
            answer = good(self.http.get(answer["more"])).json()
            yield answer["statements"]

    def find(self, **parameters: Any) -> list[str]:
        """The ids of all statements that answer a query."""
        return [found["id"] for page in self.pages(**parameters) for found in page]


def good(answer: httpx.Response) -> httpx.Response:
    """The answer, which must not be a refusal."""
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return answer


def problems(answer: httpx.Response) -> list[Json]:
    """What a refusal says, which must be problem details in a version of xAPI."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.headers["x-experience-api-version"] in ("1.0.3", "2.0.0")
    said = answer.json()
    assert said["status"] == answer.status_code >= 400
    assert said["title"]
    assert said["problems"]
    return list(said["problems"])


def rules(answer: httpx.Response) -> list[str]:
    return [problem["rule"] for problem in problems(answer)]


class StoreInThisProcess:
    """A store, its application, and clients of both."""

    def __init__(self, database_url: str, portal: BlockingPortal, **settings: Any) -> None:
        chosen: dict[str, Any] = {
            "database_url": database_url,
            "base_url": HOME,
            "api_key_default": KEY,
            "api_secret_default": SECRET,
            "pepper": "the same for all tests",
            "rate_limit": 0,
            **settings,
        }
        self.store = Store(Settings(**chosen), on_failure=lambda error: None)
        self.transport = InThisProcess(create_app(self.store.settings, self.store), portal)

    def client(self, version: str = "1.0.3") -> Client:
        """A client that may do everything."""
        http = httpx.Client(
            transport=self.transport,
            base_url=HOME,
            auth=(KEY, SECRET),
            headers={"X-Experience-API-Version": version, "Accept-Language": "en"},
        )
        return Client(http, self.store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()


@contextmanager
def store_in_this_process(database_url: str, **settings: Any) -> Iterator[StoreInThisProcess]:
    with (
        start_blocking_portal("asyncio", {"use_uvloop": True}) as portal,
        StoreInThisProcess(database_url, portal, **settings) as running,
    ):
        yield running


def agent(name: str | None = None) -> Json:
    """An Agent nobody else is."""
    account = {"homePage": "https://sso.bvhttdl.example", "name": name or uuid4().hex}
    return {"objectType": "Agent", "account": account}


def iri(kind: str = "courses") -> str:
    """An IRI nothing else has."""
    return f"https://lms.bvhttdl.example/{kind}/{uuid4()}"


def as_parameter(value: Any) -> str:
    return orjson.dumps(value).decode()


def new_id() -> str:
    return str(uuid4())


def multipart(
    statements: bytes, parts: Sequence[tuple[dict[str, str], bytes]], boundary: str = "a-boundary"
) -> tuple[bytes, dict[str, str]]:
    """A body of statements and parts, and the headers of its request."""
    line = f"--{boundary}\r\n".encode()
    pieces = [line, b"Content-Type: application/json\r\n\r\n", statements, b"\r\n"]
    for headers, content in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        pieces += [line, head.encode(), b"\r\n", content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), {"Content-Type": f"multipart/mixed; boundary={boundary}"}
