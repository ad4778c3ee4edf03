"""One xAPI request, whichever way it came in.

The alternate request syntax of 1.0.x (a POST whose form holds the method's headers, parameters and
content; xAPI-Communication 1.3) is undone here, so that a resource sees one shape only.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from lrs.errors import BodyTooLarge, InvalidRequest, UnsupportedMediaType
from schemas.problems import Problem
from schemas.rules import Language, Version

if TYPE_CHECKING:
    from lrs.auth.credentials import Credential
    from lrs.store import Store

VERSION_HEADER = "x-experience-api-version"
CONSISTENT_THROUGH = "x-experience-api-consistent-through"
LATEST: Mapping[Version, str] = {"1.0": "1.0.3", "2.0": "2.0.0"}
FORM_HEADERS = frozenset(
    (
        "authorization",
        VERSION_HEADER,
        "content-type",
        "content-length",
        "if-match",
        "if-none-match",
        "accept",
        "accept-language",
    )
)

OF_THE_FORM = frozenset(("content-type", "content-length"))
"""Headers that speak of the form itself, not of the request in it."""


@dataclass(slots=True)
class XapiRequest:
    """A request as its resource sees it; header names are lower case."""

    store: "Store"
    method: str
    parameters: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    version: Version = "1.0"
    language: Language = "vi"
    credential: "Credential | None" = None
    head_only: bool = False  # a HEAD in a form, whose answer the server would send whole

    @property
    def asker(self) -> "Credential":
        """The credential of a request that was authenticated."""
        assert self.credential is not None
        return self.credential


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of a resource takes; ``scopes`` are alternatives, none means open to all."""

    answer: Callable[[XapiRequest], Awaitable[Response]]
    scopes: frozenset[str]
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", self.required | self.optional)


Resource = Mapping[str, Operation]


def headers_of(request: Request) -> dict[str, str]:
    """Its headers as a plain dict: they are looked up a dozen times."""
    return {
        name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]
    }


async def read_request(
    store: "Store", request: Request, headers: Mapping[str, str], *, limit: int
) -> XapiRequest:
    """Take a request in, whole, and undo the alternate syntax.

    Raises BodyTooLarge past ``limit`` bytes, UnsupportedMediaType for a coded body, InvalidRequest
    for parameters that cannot be read.
    """
    body = await read_body(request, headers, limit)
    query = request.scope["query_string"]
    parameters = read_parameters(query) if query else {}
    method = request.method
    asked = XapiRequest(store, "GET" if method == "HEAD" else method, parameters, headers, body)
    if "method" in parameters:
        _undo_alternate_syntax(asked)
    return asked


async def read_body(request: Request, headers: Mapping[str, str], limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge past ``limit`` bytes, UnsupportedMediaType if coded."""
    coding = headers.get("content-encoding", "identity")
    if coding.lower() not in ("identity", ""):
        raise UnsupportedMediaType(
            Problem("", "content-encoding", coding), headers={"Accept-Encoding": "identity"}
        )
    announced = headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
        raise BodyTooLarge(Problem("", "body-too-large", int(announced[:20]), {"limit": limit}))
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(Problem("", "body-too-large", size, {"limit": limit}))
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def speaks_1_0(version: str) -> bool:
    return version == "1.0" or version.startswith("1.0.")


def speaks_2_0(version: str) -> bool:
    return version == "2.0" or version.startswith("2.0.")


def read_parameters(query: bytes) -> dict[str, str]:
    """Parameters by name. Raises InvalidRequest for a name given twice or text not in UTF-8."""
    try:
        text = query.decode()  # not every client percent-encodes
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        shown = query[:200].decode("latin-1")
        raise InvalidRequest(Problem("", "query-unreadable", shown)) from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        names = [name for name, _ in pairs]
        raise InvalidRequest(
            *(
                Problem("", "parameter-twice", name, {"parameter": name})
                for name in parameters
                if names.count(name) > 1
            )
        )
    return parameters


def _undo_alternate_syntax(asked: XapiRequest) -> None:
    _refuse_in_2_0(asked.headers)
    if asked.method != "POST":
        raise InvalidRequest(Problem("", "alternate-not-post", asked.method))
    if len(asked.parameters) > 1:
        extra = sorted(set(asked.parameters) - {"method"})
        raise InvalidRequest(
            *(Problem("", "alternate-extra-parameter", name, {"parameter": name}) for name in extra)
        )
    method = asked.parameters["method"]
    if method not in ("GET", "PUT", "POST", "DELETE", "HEAD"):
        raise InvalidRequest(Problem("", "alternate-method", method))
    try:
        form = read_parameters(asked.body)
    except InvalidRequest as refusal:
        raise InvalidRequest(Problem("", "alternate-form"), *refusal.problems) from refusal
    content = form.pop("content", None)
    if method in ("PUT", "POST") and content is None:
        raise InvalidRequest(Problem("", "alternate-no-content"))
    headers = {name: value for name, value in asked.headers.items() if name not in OF_THE_FORM}
    parameters = {}
    for name, value in form.items():
        if name.lower() in FORM_HEADERS:
            headers[name.lower()] = value
        else:
            parameters[name] = value
    _refuse_in_2_0(headers)
    headers.setdefault("content-type", "application/json")
    asked.head_only = method == "HEAD"
    asked.method = "GET" if asked.head_only else method
    asked.headers, asked.parameters = headers, parameters
    asked.body = b"" if content is None else content.encode()


def _refuse_in_2_0(headers: Mapping[str, str]) -> None:
    version = headers.get(VERSION_HEADER, "")
    if speaks_2_0(version):
        raise InvalidRequest(Problem("", "alternate-version", version))
