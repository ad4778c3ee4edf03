"""What every xAPI request goes through: version, credential, scopes, parameters, refusals,
headers.
"""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from lrs.auth.credentials import Credential
from lrs.errors import (
    RESPONSES,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    NotPermitted,
    Refusal,
    Unavailable,
)
from lrs.log.writer import LogBusy, LogUnavailable
from lrs.rules import RULES as REQUEST_RULES
from lrs.xapi.request import (
    CONSISTENT_THROUGH,
    LATEST,
    VERSION_HEADER,
    Operation,
    Resource,
    XapiRequest,
    headers_of,
    read_request,
    speaks_1_0,
    speaks_2_0,
)
from schemas.json_text import InvalidJson
from schemas.problems import Problem, render
from schemas.rules import RULES, Language, Rule, Version

if TYPE_CHECKING:
    from lrs.store import Store

ALL_RULES: Mapping[str, Rule] = {**RULES, **REQUEST_RULES}
BODY_SECONDS = 60  # for a body to arrive
MOST_LISTED = 1000  # problems in one answer
logger = structlog.get_logger(__name__)


class Endpoint:
    """One resource as an ASGI-style handler for every method."""

    def __init__(
        self, store: "Store", resource: Resource, *, consistent: bool, open_to_all: bool
    ) -> None:
        self._store = store
        self._resource = resource
        self._consistent = consistent
        self._open = open_to_all

    async def __call__(self, request: Request) -> Response:
        headers = headers_of(request)
        version: Version = _version_of(headers.get(VERSION_HEADER)) or "1.0"
        language = language_of(headers.get("accept-language"))
        asked = None
        try:
            async with asyncio.timeout(BODY_SECONDS):
                asked = await read_request(
                    self._store, request, headers, limit=self._store.settings.max_body_bytes
                )
            language = asked.language = language_of(asked.headers.get("accept-language"))
            operation = self._operation(asked.method)
            if not self._open:
                version = asked.version = self._version(asked)
                self._admit(asked, operation)
            check_parameters(asked, operation)
            if self._consistent and asked.method == "GET":
                await self._store.refresh()
            response = await operation.answer(asked)
        except Refusal as refusal:
            response = refusal_response(refusal, language, version)
        except InvalidJson as invalid:
            response = refusal_response(InvalidRequest(*invalid.problems), language, version)
        except LogBusy:
            response = refusal_response(
                Unavailable(Problem("", "log-busy"), headers={"Retry-After": "1"}),
                language,
                version,
            )
        except LogUnavailable:
            response = refusal_response(
                Unavailable(Problem("", "log-unavailable"), headers={"Retry-After": "5"}),
                language,
                version,
            )
        except TimeoutError:
            response = refusal_response(
                InvalidRequest(Problem("", "body-too-slow", None, {"seconds": BODY_SECONDS})),
                language,
                version,
            )
        except ClientDisconnect:
            return Response(status_code=400)
        except (*self._store.log.server_lost, *self._store.log.log_broken) as error:
            logger.error("the database failed", error=f"{type(error).__name__}: {error}")
            response = refusal_response(
                Unavailable(Problem("", "store-unreadable"), headers={"Retry-After": "5"}),
                language,
                version,
            )
        response.raw_headers.append((b"x-experience-api-version", LATEST[version].encode()))
        if self._consistent and CONSISTENT_THROUGH not in response.headers:
            through = self._store.consistent_through.encode()
            response.raw_headers.append((CONSISTENT_THROUGH.encode(), through))
        if asked is not None and asked.head_only:
            response.body = b""
            response.headers["content-length"] = "0"
        return response

    def _operation(self, method: str) -> Operation:
        operation = self._resource.get(method)
        if operation is None:
            methods = [*self._resource, *(["HEAD"] if "GET" in self._resource else [])]
            allowed = ", ".join(methods)
            raise MethodNotAllowed(
                Problem("", "method-not-allowed", method, {"allowed": allowed}),
                headers={"Allow": allowed},
            )
        return operation

    def _version(self, asked: XapiRequest) -> Version:
        text = asked.headers.get(VERSION_HEADER)
        supported = self._store.settings.supported_versions
        facts = {"supported": ", ".join(supported)}
        if text is None:
            raise InvalidRequest(Problem("", "version-missing", None, facts))
        version = _version_of(text)
        if version is None or not any(v.startswith(version) for v in supported):
            raise InvalidRequest(Problem("", "version-unsupported", text, facts))
        return version

    def _admit(self, asked: XapiRequest, operation: Operation) -> None:
        credential = self._store.credentials.authenticate(asked.headers.get("authorization"))
        check_scopes(credential, operation.scopes)
        self._store.rates.take(credential.id)
        asked.credential = credential


def check_scopes(credential: Credential, scopes: frozenset[str]) -> None:
    """Raises NotPermitted unless the credential was given one of these."""
    if not credential.may(scopes):
        needed = ", ".join(sorted(scopes))
        raise NotPermitted(
            Problem("", "not-permitted", sorted(credential.scopes), {"needed": needed})
        )


def check_parameters(asked: XapiRequest, operation: Operation) -> None:
    """Raises InvalidRequest naming every parameter that is unknown or missing."""
    given = asked.parameters.keys()
    if given <= operation.known and operation.required <= given:
        return
    problems = []
    lower = {name.lower(): name for name in operation.known}
    for name in sorted(given - operation.known):
        meant = lower.get(name.lower(), "")
        facts = {"parameter": name, "meant": meant, "known": ", ".join(sorted(operation.known))}
        rule = "parameter-case" if meant else "parameter-unknown"
        problems.append(Problem("", rule, name, facts))
    problems += [
        Problem("", "parameter-missing", None, {"parameter": name})
        for name in sorted(operation.required - given)
    ]
    raise InvalidRequest(*problems)


async def refuse_unknown(request: Request, error: Exception) -> Response:
    """The answer where there is no resource, or none that takes the method."""
    assert isinstance(error, HTTPException)
    refusal: Refusal = NotFound(Problem("", "not-found", request.url.path))
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        facts = {"allowed": allowed}
        problem = Problem("", "method-not-allowed", request.method, facts)
        refusal = MethodNotAllowed(problem, headers={"Allow": allowed})
    version = _version_of(request.headers.get(VERSION_HEADER)) or "1.0"
    language = language_of(request.headers.get("accept-language"))
    response = refusal_response(refusal, language, version)
    response.headers[VERSION_HEADER] = LATEST[version]
    return response


def refusal_response(refusal: Refusal, language: Language, version: Version) -> Response:
    """Problem details (RFC 9457) that list every problem and its mend.

    Of very many, the first are listed and the others counted: a body of a few megabytes can hold
    so many that the answer would be longer than the body.
    """
    status = RESPONSES[type(refusal)]
    listed = refusal.problems[:MOST_LISTED]
    problems = [render(p, language, version, ALL_RULES) for p in listed]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problems[0]["message"] if problems else "",
        "status": status,
        "detail": problems[0]["mend"] if problems else "",
        "problems": problems,
    }
    if len(refusal.problems) > MOST_LISTED:
        body["notListed"] = len(refusal.problems) - MOST_LISTED
    return Response(
        orjson.dumps(body),
        status_code=status,
        headers={**refusal.headers, "Content-Language": language},
        media_type="application/problem+json",
    )


@lru_cache(maxsize=1024)
def language_of(accept_language: str | None) -> Language:
    """Vietnamese unless English is asked for before it."""
    for part in (accept_language or "").lower().split(","):
        tag = part.partition(";")[0].strip()
        if tag.startswith("vi"):
            return "vi"
        if tag.startswith("en"):
            return "en"
    return "vi"


def _version_of(text: str | None) -> Version | None:
    if text is None:
        return None
    if speaks_1_0(text):
        return "1.0"
    return "2.0" if speaks_2_0(text) else None
