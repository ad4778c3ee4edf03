"""The tables of stored results: everybody's and every unit's line of a period, and their months.

They hold nothing that cannot be computed, and nothing that is read when a score is computed: they
save computing a whole period to sort or to sum it. All rows of a period's result set are as of one
position, and each set remembers what it rests on that concerns everybody (``basis``). They are no
part of the projection: a rebuild of it, which gives the same tables again, leaves them as they are.
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

from projections.assessment.tables import KEY

PERSON: Final = 1
UNIT: Final = 2


@dataclass(frozen=True, eq=False)
class LineTables:
    results: Table
    scores: Table
    months: Table


def define(metadata: MetaData, prefix: str = "") -> LineTables:
    """The tables. Scores are whole hundredths of a point, which are exact. Keys begin with what
    tells rows apart best: a planner that knows nothing of the tables yet takes the right one.
    """
    return LineTables(
        results=Table(
            f"{prefix}assessment_results",
            metadata,
            Column("period", Text, primary_key=True),
            Column("result_set", Text, primary_key=True),
            Column("position", BigInteger, nullable=False),
            Column("basis", KEY, nullable=False),
        ),
        scores=Table(
            f"{prefix}assessment_scores",
            metadata,
            Column("id", Text, primary_key=True),
            Column("kind", SmallInteger, primary_key=True, autoincrement=False),
            Column("period", Text, primary_key=True),
            Column("result_set", Text, primary_key=True),
            Column("unit", Text),  # of a person at the end of the period, or of the last month
            Column("base", Integer),  # no scores: the person is excluded
            Column("bonus", Integer),
            Column("penalty", Integer),
            Column("personal", Integer),
            Column("final", Integer),
            Column("band", Text),
            Column("award_blocked", Boolean, nullable=False),
            Column("criteria", LargeBinary, nullable=False),  # JSON: points by criterion
            Column("assessment", LargeBinary),  # JSON: of a person
            Column("outcome", LargeBinary),  # JSON: a person's final score
            UniqueConstraint("unit", "kind", "period", "result_set", "id"),
        ),
        months=Table(
            f"{prefix}assessment_months",
            metadata,
            Column("id", Text, primary_key=True),
            Column("kind", SmallInteger, primary_key=True, autoincrement=False),
            Column("period", Text, primary_key=True),
            Column("result_set", Text, primary_key=True),
            Column("month", SmallInteger, primary_key=True, autoincrement=False),
            Column("unit", Text),  # empty: the month is not an eligible one
            Column("people", Integer, nullable=False),  # whose eligible month it is
            Column("active", Integer, nullable=False),  # of them, those who were
            Column("completions", Integer, nullable=False),  # courses completed in it
            Column("credited", Text, nullable=False),  # exact microseconds, or a fraction of them
            UniqueConstraint("unit", "kind", "period", "result_set", "id", "month"),
        ),
    )


METADATA: Final = MetaData()
LINES: Final = define(METADATA)


class ScoreRow(NamedTuple):
    id: str
    kind: int
    period: str
    result_set: str
    unit: str | None
    base: int | None
    bonus: int | None
    penalty: int | None
    personal: int | None
    final: int | None
    band: str | None
    award_blocked: bool
    criteria: bytes
    assessment: bytes | None
    outcome: bytes | None


class MonthRow(NamedTuple):
    """``month`` is the number of a month of the period, from 0."""

    id: str
    kind: int
    period: str
    result_set: str
    month: int
    unit: str | None
    people: int
    active: int
    completions: int
    credited: str
