"""Everything the store holds about one person, in files that a program may read.

| file               | a line is                                                           |
|--------------------|---------------------------------------------------------------------|
| statements.jsonl   | a statement of the person, as GET returns it                        |
| mentions.jsonl     | a statement of others that names the person                         |
| documents.jsonl    | a state or profile document, every version there was                |
| register.jsonl     | what the register says or said about the person                     |
| accounts.jsonl     | what was decided about the person's accounts                        |
| decisions.jsonl    | holds on the person's data, and proposals to forget it              |
| readings.jsonl     | who read the person's record                                        |
| results/….json     | the results of a period, explained                                  |

Only statements that the person's identifiers made on the person's days are theirs.
``manifest.json`` counts the lines, and says as of which position of the log they are everything.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from lrs import evaluation
from lrs.evaluation import Asked, EvaluationRefused
from lrs.privacy import holdings
from lrs.privacy.holdings import Holdings
from lrs.privacy.names import Names, names_of
from lrs.register import read
from lrs.store_time import iso_time
from lrs.xapi.formats import Reading, statement_text
from lrs.xapi.multipart import attachments_of
from projections import assessment
from schemas.documents import read_deleted, read_stored
from schemas.events import STATEMENT_KINDS, TOPICS, Kind, LogEntry
from schemas.raw_json import join_members, members
from schemas.register import Period

if TYPE_CHECKING:
    from lrs.store import Store

FORMAT: Final = "lrs-person/1"
_TOPIC: Final = {int(kind): topic for topic, kind in TOPICS.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be exported, as of ``position``."""

    names: Names
    holdings: Holdings
    position: int


@dataclass(frozen=True, slots=True)
class Exported:
    """Files by name; ``attachments`` are the hashes of the data that the statements announce."""

    files: dict[str, bytes]
    attachments: list[str]


def find(store: "Store", person: str) -> Found:
    """Raises DecisionRefused where there is no such person, or it is counted as another."""
    recorded, _ = read(store)
    names = names_of(recorded, person)
    with store.storage.read() as connection:
        position = store.log.head_of(connection).position
        return Found(names, holdings.find(store, connection, names), position)


def export(store: "Store", found: Found) -> Exported:
    """What was found, but for what was forgotten since."""
    reading = Reading(store.credentials.authority_text)
    held = found.holdings
    attachments: dict[str, None] = {}

    def statement(entry: LogEntry) -> bytes:
        if entry.kind not in STATEMENT_KINDS:
            return _event(entry)
        for _, attachment in attachments_of(entry.parsed()):
            attachments[attachment["sha2"].lower()] = None
        return statement_text(entry, reading).replace(b"\r", b" ").replace(b"\n", b" ")

    lists: dict[str, tuple[Sequence[int], Callable[[LogEntry], bytes]]] = {
        "statements.jsonl": (held.statements, statement),
        "mentions.jsonl": (held.mentions, statement),
        "documents.jsonl": (held.documents, _document),
        "register.jsonl": (held.register, _event),
        "accounts.jsonl": (held.accounts, _account),
        "decisions.jsonl": (held.decisions, _event),
        "readings.jsonl": (held.readings, _event),
    }
    files: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    with store.storage.read() as connection:
        for name, (positions, written) in lists.items():
            entries = holdings.entries_at(store.log, connection, positions)
            lines = [written(entry) for entry in entries]
            files[name], counts[name] = b"".join(line + b"\n" for line in lines), len(lines)
    for name, document in _results(store, found.names.person):
        files[name], counts[name] = orjson.dumps(document, option=orjson.OPT_INDENT_2), 1
    manifest = {
        "format": FORMAT,
        "person": found.names.person,
        "people": list(found.names.people),
        "name": found.names.name,
        "identifiers": [name.text for name in found.names.agents],
        "position": found.position,
        "exported": iso_time(store.log.clock()),
        "files": counts,
        "attachments": list(attachments),
    }
    files["manifest.json"] = orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
    return Exported(files, list(attachments))


def attachment(store: "Store", sha2: str) -> bytes | None:
    """The data with this hash, if the store holds it."""
    with store.storage.read() as connection:
        return store.log.attachments(connection, [sha2]).get(sha2)


def _results(store: "Store", person: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of every period the person has results in, in every set it has."""
    with evaluation.reading(store) as connection:
        position = store.log.tracked(connection, assessment.NAME)
        periods = [period.id for period in assessment.records(connection, Period, position)]
    for period in periods:
        for result_set in evaluation.result_sets(store, period):
            asked = Asked(period, result_set)
            try:
                document = evaluation.explained_person(store, asked, person)
            except EvaluationRefused:  # not one of its people
                continue
            yield f"results/{_file_name(period)}.{result_set}.json", document


def _file_name(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in text)


def _event(entry: LogEntry, body: bytes | None = None) -> bytes:
    """An event as it is recorded: where, when, what, and what it says."""
    heading = {
        "position": entry.position,
        "stored": iso_time(entry.stored),
        "event": _TOPIC[entry.kind],
    }
    said = {name: orjson.dumps(value) for name, value in heading.items()}
    return join_members(said | {"said": entry.body if body is None else body})


def _account(entry: LogEntry) -> bytes:
    """Without the id of the password, which is of use to nobody else."""
    said = members(entry.body)
    said.pop("password", None)
    return _event(entry, join_members(said))


def _document(entry: LogEntry) -> bytes:
    if entry.kind == Kind.DOCUMENT_DELETED:
        name, more = read_deleted(entry.body), {}
    else:
        stored = read_stored(entry.body)
        name = stored.name
        more = {"contentType": stored.content_type, "base64": b64encode(stored.content).decode()}
    context = name.context
    said = {
        "resource": context.resource,
        "activityId": context.activity_id,
        "agent": context.agent,
        "registration": context.registration,
        "documentId": name.document_id,
        **more,
    }
    return _event(entry, orjson.dumps(said))
