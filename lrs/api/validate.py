"""POST /api/v1/validate: would the store take this, and if not, why. Stores nothing."""

from typing import Any

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.documents import PROBLEM, refusal
from lrs.auth.credentials import SCOPES
from lrs.errors import BodyTooLarge
from lrs.store import Store
from lrs.xapi.endpoint import ALL_RULES, MOST_LISTED, Endpoint
from lrs.xapi.request import Operation, XapiRequest
from lrs.xapi.statements import names_problems
from schemas import json_text
from schemas.json_text import InvalidJson
from schemas.problems import Problem, render
from schemas.rules import Version
from schemas.statement import check_statement

PATH = "/api/v1/validate"


def routes(app: FastAPI, store: Store) -> None:
    resource = {"POST": Operation(validate, scopes=frozenset(SCOPES))}
    endpoint = _VersionOptional(store, resource, consistent=False, open_to_all=False)

    @app.post(
        PATH,
        summary="Check statements without storing them",
        description=DESCRIPTION,
        tags=["statements"],
        openapi_extra=OPENAPI,
        responses=RESPONSES,
    )
    async def validate_statements(request: Request) -> Response:
        return await endpoint(request)


class _VersionOptional(Endpoint):
    """Who only asks need not name a version: 1.0.3 is meant then."""

    def _version(self, asked: XapiRequest) -> Version:
        if "x-experience-api-version" not in asked.headers:
            return "1.0"
        return super()._version(asked)


async def validate(request: XapiRequest) -> Response:
    """What is wrong with the statement or statements of a body; nothing, when nothing is."""
    problems = problems_of(request)
    listed = problems[:MOST_LISTED]
    shown = [render(p, request.language, request.version, ALL_RULES) for p in listed]
    answer: dict[str, Any] = {"valid": not shown, "problems": shown}
    if len(problems) > MOST_LISTED:
        answer["notListed"] = len(problems) - MOST_LISTED
    return Response(
        orjson.dumps(answer),
        headers={"Content-Language": request.language},
        media_type="application/json",
    )


def problems_of(request: XapiRequest) -> list[Problem]:
    """Every problem a POST of this body would be refused for, as far as its own text shows."""
    try:
        value, items = json_text.parse_items(request.body)
    except InvalidJson as invalid:
        return list(invalid.problems)
    if items is None:
        return check_statement(value, request.version) or names_problems(
            "", value, request.body.strip()
        )
    limit = request.store.settings.max_batch_statements
    if len(value) > limit:
        raise BodyTooLarge(Problem("", "batch-too-large", len(value), {"limit": limit}))
    problems: list[Problem] = []
    first: dict[str, str] = {}
    for number, (statement, text) in enumerate(zip(value, items, strict=True)):
        found = check_statement(statement, request.version, f"/{number}")
        problems += found
        if found:
            continue
        problems += names_problems(f"/{number}", statement, text)
        if "id" in statement:
            id_ = statement["id"].lower()
            if id_ in first:
                facts = {"first": first[id_]}
                problems.append(
                    Problem(f"/{number}/id", "batch-repeats-id", statement["id"], facts)
                )
            first.setdefault(id_, f"/{number}")
    return problems


DESCRIPTION = (
    "The body is one statement or an array of statements, as for POST /xapi/statements. The answer"
    " lists every problem (of very many, the first), in Vietnamese or, by Accept-Language, English."
    " Any credential may ask. Attachment data, signatures, and what the store holds already are not"
    " looked at."
)
OPENAPI: dict[str, Any] = {
    "security": [{"basic": []}],
    "parameters": [
        {
            "name": "X-Experience-API-Version",
            "in": "header",
            "required": False,
            "description": "The version whose rules count.",
            "schema": {
                "type": "string",
                "pattern": r"^(1\.0|2\.0)(\.[0-9]+)?$",
                "default": "1.0.3",
                "examples": ["1.0.3", "2.0.0"],
            },
        },
        {
            "name": "Accept-Language",
            "in": "header",
            "required": False,
            "description": "The language of the problems.",
            "schema": {"type": "string", "enum": ["vi", "en"], "default": "vi"},
        },
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"type": "object"},
                        {"type": "array", "items": {"type": "object"}},
                    ]
                }
            }
        },
    },
}


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Checked",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["valid", "problems"],
                    "properties": {
                        "valid": {"type": "boolean"},
                        "problems": {"type": "array", "items": PROBLEM},
                        "notListed": {
                            "type": "integer",
                            "description": f"How many there are beyond the first {MOST_LISTED}",
                        },
                    },
                }
            }
        },
    },
    400: refusal("A version the store does not speak"),
    401: refusal("No credential, or one that does not hold"),
    413: refusal("A body or a batch that is too large"),
    415: refusal("A body in a coding other than identity"),
    429: refusal("The credential asks too fast"),
}
