"""The evidence of a view, as the scoring engine takes it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    ScalarSelect,
    Select,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from projections.assessment.records import OneOf, fetch_in
from projections.assessment.tables import Tables
from projections.assessment.views import View
from projections.rows import fetch_rows
from projections.scoring.inputs import Evidence
from schemas.events import NOBODY

Found = tuple[bytes, Evidence]
"""A row of evidence, with the identity of its actor."""

exact = lru_cache(65_536)(Fraction)


def of_actors(connection: Connection, view: View, actors: Sequence[bytes]) -> Iterator[Found]:
    """What statements with these actors may count for, in the order of the log for each actor."""
    query = _of_actors(view.tables)
    return _evidence(view, fetch_in(connection, query, actors, **_bounds(view)))


def of_actor(connection: Connection, view: View, actor: bytes) -> Iterator[Found]:
    query = _of_actor(view.tables)
    return _evidence(view, fetch_rows(connection, query, {"actor": actor, **_bounds(view)}))


def of_statement(connection: Connection, view: View, statement: bytes) -> Iterator[Found]:
    """What one statement may count for; nothing if it is unknown, or carries no signal."""
    values = {"statement": statement, **_bounds(view)}
    return _evidence(view, fetch_rows(connection, _of_statement(view.tables), values))


def _bounds(view: View) -> dict[str, Any]:
    return {"position": view.position, "voids": view.voids, "nobody": NOBODY}


def _evidence(view: View, rows: Iterable[Sequence[Any]]) -> Iterator[Found]:
    platform = view.platform
    for (
        actor,
        position,
        statement,
        at,
        credential,
        verb,
        activity,
        registration,
        completed,
        passed,
        score,
        seconds,
        voided,
    ) in rows:
        yield (
            actor,
            Evidence(
                position,
                statement,
                at,
                platform(credential),
                verb,
                activity,
                registration,
                bool(completed),
                bool(passed),
                None if score is None else exact(score),
                exact(seconds),
                voided,
            ),
        )


def _selected(tables: Tables) -> Select[Any]:
    table = tables.evidence.c
    return select(
        table.actor,
        table.position,
        table.statement,
        table.at,
        table.credential,
        table.verb,
        table.activity,
        table.registration,
        table.completed,
        table.passed,
        table.score,
        table.seconds,
        _voided(tables),
    ).where(table.position <= bindparam("position"))


def _voided(tables: Tables) -> ScalarSelect[Any]:
    """The position of the first voiding statement that takes effect: one of the same sender, of
    the store itself, or of a sender that may void everything.
    """
    void, evidence, sender = tables.voids.c, tables.evidence.c, tables.credentials.c
    unrestricted = exists().where(
        sender.credential == void.credential,
        sender.unrestricted,
        sender.position <= bindparam("position"),
    )
    return (
        select(func.min(void.position))
        .where(
            void.target == evidence.statement,
            void.position <= bindparam("voids"),
            or_(
                void.credential == evidence.credential,
                void.credential == bindparam("nobody"),
                unrestricted,
            ),
        )
        .scalar_subquery()
    )


def _cached(build: Callable[[Tables], Select[Any]]) -> Callable[[Tables], Select[Any]]:
    """A query is built, and its text rendered, once for each generation of tables."""
    return lru_cache(build)


@_cached
def _of_actors(tables: Tables) -> Select[Any]:
    return _selected(tables).where(OneOf(tables.evidence.c.actor))


@_cached
def _of_actor(tables: Tables) -> Select[Any]:
    table = tables.evidence.c
    return _selected(tables).where(table.actor == bindparam("actor")).order_by(table.position)


@_cached
def _of_statement(tables: Tables) -> Select[Any]:
    return _selected(tables).where(tables.evidence.c.statement == bindparam("statement"))
