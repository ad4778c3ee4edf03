"""Takes events into the tables; however the log is cut into batches, they hold the same."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Table, bindparam, update

from projections.assessment.signals import read
from projections.assessment.tables import (
    FIRST_DAY,
    FOREVER,
    LAST_DAY,
    CredentialRow,
    EvidenceRow,
    IdentityRow,
    RecordRow,
    Tables,
    VoidRow,
)
from projections.rows import insert_rows
from schemas.events import STATEMENT_KINDS, Kind, LogEntry
from schemas.keys import KEY_LENGTH, key_of
from schemas.register import (
    RECORDED,
    RECORDS,
    REGISTER_KINDS,
    WITHDRAWN,
    Identifier,
    Withdrawal,
    record_of,
)

KINDS: Final = (*STATEMENT_KINDS, Kind.CREDENTIAL_ISSUED, *REGISTER_KINDS)


def apply(connection: Connection, tables: Tables, entries: Sequence[LogEntry]) -> None:
    """Take in a batch, in the order of the log."""
    evidence: list[EvidenceRow] = []
    voids: list[VoidRow] = []
    issued: list[CredentialRow] = []
    register = _Changes()
    for entry in entries:
        if entry.kind in STATEMENT_KINDS:
            row = read(entry)
            if type(row) is EvidenceRow:
                evidence.append(row)
            elif type(row) is VoidRow:
                voids.append(row)
        elif entry.kind == Kind.CREDENTIAL_ISSUED:
            issued.append(_credential_row(entry))
        else:
            register.take(entry)
    insert_rows(connection, tables.evidence, evidence)
    insert_rows(connection, tables.voids, voids)
    insert_rows(connection, tables.credentials, issued)
    register.write(connection, tables)


def _credential_row(entry: LogEntry) -> CredentialRow:
    said = entry.parsed()
    return CredentialRow(entry.stream_id, entry.position, said["name"], "all" in said["scopes"])


def record_key(key: str) -> bytes:
    """The column value for the key of a record, which may be of any length."""
    return key_of("record", key)


class _Open(NamedTuple):
    """What was recorded in this batch and may end in it."""

    record: int
    identity: int | None


class _Changes:
    """The changes of the register in one batch."""

    def __init__(self) -> None:
        self._records: list[RecordRow] = []
        self._identities: list[IdentityRow] = []
        self._open: dict[tuple[int, bytes], _Open] = {}
        self._ended: dict[tuple[int, bytes], int] = {}
        self._identities_ended: dict[tuple[bytes, str], int] = {}

    def take(self, entry: LogEntry) -> None:
        if (withdrawn := WITHDRAWN.get(entry.kind)) is not None:
            withdrawal = msgspec.json.decode(entry.body, type=Withdrawal)
            self._end(RECORDS[withdrawn].recorded, withdrawal.key, entry.position)
            return
        record = record_of(entry.kind, entry.body)
        self._end(entry.kind, record.key, entry.position)
        identity = None
        if isinstance(record, Identifier):
            identity = len(self._identities)
            self._identities.append(_identity_row(entry.position, record))
        key = record_key(record.key)
        self._open[entry.kind, key] = _Open(len(self._records), identity)
        self._records.append(
            RecordRow(
                entry.position,
                FOREVER,
                entry.kind,
                key,
                record.about_person,
                record.about_unit,
                entry.body,
            )
        )

    def _end(self, kind: int, key: str, until: int) -> None:
        hashed = record_key(key)
        opened = self._open.pop((kind, hashed), None)
        if opened is None:
            self._ended.setdefault((kind, hashed), until)
            if RECORDED[kind] is Identifier:
                identity, person = key[: 2 * KEY_LENGTH], key[2 * KEY_LENGTH + 1 :]
                self._identities_ended.setdefault((bytes.fromhex(identity), person), until)
            return
        self._records[opened.record] = self._records[opened.record]._replace(until=until)
        if opened.identity is not None:
            row = self._identities[opened.identity]
            self._identities[opened.identity] = row._replace(until=until)

    def write(self, connection: Connection, tables: Tables) -> None:
        _end_rows(
            connection,
            tables.records,
            [{"_kind": k, "_key": key, "_until": until} for (k, key), until in self._ended.items()],
        )
        _end_rows(
            connection,
            tables.identities,
            [
                {"_identity": identity, "_person": person, "_until": until}
                for (identity, person), until in self._identities_ended.items()
            ],
        )
        insert_rows(connection, tables.records, self._records)
        insert_rows(connection, tables.identities, self._identities)


def _identity_row(position: int, record: Identifier) -> IdentityRow:
    return IdentityRow(
        position,
        FOREVER,
        record.identity,
        record.person,
        FIRST_DAY if record.from_ is None else record.from_.toordinal(),
        LAST_DAY if record.to is None else record.to.toordinal(),
    )


def _end_rows(connection: Connection, table: Table, ended: Sequence[Mapping[str, Any]]) -> None:
    """What was valid before the batch and is replaced or withdrawn in it."""
    if not ended:
        return
    names = [name for name in ended[0] if name != "_until"]
    connection.execute(
        update(table)
        .where(*(table.c[name.removeprefix("_")] == bindparam(name) for name in names))
        .where(table.c.until + 0 == FOREVER)  # or SQLite would walk all that is valid
        .values(until=bindparam("_until")),
        list(ended),
    )
