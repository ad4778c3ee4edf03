"""What a statement answers because of the statements it refers to (xAPI-Communication 2.1.3).

A statement whose object is a StatementRef refers to one other, which may refer to one other, and so
on. Every statement has the links of all that it reaches. They are written when the last statement
on the way between the two arrives, whichever that is, so the order of arrival is irrelevant. As
there is only one way from a statement to another, that happens once.

Only a statement's object is followed: not ``context.statement``, nor the object of a sub-statement.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, exists, select

from projections.rows import fetch_among, fetch_rows
from projections.statement_tables import AUTHORITY, LinkRow, StatementRow, Tables
from schemas.keys import KEY_LENGTH

MAX_HOPS = 64
"""A statement has the links of those up to this many references away, and of none beyond."""

ROLES = [bytes((role,)) for role in range(AUTHORITY + 1)]


class Node(NamedTuple):
    """A statement, as far as references are concerned."""

    position: int
    refers_to: bytes | None
    facets: bytes


def pack(facets: Iterable[tuple[bytes, int]]) -> bytes:
    """Keys and roles as one value: the links cannot be looked up by position."""
    return b"".join([key + ROLES[role] for key, role in facets])


def unpack(packed: bytes) -> Iterator[tuple[bytes, int]]:
    for start in range(0, len(packed), KEY_LENGTH + 1):
        end = start + KEY_LENGTH
        yield packed[start:end], packed[end]


def inherited_links(
    connection: Connection, tables: Tables, rows: Sequence[StatementRow]
) -> Iterator[LinkRow]:
    """The links that exist because ``rows``, which were inserted just now, are on the way."""
    bounds = {"first": rows[0].position, "last": rows[-1].position}
    referred_to = [row[0] for row in fetch_rows(connection, _referred_to(tables), bounds)]
    if not referred_to and all(row.refers_to is None for row in rows):
        return
    new = {row.statement_id: Node(row.position, row.refers_to, row.facets) for row in rows}
    nodes = new | _nodes_around(connection, tables, new, referred_to)
    for statement_id, node in nodes.items():
        way = _way(nodes, statement_id)
        met = next((at for at, passed in enumerate(way) if passed in new), len(way))
        for passed in way[max(met, 1) :]:
            source = nodes[passed]
            for key, role in unpack(source.facets):
                yield LinkRow(key, role, node.position, node.position - source.position)


def _way(nodes: Mapping[bytes, Node], start: bytes) -> list[bytes]:
    """The statements passed from one on, itself the first, until one is missing or comes back."""
    way = [start]
    while len(way) <= MAX_HOPS:
        target = nodes[way[-1]].refers_to
        if target is None or target not in nodes or target in way:
            break
        way.append(target)
    return way


def _nodes_around(
    connection: Connection, tables: Tables, new: Mapping[bytes, Node], referred_to: Iterable[bytes]
) -> dict[bytes, Node]:
    """All older statements that reach a new one, and all that a new one reaches."""
    nodes: dict[bytes, Node] = {}
    ids = set(referred_to)
    for _ in range(MAX_HOPS):
        found = _nodes(connection, _referrers(tables), ids)
        ids = found.keys() - new.keys() - nodes.keys()
        nodes |= found
    ids = {node.refers_to for node in (*new.values(), *nodes.values()) if node.refers_to}
    for _ in range(MAX_HOPS):
        found = _nodes(connection, _statements(tables), ids - new.keys() - nodes.keys())
        ids = {node.refers_to for node in found.values() if node.refers_to}
        nodes |= found
    return nodes


def _nodes(connection: Connection, query: str, ids: Iterable[bytes]) -> dict[bytes, Node]:
    rows = fetch_among(connection, query, list(ids))
    return {statement_id: Node(*node) for statement_id, *node in rows}


@lru_cache
def _referred_to(tables: Tables) -> Select[Any]:
    """Which statements of a range are referred to: for every batch, so by two numbers, not ids."""
    statement, reference = tables.statements.c, tables.references.c
    return select(statement.statement_id).where(
        statement.position.between(bindparam("first"), bindparam("last")),
        exists().where(reference.target == statement.statement_id),
    )


@lru_cache
def _statements(tables: Tables) -> str:
    return (
        "SELECT statement_id, position, refers_to, facets"
        f" FROM {tables.statements.name} WHERE statement_id IN ({{}})"
    )


@lru_cache
def _referrers(tables: Tables) -> str:
    return (
        "SELECT s.statement_id, s.position, s.refers_to, s.facets"
        f" FROM {tables.references.name} r JOIN {tables.statements.name} s"
        " ON s.position = r.position WHERE r.target IN ({})"
    )
