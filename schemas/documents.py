"""Documents: what a client keeps about an activity, an agent, or one in the other.

A document is a stream. Its id is made of everything that tells it from other documents, so a change
that expects version ``n`` and finds another is a conflict of streams, and ETags need no lock.

The body of a DocumentStored event is one line of JSON that says which document it is, then the
content exactly as received; that of a DocumentDeleted event is the line alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import orjson

from schemas import keys
from schemas.agents import agent_key

Resource = Literal["state", "agent-profile", "activity-profile"]
NO_KEY = b""
"""The key of an activity, agent or registration that a document is not about."""


@dataclass(frozen=True, slots=True)
class Context:
    """What documents are about; ``agent`` is an Agent as sent, ``registration`` a UUID in lower
    case.
    """

    resource: Resource
    activity_id: str | None = None
    agent: Mapping[str, Any] | None = None
    registration: str | None = None

    @property
    def activity_key(self) -> bytes:
        return NO_KEY if self.activity_id is None else keys.activity_key(self.activity_id)

    @property
    def agent_key(self) -> bytes:
        return NO_KEY if self.agent is None else agent_key(self.agent) or NO_KEY

    @property
    def registration_key(self) -> bytes:
        """The 16 bytes of the UUID itself, so that it can be read back."""
        return NO_KEY if self.registration is None else UUID(self.registration).bytes


@dataclass(frozen=True, slots=True)
class DocumentName:
    """One document: its context and the id its client chose."""

    context: Context
    document_id: str

    @property
    def stream_id(self) -> bytes:
        context = self.context
        parts = (
            context.resource.encode(),
            context.activity_key,
            context.agent_key,
            context.registration_key,
            self.document_id.encode(),  # last: the one part whose length is the client's choice
        )
        return sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).digest()[:16]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What a DocumentStored event says."""

    name: DocumentName
    content_type: str
    content: bytes


def write_stored(document: StoredDocument) -> bytes:
    line = _line(document.name) | {"contentType": document.content_type}
    return orjson.dumps(line) + b"\n" + document.content


def read_stored(body: bytes) -> StoredDocument:
    line, _, content = body.partition(b"\n")
    said = orjson.loads(line)
    return StoredDocument(_name(said), said["contentType"], content)


def write_deleted(name: DocumentName) -> bytes:
    return orjson.dumps(_line(name))


def read_deleted(body: bytes) -> DocumentName:
    return _name(orjson.loads(body))


def _line(name: DocumentName) -> dict[str, Any]:
    context = name.context
    line = {
        "resource": context.resource,
        "activityId": context.activity_id,
        "agent": context.agent,
        "registration": context.registration,
        "documentId": name.document_id,
    }
    return {key: value for key, value in line.items() if value is not None}


def _name(line: Mapping[str, Any]) -> DocumentName:
    context = Context(
        line["resource"], line.get("activityId"), line.get("agent"), line.get("registration")
    )
    return DocumentName(context, line["documentId"])
