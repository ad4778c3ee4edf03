"""Organisations that come as an Excel workbook or as OneRoster 1.2 CSV, and how they go out again.

They are compared with what is recorded as a case is (``lrs.cases.changes``): only differences are
recorded, and none where anything is wrong. What a kind of file has no place for stays as it is.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec import structs

from lrs.cases import Described, changes, oneroster
from lrs.register import Change, Recorded, change, read
from lrs.store import Store
from schemas.events import NOBODY
from schemas.register import (
    RECORDED,
    RECORDS,
    Absence,
    Identifier,
    Membership,
    PartyMembership,
    Person,
    Record,
    Unit,
    body_of,
    record_of,
)

ORGANISATION: Final[tuple[type[Record], ...]] = (Unit, Person, Identifier, Membership, Absence)

Unsaid = Mapping[type[Record], tuple[str, ...]]
"""By type, the fields that a kind of file has no place for."""

UNSAID_IN_WORKBOOKS: Final[Unsaid] = {Identifier: ("from_", "to")}
UNSAID_IN_ROSTERS: Final[Unsaid] = {
    Unit: ("from_", "to", "evaluated", "predecessors", "note"),
    Person: ("note",),
    Identifier: ("from_", "to", "note"),
    Membership: ("note",),
}

Listed = list[tuple[int, bytes]]
"""Records as events have them: a kind and a body each."""


class Directory(NamedTuple):
    """An organisation as files describe it, and what those files cannot say."""

    described: Described
    unsaid: Unsaid


def read_directory(path: Path, options: Mapping[str, Any]) -> Directory:
    """What a workbook, or a folder or zip file of OneRoster CSV, describes. Raises CaseRefused.

    ``options`` are those of ``lrs.cases.oneroster.Unsaid``, as plain values.
    """
    if path.is_dir() or path.suffix.lower() == ".zip":
        said = oneroster.NOTHING_UNSAID._replace(**options)
        said = said._replace(heads=frozenset(said.heads))
        return Directory(oneroster.read_oneroster(path, said), UNSAID_IN_ROSTERS)
    from lrs.cases.workbook import read_workbook  # takes longer to load than most commands run

    return Directory(read_workbook(path), UNSAID_IN_WORKBOOKS)


def import_directory(store: Store, found: Directory, *, by: bytes = NOBODY) -> int:
    """Record what differs, as decided by ``by``; return how many events that were.

    Raises CaseRefused.
    """

    def decide(recorded: Recorded) -> list[Change]:
        said = {
            type_: {key: _completed(found.unsaid, one, recorded) for key, one in records.items()}
            for type_, records in found.described.records.items()
        }
        described = replace(found.described, records=said)
        return [(one, kind) for one, kind in changes(described, recorded)]

    return change(store, decide, by=by)


def _completed(unsaid: Unsaid, record: Record, recorded: Recorded) -> Record:
    """The record with what its file cannot say as it is recorded."""
    held = recorded[type(record)].get(record.key)
    names = unsaid.get(type(record), ())
    if held is None or not names:
        return record
    return structs.replace(record, **{name: getattr(held, name) for name in names})


def listed(store: Store, *, party: bool) -> Listed:
    """The organisation as it is recorded, party membership only if ``party``."""
    recorded, _ = read(store)
    types: tuple[type[Record], ...] = (*ORGANISATION, PartyMembership) if party else ORGANISATION
    return [
        (int(RECORDS[type_].recorded), body_of(record))
        for type_ in types
        for record in recorded[type_].values()
    ]


def records_of(rows: Listed) -> dict[type[Record], dict[str, Record]]:
    """By type and key, what ``listed`` gave."""
    found: dict[type[Record], dict[str, Record]] = {}
    for kind, body in rows:
        record = record_of(kind, body)
        found.setdefault(RECORDED[kind], {})[record.key] = record
    return found
