"""How answers and refusals of /api/v1 look, for its OpenAPI document."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Something answered; times are ISO 8601 in UTC."""

    model_config = ConfigDict(extra="forbid")


class Sent(BaseModel):
    """Something sent; what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["pointer", "value", "rule", "section", "message", "mend"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) into the body"},
        "value": {"description": "What is there; of a long value, the first 200 characters"},
        "rule": {"type": "string", "description": "The name of the rule; it stays the same"},
        "section": {"type": "string", "description": "Where the specification says so"},
        "message": {"type": "string", "description": "What is wrong"},
        "mend": {"type": "string", "description": "What to change"},
    },
}
REFUSED: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "problems": {"type": "array", "items": PROBLEM},
    },
}


def refusal(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": REFUSED}},
    }


def example(description: str, value: Any) -> dict[str, Any]:
    """An answer, with an example of it."""
    return {"description": description, "content": {"application/json": {"example": value}}}


def also_csv(description: str, value: Any) -> dict[str, Any]:
    """The same where the answer also comes as CSV."""
    answer = example(description, value)
    answer["content"]["text/csv"] = {"schema": {"type": "string"}}
    return answer


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: refusal("A parameter or the body is not as described"),
    401: refusal("Nobody is signed in, or no longer"),
    403: refusal("The roles of the account do not suffice, or another site asks"),
    429: refusal("The account asks too fast"),
    503: refusal("The store cannot answer now"),
    "4XX": refusal("Refused for another reason, which the answer gives"),
}
"""What any route may answer."""
