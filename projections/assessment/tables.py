"""The tables of the assessment projection.

Everything in them can be read as of any position of the log. A record of the register is a row that
is valid from its ``position`` up to, and without, its ``until``; what a statement says is a row
with the position of the statement; nothing is ever taken out.

Who a statement is about, whether it is voided, which platform sent it and which course it is about
are no columns: they are joined when they are read, so that linking an identifier, voiding and
mapping a course move nothing, and the order of arrival does not matter.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from schemas.keys import KEY_LENGTH

POSITION: Final = BigInteger().with_variant(Integer, "sqlite")
ID: Final = LargeBinary(16)
KEY: Final = LargeBinary(KEY_LENGTH)

FOREVER: Final = 2**63 - 1
"""``until`` of what is valid at the end of the log."""
FIRST_DAY: Final = 0
LAST_DAY: Final = 2**31 - 1
"""An open bound; days are numbered as ``date.toordinal`` numbers them."""
NOBODY_KNOWN: Final = bytes(KEY_LENGTH)
"""The identity of an actor who can be nobody, such as a Group."""


@dataclass(frozen=True, eq=False)
class Tables:
    records: Table
    identities: Table
    evidence: Table
    voids: Table
    credentials: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The tables, their names behind ``prefix``. No key and no index has a name of ours.

    A position is unique, so an index that ends with it is written as a unique key.
    """
    return Tables(
        records=Table(
            f"{prefix}assessment_records",
            metadata,
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("until", BigInteger, nullable=False),
            Column("kind", SmallInteger, nullable=False),
            Column("key", KEY, nullable=False),  # see ``record_key``
            Column("person", Text),
            Column("unit", Text),
            Column("body", LargeBinary, nullable=False),
            UniqueConstraint("kind", "key", "position"),
            UniqueConstraint("person", "kind", "position"),
            UniqueConstraint("unit", "kind", "position"),
            UniqueConstraint("until", "position"),  # what was withdrawn since
        ),
        identities=Table(
            f"{prefix}assessment_identities",
            metadata,
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("until", BigInteger, nullable=False),
            Column("identity", KEY, nullable=False),
            Column("person", Text, nullable=False),
            Column("from_day", Integer, nullable=False),
            Column("to_day", Integer, nullable=False),
            UniqueConstraint("identity", "position"),
            UniqueConstraint("person", "position"),
        ),
        evidence=Table(
            f"{prefix}assessment_evidence",
            metadata,
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("statement", ID, nullable=False, unique=True),
            Column("credential", ID, nullable=False),
            Column("actor", KEY, nullable=False),
            Column("verb", KEY, nullable=False),
            Column("activity", LargeBinary, nullable=False),  # empty: the object is none
            Column("registration", LargeBinary, nullable=False),  # empty: there is none
            Column("at", BigInteger, nullable=False),  # microseconds since 1970
            Column("completed", Boolean, nullable=False),
            Column("passed", Boolean, nullable=False),
            Column("score", Text),  # exact decimals, never a binary float
            Column("seconds", Text, nullable=False),
            UniqueConstraint("actor", "position"),
            UniqueConstraint("credential", "activity", "position"),
        ),
        voids=Table(
            f"{prefix}assessment_voids",
            metadata,
            Column("target", ID, primary_key=True),
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("credential", ID, nullable=False),
            UniqueConstraint("position"),
        ),
        credentials=Table(
            f"{prefix}assessment_credentials",
            metadata,
            Column("credential", ID, primary_key=True),
            Column("position", POSITION, nullable=False),
            Column("name", Text, nullable=False),
            Column("unrestricted", Boolean, nullable=False),  # it may void what others sent
        ),
    )


METADATA: Final = MetaData()
TABLES: Final = define(METADATA)


class RecordRow(NamedTuple):
    position: int
    until: int
    kind: int
    key: bytes
    person: str | None
    unit: str | None
    body: bytes


class IdentityRow(NamedTuple):
    position: int
    until: int
    identity: bytes
    person: str
    from_day: int
    to_day: int


class EvidenceRow(NamedTuple):
    position: int
    statement: bytes
    credential: bytes
    actor: bytes
    verb: bytes
    activity: bytes
    registration: bytes
    at: int
    completed: bool
    passed: bool
    score: str | None
    seconds: str


class VoidRow(NamedTuple):
    target: bytes
    position: int
    credential: bytes


class CredentialRow(NamedTuple):
    credential: bytes
    position: int
    name: str
    unrestricted: bool
