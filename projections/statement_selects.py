"""The SQL of the statement queries; built once for each shape of a query.

Written so that PostgreSQL's planner has no choice to get wrong: a walk is an index range in the
order asked for, cut off by a limit; everything else is a probe of a key at each of its steps.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    exists,
    literal_column,
    not_,
    or_,
    select,
    union,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.selectable import GenerativeSelect

from projections.statement_tables import AUTHORITY, Tables

Columns = ReadOnlyColumnCollection[str, Any]
Condition = ColumnElement[bool]
Position = ColumnElement[int]
S = TypeVar("S", bound=GenerativeSelect)

WANTED: BindParameter[int] = bindparam("wanted")


class Filter(NamedTuple):
    """One key of a query, in any of some roles."""

    name: str
    roles: tuple[int, ...]


RESTRICTION = Filter("authority", (AUTHORITY,))
"""Walked along when only what one credential sent is asked for: all that has its authority."""


class Shape(NamedTuple):
    """What decides the SQL of a query."""

    filters: tuple[Filter, ...]
    restricted: bool
    ascending: bool

    @property
    def ranges(self) -> tuple[Filter, ...]:
        """All that can be walked along."""
        return (*self.filters, RESTRICTION) if self.restricted else self.filters


@lru_cache
def select_last_stored(tables: Tables) -> Select[Any]:
    """The last position stored at a time or before it: ``stored`` and position rise together."""
    statement = tables.statements.c
    earlier = select(statement.position).where(statement.stored <= bindparam("time"))
    return earlier.order_by(statement.stored.desc()).limit(1)


@lru_cache
def select_located(tables: Tables) -> Select[Any]:
    """Position, credential and whether it is voided, of the statement with an id."""
    statement = tables.statements.c
    voided = exists().where(*_voided(tables, statement))
    return select(statement.position, statement.credential, voided).where(
        statement.statement_id == bindparam("id")
    )


@lru_cache(maxsize=1024)
def select_reach(tables: Tables, shape: Shape) -> Select[Any]:
    """For each role of each range, the position so many steps along it; null if it ends before."""
    reached = []
    for walked in shape.ranges:
        for role in walked.roles:
            link = tables.links.alias().c
            steps = select(link.position).where(
                *_range(link, walked, role), *_between(link.position)
            )
            far = _in_order(steps, link.position, shape).limit(1).offset(bindparam("steps"))
            reached.append(far.scalar_subquery().label(f"{walked.name}_{role}"))
    return select(*reached)


@lru_cache(maxsize=1024)
def select_page(
    tables: Tables, shape: Shape, walked: Filter | None
) -> Select[Any] | CompoundSelect[Any]:
    """The first positions of a window that answer: a walk for each role of ``walked``, merged.

    With nothing to walk along it is every statement, from the near bound on: any step is a hit, so
    the far bound saves nothing, and with two bounds PostgreSQL may take the range for a short one.
    """
    if walked is None:
        position = tables.statements.c.position
        low, high = _between(position)
        everything = select(position).where(
            low if shape.ascending else high, _returned(tables, shape, position)
        )
        return _in_order(everything, position, shape).limit(WANTED)
    walks = [_walk(tables, shape, walked, role) for role in walked.roles]
    if len(walks) == 1:
        return walks[0]
    merged = union(*[select(walk.subquery().c.position) for walk in walks])
    return _in_order(merged, literal_column("position"), shape).limit(WANTED)


def _walk(tables: Tables, shape: Shape, walked: Filter, role: int) -> Select[Any]:
    link = tables.links.alias().c
    others = [filter_ for filter_ in shape.filters if filter_ != walked]
    if walked == RESTRICTION:
        matches = _one_has(tables, shape, others, link.position)
    else:
        matches = [_has(tables, other, link) for other in others]
        matches += _own(tables, shape, link)
    found = (
        select(link.position)
        .distinct()
        .where(*_range(link, walked, role), *_between(link.position), *matches)
        .where(_returned(tables, shape, link.position))
    )
    return _in_order(found, link.position, shape).limit(WANTED)


def _one_has(
    tables: Tables, shape: Shape, filters: Sequence[Filter], position: Position
) -> list[Condition]:
    """Whether a single statement of the chain from ``position`` on has all the filters."""
    if not filters:
        return []
    first, *others = filters
    link = tables.links.alias().c
    matches = [_has(tables, other, link) for other in others]
    matches += _own(tables, shape, link)
    probes = [
        _probe(*_range(link, first, role), link.position == position, *matches)
        for role in first.roles
    ]
    return [or_(*probes)]


def _has(tables: Tables, filter_: Filter, found: Columns) -> Condition:
    """Whether the statement that a link comes from has another filter as well."""
    link = tables.links.alias().c
    at = (link.position == found.position, link.distance == found.distance)
    return or_(*[_probe(*_range(link, filter_, role), *at) for role in filter_.roles])


def _own(tables: Tables, shape: Shape, found: Columns) -> list[Condition]:
    """Who may read only its own finds out nothing of what others sent, by references either."""
    if not shape.restricted:
        return []
    statement = tables.statements.alias().c
    source = found.position - found.distance
    return [_probe(statement.position == source, statement.credential == bindparam("credential"))]


def _returned(tables: Tables, shape: Shape, position: Position) -> Condition:
    """Whether the statement at ``position`` itself may be returned."""
    statement = tables.statements.alias().c
    voided = _probe(*_voided(tables, statement))
    sent = [statement.credential == bindparam("credential")] if shape.restricted else []
    return _probe(statement.position == position, *sent, not_(voided))


def _voided(tables: Tables, statement: Columns) -> tuple[Condition, ...]:
    """xAPI-Data 2.3.2; a credential that may not do everything voids only what it sent itself."""
    reference = tables.references.alias().c
    return (
        not_(statement.voiding),
        reference.target == statement.statement_id,
        reference.voiding,
        or_(reference.unrestricted, reference.credential == statement.credential),
    )


def _probe(*conditions: Condition) -> Condition:
    """A look-up at each step; the offset keeps PostgreSQL from joining whole ranges instead."""
    return exists(select(literal_column("1")).where(*conditions).offset(literal_column("0")))


def _range(link: Columns, filter_: Filter, role: int) -> tuple[Condition, ...]:
    """One role at a time: given several, PostgreSQL may read everything the key has."""
    return link.key == bindparam(filter_.name), link.role == literal_column(str(role))


def _between(position: Position) -> tuple[Condition, ...]:
    return position > bindparam("low"), position < bindparam("high")


def _in_order(query: S, position: Position, shape: Shape) -> S:
    return query.order_by(position.asc() if shape.ascending else position.desc())
