"""Named examples that tests share."""

import os
from typing import Any
from uuid import UUID, uuid4

import orjson

from lrs.privacy.subjects import of_statement
from schemas.comparison import content_hash
from schemas.events import NOBODY, Kind, NewEvent


def statement(**changes: Any) -> dict[str, Any]:
    """An officer completes a course on a ministry's platform."""
    return {
        "actor": {
            "objectType": "Agent",
            "name": "Nguyễn Thị Ánh",
            "account": {"homePage": "https://sso.bvhttdl.example", "name": "100045"},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/completed",
            "display": {"vi-VN": "đã hoàn thành", "en-US": "completed"},
        },
        "object": {
            "objectType": "Activity",
            "id": "https://lms.bvhttdl.example/courses/an-toan-thong-tin-2026",
            "definition": {
                "name": {"vi-VN": "An toàn thông tin 2026", "en-US": "Information security 2026"},
                "type": "http://adlnet.gov/expapi/activities/course",
            },
        },
        "timestamp": "2026-11-20T08:00:00.123Z",
        **changes,
    }


def reference_to(target: str, **changes: Any) -> dict[str, Any]:
    return statement(object={"objectType": "StatementRef", "id": target}, **changes)


def voiding(target: str, **changes: Any) -> dict[str, Any]:
    return reference_to(target, verb={"id": "http://adlnet.gov/expapi/verbs/voided"}, **changes)


def statement_event(
    value: dict[str, Any] | None = None,
    *,
    id: UUID | None = None,
    credential: bytes = NOBODY,
    kind: Kind = Kind.STATEMENT_1_0,
) -> NewEvent:
    """A statement on its way into the log."""
    value = statement() if value is None else value
    if id is None:
        id = UUID(value["id"]) if "id" in value else uuid4()
    text = orjson.dumps(value)
    return NewEvent(
        kind,
        id.bytes,
        text,
        credential,
        1,
        content_hash(value, text),
        value,
        of_statement(value),
    )


def any_event() -> NewEvent:
    """An event whose content does not matter; never a retry of another."""
    stream = uuid4().bytes
    hash_ = os.urandom(32)
    return NewEvent(Kind.STATEMENT_1_0, stream, b"{}", content_hash=hash_, subject=stream)
