"""The tables of the statement index.

A link says: the statement at ``position`` answers the filter (``key``, ``role``), because the
statement ``distance`` positions before it has that key in that role. A statement's own links are at
distance 0, which SQLite stores in no bytes; of a statement it refers to, and of what that one
refers to, it has the links too, at a distance below 0 where that came later. Links with one
position and one distance come from one statement: that is how several filters are held to match in
one.

Whether a statement is voided is no column: it is a join on the id that a voiding statement refers
to.
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
)

from schemas.keys import KEY_LENGTH

AUTHORITY: Final = 7
"""The role of the agent the store itself adds; all other roles are in ``schemas.facets``."""

POSITION = BigInteger().with_variant(Integer, "sqlite")
ID = LargeBinary(16)
KEY = LargeBinary(KEY_LENGTH)


@dataclass(frozen=True, eq=False)
class Tables:
    statements: Table
    links: Table
    references: Table
    credentials: Table


def define(metadata: MetaData, prefix: str = "") -> Tables:
    """The tables, their names behind ``prefix``. No key and no index has a name of ours."""
    return Tables(
        statements=Table(
            f"{prefix}statement_index",
            metadata,
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("stored", BigInteger, nullable=False, unique=True),
            Column("voiding", Boolean, nullable=False),
            Column("statement_id", ID, nullable=False, unique=True),
            Column("credential", ID, nullable=False),
            Column("refers_to", ID),
            Column("facets", LargeBinary, nullable=False),  # its own links, packed
        ),
        links=Table(
            f"{prefix}statement_links",
            metadata,
            Column("key", KEY, primary_key=True),
            Column("role", SmallInteger, primary_key=True, autoincrement=False),
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("distance", POSITION, primary_key=True, autoincrement=False),
            sqlite_with_rowid=False,
        ),
        references=Table(
            f"{prefix}statement_references",
            metadata,
            Column("target", ID, primary_key=True),
            Column("position", POSITION, primary_key=True, autoincrement=False),
            Column("voiding", Boolean, nullable=False),
            Column("unrestricted", Boolean, nullable=False),  # its credential may void anything
            Column("credential", ID, nullable=False),
            sqlite_with_rowid=False,
        ),
        credentials=Table(
            f"{prefix}statement_credentials",
            metadata,
            Column("credential", ID, primary_key=True),
            Column("position", POSITION, nullable=False),
            Column("authority", KEY, nullable=False),
            Column("unrestricted", Boolean, nullable=False),
            sqlite_with_rowid=False,
        ),
    )


class StatementRow(NamedTuple):
    """A row of ``statements``."""

    position: int
    stored: int
    voiding: bool
    statement_id: bytes
    credential: bytes
    refers_to: bytes | None
    facets: bytes


class LinkRow(NamedTuple):
    """A row of ``links``."""

    key: bytes
    role: int
    position: int
    distance: int


class ReferenceRow(NamedTuple):
    """A row of ``references``."""

    target: bytes
    position: int
    voiding: bool
    unrestricted: bool
    credential: bytes


class CredentialRow(NamedTuple):
    """A row of ``credentials``."""

    credential: bytes
    position: int
    authority: bytes
    unrestricted: bool
